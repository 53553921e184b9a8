"""A record of what was seen: one line a frame (JSON lines) or one row a face (CSV)."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from types import TracebackType
from typing import Self

from emojicam.errors import UsageError
from emojicam.files import Part
from emojicam.stream.types import Emotion, Judged

SUFFIXES = (".jsonl", ".csv")

COLUMNS = (
    *("source", "frame", "time", "face", "track", "left", "top", "width", "height", "score", "roll", "by"),
    *("emotion", "confidence", "unsure"),
)
"""Of a CSV report; behind them a column for each of the model's emotions, and valence and arousal if it says them."""


class ReportWriter:
    """Writes a record; the file gets its name when it is whole."""

    def __init__(self, path: Path, labels: tuple[str, ...], *, affect: bool = False, overwrite: bool = False) -> None:
        """Say where to.

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
            fixed = [
                "source",
                "frame",
                "time",
                "face",
                "track",
                "left",
                "top",
                "width",
                "height",
                "score",
                "roll",
                "by",
            ]
            self._write_row(
                [*fixed, "emotion", "confidence", "unsure", *self._labels, *(("valence", "arousal") * self._affect)]
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        # An interrupted run keeps its record: every line stands for itself.
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        self._part.__exit__(None if interrupted else kind, error, tb)

    def add(self, source: str, judged: Judged) -> None:
        """Record one frame.

        Raises:
            OutputError: It can't be written.
        """
        if not self._rows:
            self._part.write((json.dumps(line(source, judged)) + "\n").encode())
            return
        frame = judged.frame
        for number, face in enumerate(judged.faces):
            self._write_row(
                [source, frame.index, round(frame.time, 6), number, face.track]
                + [round(side, 1) for side in face.box]
                + [round(face.score, 4), round(face.roll, 2), face.placement.value, face.label]
                + [round(face.confidence, 4), int(face.unsure)]
                + [round(p, 4) for p in face.emotion.p]
                + list(_affect(face.emotion).values())
            )
        if not judged.faces:  # a frame without a face has its row as well
            empty = 12 + len(self._labels) + 2 * self._affect
            self._write_row([source, frame.index, round(frame.time, 6), *[None] * empty])

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
        "faces": [
            {
                "track": face.track,
                "box": [round(side, 1) for side in face.box],
                "score": round(face.score, 4),
                "roll": round(face.roll, 2),
                "by": face.placement.value,
                "emotion": face.label,
                "confidence": round(face.confidence, 4),
                "unsure": face.unsure,
                "scores": {label: round(p, 4) for label, p in zip(face.emotion.labels, face.emotion.p, strict=True)},
                **_affect(face.emotion),
            }
            for face in judged.faces
        ],
    }


def _affect(emotion: Emotion) -> dict[str, float]:
    """Valence and arousal, where the model says them."""
    values = {"valence": emotion.valence, "arousal": emotion.arousal}
    return {name: round(value, 4) for name, value in values.items() if value is not None}
