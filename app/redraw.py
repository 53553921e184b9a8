"""Draw what a record says, without looking again: a reader of the record stands where detector and model stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice, zip_longest
from pathlib import Path
from types import TracebackType
from typing import Self

from emojicam.errors import InputError, UsageError
from emojicam.models.card import EMOTIONS
from emojicam.settings import Settings
from emojicam.stream.line import Line
from emojicam.stream.media.animations import Animation
from emojicam.stream.media.reread import Reread
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.records.recorded import Recorded, read_recorded
from emojicam.stream.types import Drawn, Frame, Judged
from emojicam.theme import refuse_unpictured
from emojicam.wiring import Painter

CLOSE = 0.001
"""Seconds by which a frame's time in a record may differ from the file's: a record may be rounded to milliseconds."""

FIRST = 3
"""Frames whose times are compared before anything is written."""

NEARLY = 0.05
"""Share by which the number of frames that a file's header tells may be wrong."""


class Redrawer(Painter):
    """Draws the faces of a record on the photos and videos that it is of. Use it in a `with`, in one thread."""

    def __init__(self, settings: Settings, record: Path) -> None:
        """Read the record, and load the emoji that it needs.

        Raises:
            EmojicamError: The record can't be read or drawn, or the theme can't be used.
        """
        self._path, self._sources = record, read_recorded(record)
        recorded = self._sources.values()
        labels = [label for one in recorded for label in one.labels]
        self._labels = tuple(dict.fromkeys(labels if any(one.scored for one in recorded) else (*labels, *EMOTIONS)))
        self._refuse_unpictured(settings.theme)
        super().__init__(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Nothing is held open."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions that the record tells of."""
        return self._labels

    @property
    def affect(self) -> bool:
        """Whether the record tells valence and arousal, too."""
        return any(one.affect for one in self._sources.values())

    @property
    def pictured(self) -> tuple[str, ...]:
        """The emotions that are drawn somewhere."""
        corrected = self._settings.corrections.emotions
        return tuple(dict.fromkeys([*(e for one in self._sources.values() for e in one.shown), *corrected]))

    def judge_photo(self, path: Path, frame: Frame) -> Judged:
        """The faces of a photo, as the record has them.

        Raises:
            InputError: The record is not of this photo.
        """
        recorded = self._of(path)
        self._compare(path, recorded, (frame.width, frame.height), 1)
        (judged,) = self._read(path, recorded, [frame])
        return judged

    def line(self, video: VideoFile | Animation, reread: Reread) -> Line[Drawn]:
        """The line from a file's frames to drawn frames: each gets the faces that the record has of it.

        Raises:
            InputError: The record is not of this file.
        """
        recorded = self._of(video.path)
        self._compare(video.path, recorded, (video.info.width, video.info.height), video.info.frames)
        with video.again() as second:
            for _ in self._read(video.path, recorded, islice(second, FIRST), whole=False):
                pass

        def read(frames: Iterable[Frame]) -> Iterator[Judged]:
            # Nobody else looks at a frame's pixels: they are drawn on.
            return self._read(video.path, recorded, (replace(frame, is_spare=True) for frame in frames))

        return Line(video).through("read", read).along("draw", self.overlay)

    def _of(self, path: Path) -> Recorded:
        """Find what the record says of a file: by its path, or else by its name, wherever it lay then.

        Raises:
            InputError: It says nothing of it, or tells of two such files.
        """
        if str(path) in self._sources:
            return self._sources[str(path)]
        alike = [one for source, one in self._sources.items() if Path(source).name == path.name]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise InputError(f"{path}: {self._path} tells of {len(alike)} files of this name; name it as there")
        others = [Path(source).name for source in self._sources]
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        raise InputError(f"{path}: {self._path} is not of this file, but of {', '.join(others[:3])}{more}")

    def _compare(self, path: Path, recorded: Recorded, size: tuple[int, int], frames: int | None) -> None:
        """Compare a file with its record by what is known before it is read.

        Raises:
            InputError: They differ.
        """
        if size != recorded.size:
            (width, height), (w, h) = size, recorded.size
            raise InputError(f"{path}: is {width}x{height} px, and in {self._path} {w}x{h}: a record of another file")
        count = len(recorded.lines)
        if frames is not None and abs(frames - count) > max(2, NEARLY * frames):
            raise InputError(f"{path}: has {frames:,} frames, and in {self._path} {count:,}: a record of another file")

    def _read(self, path: Path, recorded: Recorded, frames: Iterable[Frame], *, whole: bool = True) -> Iterator[Judged]:
        """Give each frame with its faces; `whole`: the file's end is to be the record's as well.

        Raises:
            InputError: The record has other frames.
        """
        for frame, line in zip_longest(frames, recorded.frames(self._labels)):
            if frame is None and not whole:
                return
            if frame is None or line is None:
                than = f"{'fewer' if frame is None else 'more'} frames than {self._path} tells of"
                raise InputError(f"{path}: has {than} ({len(recorded.lines):,}): a record of another file")
            if abs(frame.time - line.time) > CLOSE:
                there = f"at {frame.time:.3f} s, and in {self._path} at {line.time:.3f} s"
                raise InputError(f"{path}: frame {frame.index} is {there}: a record of another file")
            yield Judged(frame, line.faces, bare=line.bare)

    def _refuse_unpictured(self, theme: str) -> None:
        """Name the first line with an emotion that there is no picture of.

        Raises:
            InputError: There is one.
        """
        for one in self._sources.values():
            for emotion, number in one.shown.items():
                try:
                    refuse_unpictured(theme, emotion)
                except UsageError as error:
                    raise InputError(f"{self._path}, line {number}: {error}") from error
