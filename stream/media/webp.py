"""Write animated WebP files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import av.video.stream

from emojicam.stream.i420 import Pixels
from emojicam.stream.media.playing import chunks

QUALITY = 80
"""WebP's, 0 to 100."""

EFFORT = 2
"""Effort of the encoder, 0 to 6: with 4 it takes twice as long, for files that are a twentieth smaller."""

MOST_SIDE = 16383
"""Px of a side at most."""

TICKS = Fraction(1, 1000)


class WebpWriter:
    """Writes an animated WebP file, picture by picture; what is encoded is held in memory until the end."""

    tick = 1
    """Milliseconds: the file's times are multiples of it."""

    least = 11
    """Milliseconds that a picture must be shown: browsers show what is shorter for 100."""

    def __init__(self, path: Path, plays: int = 0) -> None:
        """Open the file.

        Args:
            path: Where it is, which may be empty.
            plays: How many times it is shown; 0: again and again.

        Raises:
            OSError: It can't be written, as FFmpeg says it; the same holds for the methods.
        """
        self._path = path
        self._output = av.open(f"file:{path}", "w", format="webp", container_options={"loop": str(min(plays, 0xFFFF))})
        self._stream: av.video.stream.VideoStream | None = None
        self._at = self._last = 0

    def add(self, picture: Pixels, shown: int) -> None:
        """Append a picture.

        Args:
            picture: uint8 HxWx3, RGB, all of one size.
            shown: Milliseconds for which it is shown.
        """
        if self._stream is None:
            self._stream = self._begun(picture)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = self._at, TICKS
        self._output.mux(self._stream.encode(frame))
        self._at, self._last = self._at + shown, shown

    def close(self) -> None:
        """Write the file."""
        if self._stream is None:
            self._output.close()
            return
        self._output.mux(self._stream.encode(None))
        self._output.close()
        self._tell_last()

    def _begun(self, picture: Pixels) -> av.video.stream.VideoStream:
        stream = self._output.add_stream("libwebp_anim", rate=25)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = TICKS
        stream.codec_context.options = {"quality": str(QUALITY), "compression_level": str(EFFORT)}
        return stream

    def _tell_last(self) -> None:
        """Write into the file how long its last picture stays: the encoder takes the mean of the others for it."""
        with self._path.open("r+b") as file:
            places = [at for name, at in chunks(file) if name == b"ANMF"]
            if places:
                file.seek(places[-1] + 12)
                file.write(self._last.to_bytes(3, "little"))
