"""Write what was seen as a report: one line a frame (JSON lines) or one row a face (CSV)."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from emojicam.errors import OutputError, UsageError
from emojicam.files import Part
from emojicam.stream.choices import NONE
from emojicam.stream.records.earlier import Earlier
from emojicam.stream.types import Judged, JudgedFace

SUFFIXES = (".jsonl", ".csv")

BOX = ("left", "top", "width", "height")
"""Columns of a face's box, px."""

COLUMNS = (
    "source",
    "frame",
    "time",
    "bare",
    "face",
    "track",
    *BOX,
    "score",
    "roll",
    "by",
    "emotion",
    "confidence",
    "degree",
    "unsure",
)
"""The first columns of a CSV report; behind them one for each of the model's emotions, and `AFFECT` if it says that."""

AFFECT = ("valence", "arousal")
"""Columns for what some models say besides, -1 to 1."""


class Recorder(Protocol):
    """Takes a record of each frame."""

    def add(self, source: str, judged: Judged) -> None:
        """Record one frame and its faces.

        Args:
            source: The file that it is of.
            judged: The frame.
        """


class ReportWriter:
    """Writes a report; the file gets its name when it is whole."""

    def __init__(
        self,
        path: Path,
        labels: tuple[str, ...],
        *,
        affect: bool = False,
        overwrite: bool = False,
        earlier: Earlier | None = None,
    ) -> None:
        """Say where to write; nothing is opened before the `with`.

        Args:
            path: The suffix chooses: .jsonl or .csv.
            labels: The model's emotions: a column each in CSV.
            affect: The model says valence and arousal: two columns more.
            overwrite: Replace what is there.
            earlier: What was recorded before, which comes first; what is there is replaced then.

        Raises:
            UsageError: Another suffix.
        """
        if path.suffix.lower() not in SUFFIXES:
            raise UsageError(f"{path}: a report is written as {' or '.join(SUFFIXES)}")
        self._rows = path.suffix.lower() == ".csv"
        self._labels = labels
        self._affect = affect
        self._earlier = earlier
        self._part = Part(path, overwrite=overwrite or earlier is not None)

    def __enter__(self) -> Self:
        self._part.__enter__()
        head = _row([*COLUMNS, *self._labels, *(AFFECT * self._affect)]) if self._rows else b""
        self._part.write(head)
        if self._earlier is not None:
            go_on(self._part, self._earlier, head)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        # An interrupted run keeps its record: every line stands for itself. One that is only abandoned, by a failure
        # elsewhere, is not whole, and isn't called so.
        if kind is None or issubclass(kind, KeyboardInterrupt):
            self._part.__exit__(None, None, None)
        elif error is not None:
            self._part.keep(error)

    def flush(self) -> None:
        """Bring all rows to the system: a kill takes none of them.

        Raises:
            OutputError: They can't be written.
        """
        self._part.flush()

    def add(self, source: str, judged: Judged) -> None:
        """Write one frame and its faces.

        Raises:
            OutputError: It can't be written.
        """
        if not self._rows:
            self._part.write((json.dumps(line(source, judged)) + "\n").encode())
            return
        place = [source, judged.frame.index, round(judged.frame.time, 6), judged.bare]
        faces = [face for face in judged.faces if face.confirmed]
        for number, face in enumerate(faces):
            said = face_json(face)
            flat = {**said, **dict(zip(BOX, said["box"], strict=True)), "face": number, "unsure": int(face.unsure)}
            affect = [said.get(name) for name in AFFECT * self._affect]
            row = [*place, *(flat[name] for name in COLUMNS[len(place) :]), *said["scores"].values(), *affect]
            self._part.write(_row(row))
        if not faces:  # a frame without a face has its row as well
            empty = len(COLUMNS) - len(place) + len(self._labels) + len(AFFECT) * self._affect
            self._part.write(_row([*place, *[None] * empty]))


def go_on(part: Part, earlier: Earlier, head: bytes) -> None:
    """Write what was recorded before.

    Args:
        part: The new report.
        earlier: What was recorded.
        head: The new report's first line, if it is CSV.

    Raises:
        OutputError: That has other columns: another model judged it.
    """
    if earlier.header not in (None, head):
        raise OutputError(f"{part.path}: has the columns of another model or version, and can't go on with this one's")
    for row in earlier:
        part.write(row)


def _row(values: list[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    # A file's name may hold bytes that are not UTF-8: they are kept as they are.
    return text.getvalue().encode(errors="surrogateescape")


def line(source: str, judged: Judged) -> dict[str, object]:
    """One frame as it stands in the JSON lines: px, seconds and degrees."""
    possible = [face_json(face) for face in judged.faces if not face.confirmed]
    return {
        "source": source,
        "frame": judged.frame.index,
        "time": round(judged.frame.time, 6),
        "size": [judged.frame.width, judged.frame.height],
        "faces": [face_json(face) for face in judged.faces if face.confirmed],
        **({"possible": possible} if possible else {}),
        "bare": judged.bare,
    }


def face_json(face: JudgedFace) -> dict[str, Any]:
    """One face as reports and the web API tell of it; what a model doesn't say, and no user said, isn't there."""
    face = face.rounded()
    emotion = face.emotion
    affect = {"valence": emotion.valence, "arousal": emotion.arousal}
    return {
        "track": face.track,
        "box": list(face.box),
        "score": face.score,
        "roll": face.roll,
        "by": face.placement.value,
        "emotion": face.label,
        "confidence": face.confidence,
        "degree": round(face.degree, 4),
        "drawn": face.drawn,
        "unsure": face.unsure,
        "scores": dict(zip(emotion.labels, emotion.p, strict=True)),
        **{name: value for name, value in affect.items() if value is not None},
        **_drawn_otherwise(face),
    }


def _drawn_otherwise(face: JudgedFace) -> dict[str, str]:
    """The style in which a face is drawn if that isn't the others'."""
    if face.alone:
        return {"style": NONE}
    return {"style": face.style.value} if face.style else {}
