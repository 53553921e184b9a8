"""Read a report back as records. It is input like any other: a line is taken, or refused by its number."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from emojicam.errors import InputError, UsageError
from emojicam.files import is_part
from emojicam.stream.records.record import Record, Sight
from emojicam.stream.records.values import (
    WRONG,
    BadLine,
    count_of,
    decoder,
    emotion_of,
    list_of,
    object_of,
    share_of,
    source_of,
    text_of,
    time_of,
)
from emojicam.stream.types import NEUTRAL, Placement

COLUMNS = ("source", "frame", "time", "emotion", "track")
"""Columns that a CSV report must have."""

Seen = tuple[str, float, list[Sight], int]
"""One frame of a report: the source, seconds, the faces, and how many may be bare."""


def read_report(path: Path, tell: Callable[[str], None] = lambda line: None) -> dict[str, Record]:
    """Read what `ReportWriter` wrote, line by line; blank lines are passed over.

    Args:
        path: .jsonl or .csv.
        tell: Told if the last line of a part, which an unfinished run left, is torn and left out.

    Returns:
        A record for each source, in the order of the file.

    Raises:
        UsageError: It isn't there, or has another suffix.
        InputError: It isn't a report; the message names the line.
    """
    readers = {".jsonl": _json_frames, ".csv": _csv_frames}
    if path.suffix.lower() not in readers:
        raise UsageError(f"{path}: a report is .jsonl or .csv")
    records: dict[str, Record] = {}
    try:
        for source, time, faces, bare in readers[path.suffix.lower()](path, tell):
            records.setdefault(source, Record()).add_frame(time, faces, bare)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror or error}") from error
    except BadLine as wrong:
        raise InputError(f"{path}, line {wrong.number}: not a line of a report: {wrong.why}") from wrong
    if not records:
        raise InputError(f"{path}: holds no frame")
    return records


def _untorn(lines: Iterable[str], path: Path, tell: Callable[[str], None]) -> Iterator[str]:
    """Leave out the last line of a part if its end is missing: what is there of it may read as something else."""
    part = is_part(path)
    for line in lines:
        if part and not line.endswith("\n"):
            tell(f"{path}: was not finished; its last line is torn, and left out")
            return
        yield line


def _json_frames(path: Path, tell: Callable[[str], None]) -> Iterator[Seen]:
    decode = decoder()
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(_untorn(file, path, tell), start=1):
            if line.isspace():
                continue
            try:
                yield _json_frame(decode(line))
            except WRONG as error:
                raise BadLine(number, error) from error


def _json_frame(values: Any) -> Seen:
    faces = [
        Sight(
            0 if face.get("track") is None else count_of(face["track"]),
            emotion_of(face["emotion"]),
            text_of(face.get("by", Placement.DETECTED.value)),
            share_of(face["degree"]) if "degree" in face else _undegreed(face["emotion"]),
        )
        for face in map(object_of, list_of(object_of(values)["faces"]))
    ]
    return source_of(values["source"]), time_of(values["time"]), faces, count_of(values.get("bare", 0))


def _csv_frames(path: Path, tell: Callable[[str], None]) -> Iterator[Seen]:
    """Read a CSV report's frames: a row is a face, and rows of one source and frame stand together."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.DictReader(_untorn(file, path, tell))
        try:
            for column in COLUMNS if rows.fieldnames is not None else ():
                if column not in (rows.fieldnames or ()):
                    raise KeyError(column)
        except WRONG as error:
            raise BadLine(1, error) from error
        now: tuple[str, str] | None = None
        held: Seen | None = None
        while True:
            try:
                row = next(rows, None)
                frame = None if row is None else _csv_frame(row)
            except WRONG as error:
                # A row that the csv module itself refuses isn't counted by it.
                raise BadLine(rows.line_num + isinstance(error, csv.Error), error) from error
            if row is None or frame is None:
                break
            if held is not None and (row["source"], row["frame"]) == now:
                held[2].extend(frame[2])
                continue
            if held is not None:
                yield held
            now, held = (row["source"], row["frame"]), frame
        if held is not None:
            yield held


def _csv_frame(row: dict[str, str]) -> Seen:
    if None in row or None in row.values():  # where the csv module puts what is over, and what lacks
        raise ValueError("it has more columns than the first line, or fewer")
    faces = []
    if row["emotion"]:
        by = row.get("by") or Placement.DETECTED.value
        degree = share_of(float(row["degree"])) if "degree" in row else _undegreed(row["emotion"])
        faces = [Sight(count_of(int(row["track"] or 0)), emotion_of(row["emotion"]), by, degree)]
    return source_of(row["source"]), time_of(float(row["time"])), faces, count_of(int(row.get("bare") or 0))


def _undegreed(emotion: str) -> float:
    """The degree of an emotion in a report from before there were degrees."""
    return 0.0 if emotion == NEUTRAL else 1.0
