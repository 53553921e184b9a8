"""Write drawn frames to a GIF or an animated WebP: made smaller and calmer than a film, unless they come from one."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import av.error
import cv2
import numpy as np

from emojicam.errors import OutputError
from emojicam.files import PartFile
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.container import open_media
from emojicam.stream.media.gif import GifWriter
from emojicam.stream.media.playing import Playing
from emojicam.stream.media.sources import VideoInfo
from emojicam.stream.media.webp import WebpWriter
from emojicam.stream.types import Drawn

SUFFIXES = (".gif", ".webp")
"""Suffixes of the animations that are written."""

MOST_SIDE = 640
"""Px of the longer side of an animation that is made of a film: ten seconds of Full HD would take 100 MB as a GIF."""

MOST_RATE = 15
"""Pictures a second of an animation that is made of a film, or a tenth more: every second one of 30."""

LARGE = 10_000_000
"""Bytes of a file from which on its size is told: mail and messengers refuse it."""


class Encoder(Protocol):
    """An encoder of one format, which is handed picture after picture.

    Attributes:
        tick: Milliseconds of which all times are multiples.
        least: Milliseconds that a picture must be shown at least.
    """

    tick: int
    least: int

    def add(self, picture: Pixels, shown: int) -> None:
        """Append a picture, uint8 HxWx3 RGB, that is shown for so many milliseconds."""
        ...

    def close(self) -> None:
        """Write the end."""
        ...


class AnimationWriter:
    """Writes a GIF or an animated WebP with its source's times; the sound is left out, which is said.

    An animation keeps its size, its pictures, how often it is played and how long each picture stays. A film becomes
    smaller and calmer, and is played again and again. The file's names are those of a `VideoWriter`'s.
    """

    def __init__(self, path: Path, info: VideoInfo, *, overwrite: bool = False) -> None:
        """Say what to write; nothing is opened before the `with`.

        Args:
            path: The file; its suffix is one of `SUFFIXES`.
            info: What is known of the source.
            overwrite: Replace what is there.
        """
        self.path = path
        self.frames = 0
        self._info, self._overwrite = info, overwrite
        self._size, self._every = _bounds(info)
        self._waiting: tuple[Pixels, int] | None = None
        self._first = self._latest = 0.0
        self._slot: int | None = None

    def __enter__(self) -> Self:
        self._sound = _sounds(self._info)
        self._part = PartFile(self.path, overwrite=self._overwrite)
        playing = self._info.playing or Playing()
        try:
            self._file = self._part.part.open("r+b")
            if self.path.suffix.lower() == ".gif":
                self._encoder: Encoder = GifWriter(self._file, playing.plays)
            else:
                self._encoder = WebpWriter(self._part.part, playing.plays)
        except OSError as error:
            self._part.remove()
            raise self._failed(error) from error
        return self

    @property
    def part(self) -> Path:
        """The name that the file has while it is written."""
        return self._part.part

    @property
    def notes(self) -> list[str]:
        """Notes for the user, once the file is written: what was left out, and that it is large."""
        kind = self.path.suffix.lower()
        notes = [f"the sound is left out: {kind} has none"] if self._sound else []
        info, (width, height) = self._info, self._size
        if self._every or (width, height) != _square(info):
            rate = f" at {float(1 / self._every):.3g} pictures a second" if self._every else ""
            notes.append(f"made {width}x{height} px{rate} for {kind}; -o NAME.webm or NAME.mp4 keeps all")
        size = self.path.stat().st_size if self.path.exists() else 0
        if size > LARGE:
            notes.append(f"takes {size / 1e6:.0f} MB as {kind}; -o NAME.webm or NAME.mp4 takes a fraction of it")
        return notes

    def __call__(self, item: Drawn) -> None:
        """Take one frame; it is written once it is known how long it is shown.

        Raises:
            OutputError: The disk is full, say.
        """
        time = item.judged.frame.time
        self._latest = time
        if self._left_out(time):
            return
        if self._waiting is None:
            self._first = time
        self._pass_on(time - self._first)
        at = self._waiting[1] if self._waiting else 0
        self._waiting = self._fitted(item), at
        self.frames += 1

    def _left_out(self, time: float) -> bool:
        """Whether a frame is one too many: only the first of each stretch of time is taken."""
        if not self._every:
            return False
        slot = math.floor(time / self._every + 0.01)  # times are rounded
        if slot == self._slot:
            return True
        self._slot = slot
        return False

    def _pass_on(self, time: float) -> None:
        """Encode the picture that waits: it is shown until `time`, seconds since the first."""
        if self._waiting is None:
            return
        picture, began = self._waiting
        tick = self._encoder.tick
        # Rounded from the beginning on: no error grows.
        ends = max(tick * round(1000 * time / tick), began + self._encoder.least)
        self._try(lambda: self._encoder.add(picture, ends - began))
        self._waiting = picture, ends

    def _fitted(self, item: Drawn) -> Pixels:
        bgr = item.frame.bgr()
        if bgr.shape[1::-1] != self._size:
            way = cv2.INTER_AREA if self._size[0] < bgr.shape[1] else cv2.INTER_LINEAR
            bgr = np.asarray(cv2.resize(bgr, self._size, interpolation=way), np.uint8)
        return np.ascontiguousarray(bgr[..., ::-1])

    def _end(self) -> float:
        """The time at which the last picture ends, seconds since the first."""
        playing = self._info.playing
        last = playing.last / 1000 if playing and playing.last else float(1 / self._info.rate)
        return self._latest - self._first + last

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            if self._waiting is not None:
                self._pass_on(self._end())
            self._try(self._encoder.close)
            self._try(self._file.close)
        except OutputError as problem:
            self._abandon(error or problem)
            if error is None:
                raise
            return
        if kind is None:
            self._part.place()
        elif error is not None:
            self._keep_or_remove(error, f"its first {self.frames} frames are")

    def _abandon(self, error: BaseException) -> None:
        try:
            self._file.close()
        except OSError:
            pass
        self._keep_or_remove(error, "its beginning is")

    def _keep_or_remove(self, error: BaseException, what: str) -> None:
        if self.frames and self.part.stat().st_size:
            self._part.keep()
            error.add_note(f"{what} in {self.part}")
        else:
            self._part.remove()

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except (OSError, av.error.FFmpegError) as error:
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> OutputError:
        number = getattr(error, "errno", None)
        why = os.strerror(number) if isinstance(number, int) and 0 < number < 200 else str(error)
        full = "the disk is full: " if number == errno.ENOSPC else ""
        return OutputError(f"{self.path}: can't be written: {full}{why}")


def _square(info: VideoInfo) -> tuple[int, int]:
    """The size of a source's pictures with square pixels, (width, height) px."""
    aspect = float(info.sample_aspect) or 1.0
    return max(2, round(info.width * aspect)), info.height


def _bounds(info: VideoInfo) -> tuple[tuple[int, int], Fraction]:
    """Choose the size of an animation's pictures, (width, height) px, and the least seconds from one to the next.

    The latter are 0 where all are taken.
    """
    width, height = _square(info)
    if info.playing is not None:
        return (width, height), Fraction(0)
    k = min(1.0, MOST_SIDE / max(width, height))
    size = max(2, round(k * width)), max(2, round(k * height))
    every = math.ceil(info.rate / Fraction(MOST_RATE * 11, 10))
    return size, every / info.rate if every > 1 else Fraction(0)


def _sounds(info: VideoInfo) -> bool:
    """Whether a source has sound."""
    if info.sound is None:
        return False
    with open_media(info.sound) as container:
        return bool(container.streams.audio)
