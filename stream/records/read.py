"""Read a report back as records. It is input like any other: a line is taken, or refused by its number."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from emojicam.errors import InputError, UsageError, first_line
from emojicam.files import is_part
from emojicam.stream.records.record import Record, Sight
from emojicam.stream.types import NEUTRAL, Placement

LATEST = 1e9
"""Largest time of a frame in seconds: some thirty years."""

LARGEST = 1 << 53
"""Largest number of a track, and of faces: what JSON's readers agree on."""

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
    except _Line as wrong:
        raise InputError(f"{path}, line {wrong.number}: not a line of a report: {wrong.why}") from wrong
    if not records:
        raise InputError(f"{path}: holds no frame")
    return records


class _Line(Exception):
    """A line that can't be read."""

    def __init__(self, number: int, error: Exception) -> None:
        super().__init__(number)
        self.number = number
        self.why = f"it lacks {error}" if isinstance(error, KeyError) else first_line(error)


_WRONG = (ValueError, KeyError, TypeError, OverflowError, RecursionError, csv.Error)


def _untorn(lines: Iterable[str], path: Path, tell: Callable[[str], None]) -> Iterator[str]:
    """Leave out the last line of a part if its end is missing: what is there of it may read as something else."""
    part = is_part(path)
    for line in lines:
        if part and not line.endswith("\n"):
            tell(f"{path}: was not finished; its last line is torn, and left out")
            return
        yield line


def _json_frames(path: Path, tell: Callable[[str], None]) -> Iterator[Seen]:
    decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number).decode
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(_untorn(file, path, tell), start=1):
            if line.isspace():
                continue
            try:
                yield _json_frame(decode(line))
            except _WRONG as error:
                raise _Line(number, error) from error


def _json_frame(values: Any) -> Seen:
    faces = [
        Sight(
            0 if face["track"] is None else _count(face["track"]),
            _emotion(face["emotion"]),
            _text(face.get("by", Placement.DETECTED.value)),
            _degree(face["degree"]) if "degree" in face else _undegreed(face["emotion"]),
        )
        for face in map(_is_object, _is_list(_is_object(values)["faces"]))
    ]
    return _source(values["source"]), _time(values["time"]), faces, _count(values.get("bare", 0))


def _csv_frames(path: Path, tell: Callable[[str], None]) -> Iterator[Seen]:
    """Read a CSV report's frames: a row is a face, and rows of one source and frame stand together."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.DictReader(_untorn(file, path, tell))
        try:
            for column in COLUMNS if rows.fieldnames is not None else ():
                if column not in (rows.fieldnames or ()):
                    raise KeyError(column)
        except _WRONG as error:
            raise _Line(1, error) from error
        now: tuple[str, str] | None = None
        held: Seen | None = None
        while True:
            try:
                row = next(rows, None)
                frame = None if row is None else _csv_frame(row)
            except _WRONG as error:
                # A row that the csv module itself refuses isn't counted by it.
                raise _Line(rows.line_num + isinstance(error, csv.Error), error) from error
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
        degree = _degree(float(row["degree"])) if "degree" in row else _undegreed(row["emotion"])
        faces = [Sight(_count(int(row["track"] or 0)), _emotion(row["emotion"]), by, degree)]
    return _source(row["source"]), _time(float(row["time"])), faces, _count(int(row.get("bare") or 0))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name stands twice in it")
    return values


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _is_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{str(value)[:40]!r} is not an object")
    return value


def _is_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{str(value)[:40]!r} is not a list")
    return value


def _time(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"the time is {str(value)[:40]!r}, not a number")
    if not (math.isfinite(value) and 0 <= value <= LATEST):
        raise ValueError(f"the time is {str(value)[:40]}, not seconds from 0 to {LATEST:g}")
    return float(value)


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise ValueError(f"{str(value)[:40]!r} is not a whole number from 0 to {LARGEST}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is not text")
    return value


def _emotion(value: Any) -> str:
    if not _text(value) or len(value) > 80 or not value.isprintable():
        raise ValueError(f"{value[:40]!r} is not an emotion")
    return str(value)


def _degree(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError(f"the degree is {str(value)[:40]!r}, not a number from 0 to 1")
    return float(value)


def _undegreed(emotion: str) -> float:
    """The degree of an emotion in a report from before there were degrees."""
    return 0.0 if emotion == NEUTRAL else 1.0


def _source(value: Any) -> str:
    """A file's name, in which a byte that is no text is a half of a pair, U+DC80 to U+DCFF."""
    try:
        _text(value).encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise ValueError(f"{value[:40]!r} is not a name") from error
    if "\0" in value:
        raise ValueError(f"{value[:40]!r} is not a name")
    return str(value)
