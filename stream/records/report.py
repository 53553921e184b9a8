"""Write what was seen as a report: one line a frame (JSON lines) or one row a face (CSV)."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from emojicam.errors import UsageError
from emojicam.files import Part
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
    "unsure",
)
"""The first columns of a CSV report; behind them one for each of the model's emotions, and `AFFECT` if it says that."""

AFFECT = ("valence", "arousal")
"""Columns for what some models say besides, -1 to 1."""


class ReportWriter:
    """Writes a report; the file gets its name when it is whole."""

    def __init__(self, path: Path, labels: tuple[str, ...], *, affect: bool = False, overwrite: bool = False) -> None:
        """Say where to write; nothing is opened before the `with`.

        Args:
            path: The suffix chooses: .jsonl or .csv.
            labels: The model's emotions: a column each in CSV.
            affect: The model says valence and arousal: two columns more.
            overwrite: Replace what is there.

        Raises:
            UsageError: Another suffix.
        """
        if path.suffix.lower() not in SUFFIXES:
            raise UsageError(f"{path}: a report is written as {' or '.join(SUFFIXES)}")
        self._rows = path.suffix.lower() == ".csv"
        self._labels = labels
        self._affect = affect
        self._part = Part(path, overwrite=overwrite)

    def __enter__(self) -> Self:
        self._part.__enter__()
        if self._rows:
            self._write_row([*COLUMNS, *self._labels, *(AFFECT * self._affect)])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        # An interrupted run keeps its record: every line stands for itself.
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        self._part.__exit__(None if interrupted else kind, error, tb)

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
            affect = [said[name] for name in AFFECT if name in said]
            row = [*place, *(flat[name] for name in COLUMNS[len(place) :]), *said["scores"].values(), *affect]
            self._write_row(row)
        if not faces:  # a frame without a face has its row as well
            empty = len(COLUMNS) - len(place) + len(self._labels) + len(AFFECT) * self._affect
            self._write_row([*place, *[None] * empty])

    def _write_row(self, values: list[object]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(values)
        # A file's name may hold bytes that are not UTF-8: they are kept as they are.
        self._part.write(text.getvalue().encode(errors="surrogateescape"))


def line(source: str, judged: Judged) -> dict[str, object]:
    """One frame as it stands in the JSON lines: px, seconds and degrees."""
    return {
        "source": source,
        "frame": judged.frame.index,
        "time": round(judged.frame.time, 6),
        "faces": [face_json(face) for face in judged.faces if face.confirmed],
        "bare": judged.bare,
    }


def face_json(face: JudgedFace) -> dict[str, Any]:
    """One face as reports and the web API tell of it; valence and arousal are there if the model says them."""
    emotion = face.emotion
    affect = {"valence": emotion.valence, "arousal": emotion.arousal}
    return {
        "track": face.track,
        "box": [round(side, 1) for side in face.box],
        "score": round(face.score, 4),
        "roll": round(face.roll, 2),
        "by": face.placement.value,
        "emotion": face.label,
        "confidence": round(face.confidence, 4),
        "unsure": face.unsure,
        "scores": {label: round(p, 4) for label, p in zip(emotion.labels, emotion.p, strict=True)},
        **{name: round(value, 4) for name, value in affect.items() if value is not None},
    }
