"""Write drawn frames to video files."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
import av.video.stream

from emojicam.errors import OutputError, UsageError
from emojicam.files import PartFile
from emojicam.stream.choices import ENCODER, PRESET, Encoder
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.audio import Tracks
from emojicam.stream.media.encoders import HARDWARE, Encoding, Shape, choose, configure
from emojicam.stream.media.sources import VideoInfo
from emojicam.stream.media.words import tell
from emojicam.stream.types import Drawn

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm")
"""Suffixes of the containers that are written: H.264 into all but WebM, which takes VP9."""


def refuse_suffix(path: Path) -> None:
    """Check that a video can be written under a name.

    Raises:
        UsageError: It is written with other suffixes.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: a video is written as {', '.join(SUFFIXES)}, not {suffix or 'without a suffix'}")


class VideoWriter:
    """Writes an H.264 or VP9 file with its source's timestamps, colours and sound.

    While it is written, the file is called `NAME.part.SUFFIX`, or `.part2` where that is somebody's, and it can be
    played up to what a crash left
    (`hybrid_fragmented`); when it is whole it gets its name. If the run fails or is interrupted, what was written so
    far is closed properly and keeps the part's name, of which a note on the error tells.
    """

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        *,
        preset: str = PRESET,
        encoder: Encoder = ENCODER,
        hardware: Sequence[Encoding] = HARDWARE,
        overwrite: bool = False,
    ) -> None:
        """Say what to write; nothing is opened before the `with`.

        Args:
            path: The file; its suffix is one of `SUFFIXES`.
            info: What is known of the source.
            preset: x264's preset: a faster one gives a larger file. VP9 has speeds, which are taken in the same order.
            encoder: What writes the pictures, if it works here.
            hardware: The machine's own encoders, the best first.
            overwrite: Replace what is there.
        """
        self.path = path
        self.frames = 0
        self._info, self._overwrite, self._hardware = info, overwrite, hardware
        self._shape = Shape(info.width, info.height, info.time_base, info.rate)
        self._choice = choose(encoder, path.suffix.lower(), preset, self._shape, hardware)

    @property
    def notes(self) -> list[str]:
        """Notes for the user about the file's encoder and its sound."""
        damaged = self._tracks.damaged
        packets = "packet of sound was" if damaged == 1 else "packets of sound were"
        said = [self._choice.note] if self._choice.note else []
        return said + self._tracks.notes + ([f"{damaged:,} damaged {packets} skipped"] if damaged else [])

    def __enter__(self) -> Self:
        refuse_suffix(self.path)
        suffix = self.path.suffix.lower()
        self._part = PartFile(self.path, overwrite=self._overwrite)
        try:
            return self._opened(suffix)
        except BaseException:
            if not self.frames:
                self._part.remove()
            raise

    @property
    def part(self) -> Path:
        """The name that the file has while it is written."""
        return self._part.part

    def _opened(self, suffix: str) -> Self:
        info = self._info
        try:
            # "file:" keeps a name such as "data:x.mp4" from being taken for a protocol.
            self._container = av.open(
                f"file:{self.part}", "w", format=_FORMATS[suffix], container_options=self._muxing(suffix)
            )
        except (OSError, av.error.FFmpegError) as error:
            raise self._failed(error) from error
        encoding = self._choice.encoding
        stream = self._container.add_stream(encoding.codec, rate=info.rate)
        assert isinstance(stream, av.video.stream.VideoStream)
        configure(stream.codec_context, encoding, self._shape)
        stream.time_base = info.time_base
        stream.codec_context.sample_aspect_ratio = info.sample_aspect
        stream.codec_context.color_range = info.tags.range
        stream.codec_context.colorspace = info.tags.matrix
        stream.codec_context.color_primaries = info.tags.primaries
        stream.codec_context.color_trc = info.tags.transfer
        self._stream = stream
        tell(info.words, self._container, stream)
        try:
            self._tracks = Tracks(info.sound, self._container, suffix if suffix != ".m4v" else ".mp4")
        except BaseException as error:
            self._abandon(error)
            raise
        return self

    def _muxing(self, suffix: str) -> dict[str, str]:
        """The muxer's options."""
        if suffix in (".mkv", ".webm"):
            return {"fflags": "+bitexact"}  # else random numbers (UIDs) are in it: no two files would be the same
        # With B-frames the first picture is shown later than it is decoded; an edit list says by how much, in ticks
        # of the movie's own clock. With the track's clock it is exact; without the list all would start late.
        return {
            # delay_moov: the first header would hold an edit list of no length, and a torn file lack its beginning.
            "movflags": "hybrid_fragmented+delay_moov",
            "use_editlist": "1",
            "movie_timescale": str(_at_least_10_000(self._info.time_base.denominator)),
        }

    def __call__(self, item: Drawn) -> None:
        """Encode one frame, and write the sound that belongs before it.

        Raises:
            OutputError: The disk is full, say; what was written so far stays playable.
        """
        frame = _wrapped(item.pixels)
        seen = item.judged.frame
        frame.pts = round(Fraction(seen.time) / self._info.time_base)
        frame.time_base = self._info.time_base
        try:
            # One call, as Python sees it: Ctrl-C falls before or behind it, and no packet is lost between the two.
            deque(map(self._container.mux, map(self._stream.encode, [frame])), maxlen=0)
            self._tracks.advance(seen.time)
        except (OSError, av.error.FFmpegError) as error:
            raise self._failed(error) from error
        self.frames += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            self._container.mux(self._stream.encode(None))
            self._tracks.advance(None if kind is None else 0.0)
            self._close()
        except (OSError, av.error.FFmpegError) as problem:
            if error is None:
                failed = self._failed(problem)
                self._abandon(failed)
                raise failed from problem
            self._abandon(error)
            return
        finally:
            self._tracks.close()
        if kind is None:
            self._part.place()
        elif error is not None:
            self._keep_or_remove(error, f"its first {self.frames} frames are")

    def _close(self) -> None:
        self._container.close()

    def _abandon(self, error: BaseException) -> None:
        """Close after a failure: FFmpeg raises the same error again, and has said it already."""
        try:
            self._close()
        except (OSError, av.error.FFmpegError):
            pass
        # How many frames reached the disk, nobody knows.
        self._keep_or_remove(error, "its beginning is")

    def _keep_or_remove(self, error: BaseException, what: str) -> None:
        if self.frames:
            self._part.keep()
            error.add_note(f"{what} in {self.part}")
        else:
            self._part.remove()

    def _failed(self, error: BaseException) -> OutputError:
        number = getattr(error, "errno", None)
        why = os.strerror(number) if isinstance(number, int) and 0 < number < 200 else str(error)
        if number == errno.ENOSPC:
            why = f"the disk is full ({why})"
        elif number == errno.EFBIG:
            why = f"it is larger than its file system or a limit (ulimit -f) lets a file be ({why})"
        elif self._choice.encoding in self._hardware:
            why += f" ({self._choice.encoding.title} wrote it: try --encoder x264)"
        return OutputError(f"{self.path}: can't be written: {why}")


_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}


def _wrapped(pixels: Pixels) -> av.VideoFrame:
    """Wrap pixels for the encoder, which makes its own copy: one more would cost an eighth of its time (ultrafast).

    PyAV 18 finds the planes of an array in its place only where the height is a multiple of four.
    """
    if pixels.shape[0] % 6 or not pixels.flags.c_contiguous:
        return av.VideoFrame.from_ndarray(pixels, format="yuv420p")
    return av.VideoFrame.from_numpy_buffer(pixels, format="yuv420p")


def _at_least_10_000(scale: int) -> int:
    """The ticks a second that FFmpeg's muxer makes of a track's clock."""
    while scale < 10_000:
        scale *= 2
    return min(scale, 2**31 - 1)
