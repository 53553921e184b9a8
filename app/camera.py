"""A live picture for users of the Python API: a camera, a network stream, or a video file played like one."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass
from types import TracebackType
from typing import Self, Unpack

from emojicam import wiring
from emojicam.errors import UsageError
from emojicam.opening import opening_of
from emojicam.options import Filming, explained, got, path_from, settings_from
from emojicam.painting import Picture, picture_of
from emojicam.stream.live.devices import System, ThisSystem
from emojicam.stream.live.reconnect import Counts, ReconnectingSource
from emojicam.stream.types import Drawn, JudgedFace


@dataclass(frozen=True)
class Shot:
    """One picture of a camera, with what was seen in it.

    Attributes:
        drawn: The frame, its faces, and the pixels with the emoji, as the pipeline has them.
    """

    drawn: Drawn

    @property
    def time(self) -> float:
        """Seconds, by a clock that never goes back, at which the picture came."""
        return self.drawn.frame.time

    @property
    def faces(self) -> tuple[JudgedFace, ...]:
        """The faces in it, largest first, each with the emotion that is shown."""
        return tuple(face for face in self.drawn.judged.faces if face.confirmed)

    @property
    def picture(self) -> Picture:
        """The picture with the emoji: BGR uint8 HxWx3."""
        return picture_of(self.drawn.frame.bgr())

    @property
    def bare(self) -> Picture:
        """The picture without anything drawn: BGR uint8 HxWx3."""
        return picture_of(self.drawn.judged.frame.bgr())

    @property
    def placeholder(self) -> bool:
        """Whether it is no picture of the camera's: it only says that there is none at the moment."""
        return self.drawn.judged.frame.placeholder


class Camera:
    """A camera, a network stream or a video file played like one, read live. Use it in a `with`, and iterate over it.

    It gives a `Shot` for each picture, the newest: what comes while you are busy is dropped. A source that is lost is
    opened again; meanwhile its shots are placeholders.
    """

    @explained
    def __init__(
        self,
        source: int | str | os.PathLike[str] = 0,
        *,
        size: tuple[int, int] = (1280, 720),
        rate: int = 30,
        loop: bool = False,
        tell: Callable[[str], None] | None = None,
        system: System | None = None,
        **options: Unpack[Filming],
    ) -> None:
        """Take note of what is to be read; it is opened by the `with`.

        Args:
            source: A camera's number or device, an address (rtsp, http, …), or a video file.
            size: Width and height that the camera is asked for, px; it may give another.
            rate: Frames a second that the camera is asked for.
            loop: Show a video file again and again.
            tell: Called with a line when the source is lost or found again.
            system: Says which cameras there are; by default this machine.
            **options: As `Filming` has them.

        Raises:
            EmojicamError: One of the kinds that `emojicam.errors` lists.
        """
        self._settings = settings_from(Filming, options, "Camera")
        word = _word(source)
        opening = opening_of(word, _size(size), rate, system or ThisSystem(), loop=loop)
        self._left = False
        self._source = ReconnectingSource(opening, leave=lambda: self._left, tell=tell or (lambda line: None))
        self._models: wiring.Annotator | None = None

    def __enter__(self) -> Self:
        self._models = wiring.Annotator(self._settings, sharp=False)
        self._models.warm_up()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._left = True
        if self._models is not None:
            self._models.__exit__(kind, error, tb)

    def __iter__(self) -> Generator[Shot]:
        """Give its pictures for as long as you take them; leaving the loop closes the source.

        Raises:
            UsageError: It is not in its `with`.
            EmojicamError: It can't be opened.
        """
        if self._models is None or self._left:
            raise UsageError("a Camera is read inside its `with`")
        return self._shots(self._models)

    def _shots(self, models: wiring.Annotator) -> Generator[Shot]:
        with models.drawing(self._source).start() as run:
            for drawn in run:
                yield Shot(drawn)

    @property
    def name(self) -> str:
        """The name by which messages call the source, without passwords."""
        return self._source.name

    @property
    def counts(self) -> Counts:
        """The numbers of frames that came so far, and of times that the source was lost."""
        return self._source.counts


def _word(source: object) -> str:
    """The word that stands for a source on the command line.

    Raises:
        UsageError: It can be none.
    """
    if isinstance(source, int) and not isinstance(source, bool) and source >= 0:
        return str(source)
    if not isinstance(source, str | os.PathLike):
        raise UsageError(f"a camera is a number, a device, an address or a path, not {got(source)}")
    return str(source) if isinstance(source, str) else str(path_from(source, "a camera"))


def _size(size: object) -> tuple[int, int]:
    if isinstance(size, tuple | list) and len(size) == 2 and all(isinstance(px, int) and px > 0 for px in size):
        width, height = size
        return width, height
    raise UsageError(f"size is (width, height) in px, not {size!r}")
