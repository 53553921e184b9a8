"""Label files, read as rows of text with their numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from emojicam.errors import InputError, UsageError, first_line


def rows(path: Path, columns: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Read a CSV label file, which must have the given columns.

    Yields:
        The row's number (the header is row 1) and its cells, as many as there are columns.

    Raises:
        UsageError: It isn't there.
        InputError: It has other columns, or a row has too few or too many; the message names file and row.
    """
    numbered = cells(path)
    _, header = next(numbered, (1, []))
    if header != columns:
        raise InputError(f"{path}, row 1: the columns are {header[:12]}, not {columns}")
    yield from counted(path, numbered, len(columns))


def cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read a CSV file's rows, whatever they hold, with their numbers from 1.

    Raises:
        UsageError: It isn't there.
        InputError: It isn't CSV.
    """
    try:
        file = path.open(newline="", encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    number = 0
    with file:
        reader = csv.reader(file)
        try:
            for number, row in enumerate(reader, start=1):
                yield number, row
        except csv.Error as error:
            raise InputError(f"{path}, row {number + 1}: {first_line(error)}") from error


def counted(path: Path, numbered: Iterator[tuple[int, list[str]]], columns: int) -> Iterator[tuple[int, list[str]]]:
    """Pass on a table's rows, each of which must have so many columns.

    Raises:
        InputError: One has more or fewer.
    """
    for number, row in numbered:
        if len(row) != columns:
            raise InputError(f"{path}, row {number}: {len(row)} columns, not {columns}")
        yield number, row
