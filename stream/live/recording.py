"""Write a live stream into a file that is begun and ended while the stream goes on."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from emojicam.files import refuse_existing
from emojicam.stream.choices import ENCODER, Encoder
from emojicam.stream.i420 import BT601
from emojicam.stream.live.letterbox import letterbox
from emojicam.stream.media.sinks import VideoWriter, refuse_suffix
from emojicam.stream.media.sources import BT601_TAGS, VideoInfo
from emojicam.stream.types import Drawn, Format, Frame

TICKS = Fraction(1, 90_000)
"""Seconds per tick of a recording's timestamps."""


class Recording:
    """A file that is written while the stream goes on; its size is that of its first frame.

    Attributes:
        path: The file that is written.
    """

    def __init__(self, path: Path, rate: int, *, preset: str, encoder: Encoder = ENCODER, overwrite: bool) -> None:
        """Say where to write; nothing is opened before the first frame.

        Args:
            path: The file.
            rate: Frames a second, nominally.
            preset: x264's preset.
            encoder: What writes the pictures.
            overwrite: Replace what is there.

        Raises:
            UsageError: A video isn't written with that suffix.
            OutputError: Something is there and may not be replaced, or the folder is missing or read-only.
        """
        refuse_suffix(path)
        refuse_existing(path, overwrite)
        self.path = path
        self._rate, self._preset, self._encoder, self._overwrite = rate, preset, encoder, overwrite
        self._writer: VideoWriter | None = None
        self._began = 0.0
        self._last = -1

    @property
    def frames(self) -> int:
        """The number of frames written so far; 0 while no file has been begun."""
        return self._writer.frames if self._writer is not None else 0

    def __call__(self, drawn: Drawn) -> None:
        """Write a frame; no placeholder begins the file.

        Raises:
            OutputError: It can't be written.
        """
        frame = drawn.judged.frame
        if self._writer is None and frame.placeholder:
            return  # it has not the size of the pictures that are to come
        if self._writer is None:
            self._writer = self._begun(frame)
        at = round((frame.time - self._began) / TICKS)
        if at <= self._last:
            return
        self._last = at
        pixels = letterbox(drawn.frame, self._size, crop=False)
        timed = replace(frame, pixels=pixels, time=float(at * TICKS), format=Format.I420, colour=BT601)
        self._writer(Drawn(replace(drawn.judged, frame=timed), pixels))

    def give_up(self, error: BaseException) -> None:
        """Close what was written before `error`; it keeps the part's name, of which a note on the error tells."""
        if self._writer is not None:
            self._writer.__exit__(type(error), error, error.__traceback__)

    def close(self) -> bool:
        """End the file, so that it gets its name.

        Returns:
            Whether there is a file.
        """
        if self._writer is None:
            return False
        self._writer.__exit__(None, None, None)
        return True

    def _begun(self, frame: Frame) -> VideoWriter:
        self._began = frame.time
        self._size = frame.width & ~1, frame.height & ~1
        info = VideoInfo(
            sound=None,
            width=self._size[0],
            height=self._size[1],
            time_base=TICKS,
            rate=Fraction(self._rate),
            frames=None,
            sample_aspect=Fraction(1),
            colour=BT601,
            tags=BT601_TAGS,
        )
        writer = VideoWriter(self.path, info, preset=self._preset, encoder=self._encoder, overwrite=self._overwrite)
        return writer.__enter__()
