"""The faces of a picture or a video as users of the Python API get them: lists that turn into tables and pictures."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

import numpy as np

from emojicam.errors import EmojicamError, MissingExtra
from emojicam.given import PictureLike, frame_of, name_of
from emojicam.options import Drawing, explained, settings_from
from emojicam.painting import Picture, painted
from emojicam.sheet import sheet
from emojicam.stream.choices import COLOUR_ORDER, ColourOrder
from emojicam.stream.records.report import BOX, COLUMNS, face_json, line
from emojicam.stream.types import Judged, JudgedFace

if TYPE_CHECKING:
    import pandas


TYPES = {
    **dict.fromkeys(("frame", "face", *BOX), np.int64),
    **dict.fromkeys(("time", "score", "roll", "confidence", "degree"), np.float64),
    "unsure": np.bool_,
}
"""Types of a table's columns that are neither words nor, as the track of a photo's face, may be missing."""


class Faces(list[JudgedFace]):
    """The faces of one picture, largest first: a list that also makes dictionaries, tables and pictures of itself.

    Attributes:
        picture: The picture that they are of, as it was given.
        colour: The order of the colours, if that is an array.
        size: Its width and height, px.
    """

    def __init__(
        self,
        faces: Iterable[JudgedFace],
        picture: PictureLike,
        size: tuple[int, int],
        colour: ColourOrder = COLOUR_ORDER,
    ) -> None:
        super().__init__(faces)
        self.picture, self.size, self.colour = picture, size, colour

    @property
    def source(self) -> str:
        """The picture's path, or for what has none a few words."""
        return name_of(self.picture)

    @explained
    def draw(self, **options: Unpack[Drawing]) -> Picture:
        """Draw the faces on a copy of their picture, as `emojicam.draw` does.

        Args:
            **options: As `Drawing` has them.

        Returns:
            The picture, uint8 HxWx3, in the order of colours in which it was given.

        Raises:
            EmojicamError: One of the kinds that `emojicam.errors` lists.
        """
        settings = settings_from(Drawing, options, "draw")
        return painted(frame_of(self.picture, self.colour), self, settings, self.colour)

    def to_dict(self) -> dict[str, Any]:
        """Tell all in plain values, which JSON can hold: the source, the size, and of each face what a report has."""
        return {"source": self.source, "size": list(self.size), "faces": [face_json(face) for face in self]}

    def to_pandas(self) -> pandas.DataFrame:
        """Make a table with a row for each face: its source, place, emotion, and the probability of each emotion.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return table([{"source": self.source, "face": number, **row(face)} for number, face in enumerate(self)])

    def _repr_html_(self) -> str:
        try:
            frame = frame_of(self.picture, self.colour)
        except EmojicamError:  # the file may be gone by now
            frame = None
        return sheet(self.source, frame, self)


class VideoFaces(Iterator[Judged]):
    """The frames of a video with their faces, one after the other; closing it, or leaving its `with`, ends the work.

    Several threads may read it, each frame goes to one of them.

    Attributes:
        source: The video's path.
    """

    def __init__(self, frames: Generator[Judged], source: str) -> None:
        self._frames, self.source = frames, source
        self._one = threading.RLock()  # a generator takes no second caller

    def __next__(self) -> Judged:
        with self._one:
            return next(self._frames)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the work; there are no further frames."""
        with self._one:
            self._frames.close()

    def to_dict(self) -> dict[str, Any]:
        """Read the frames that are left, and tell all in plain values: of each frame what a report's line has."""
        return {"source": self.source, "frames": [line(self.source, judged) for judged in self]}

    def to_pandas(self) -> pandas.DataFrame:
        """Read the frames that are left, and make a table with a row for each face in each frame, with its time.

        Raises:
            MissingExtra: pandas is not installed.
        """
        pandas_or_raise()  # before the video is read
        rows = []
        for judged in self:
            at = {"source": self.source, "frame": judged.frame.index, "time": round(judged.frame.time, 6)}
            rows += [{**at, "face": number, **row(face)} for number, face in enumerate(judged.faces)]
        return table(rows, ["frame", "time"])


def row(face: JudgedFace) -> dict[str, Any]:
    """One face as a row of a table: the columns of a report in CSV, and one for each of the model's emotions."""
    said = face_json(face)
    flat = {**said, **dict(zip(BOX, said["box"], strict=True))}
    affect = {name: said[name] for name in ("valence", "arousal") if name in said}
    return {**{name: flat[name] for name in COLUMNS if name in flat}, **said["scores"], **affect}


def table(rows: list[dict[str, Any]], places: Iterable[str] = ()) -> pandas.DataFrame:
    """Make a table of rows; where there are none it has the columns and their types, but for those of emotions.

    Args:
        rows: As `row` gives them.
        places: Columns of a video that a photo's table doesn't have.

    Raises:
        MissingExtra: pandas is not installed.
    """
    of_frames = {"frame", "time", "bare"}
    columns = [name for name in COLUMNS if name not in of_frames or name in places]
    made = pandas_or_raise()
    return made.DataFrame(rows or {name: made.Series(dtype=TYPES.get(name, object)) for name in columns})


def pandas_or_raise() -> Any:
    """Load pandas, which is optional.

    Raises:
        MissingExtra: It is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise MissingExtra("pandas", "pandas") from error
    return pandas
