"""Label files, read as rows of text with their numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from emojicam.errors import InputError, UsageError, first_line
from emojicam.models.data.faults import Faults


def rows(
    path: Path, columns: Sequence[str], faults: Faults, *, headless: bool = False
) -> Iterator[tuple[int, list[str] | None]]:
    """Read a CSV label file, which must have the given columns, in any order; others beside them are passed over.

    Args:
        path: The file.
        columns: The columns' names.
        faults: Counts the rows.
        headless: The file has no header, and nothing but these columns in their order.

    Yields:
        The row's number (the header is row 1) and the cells of those columns, without blanks around them; None instead
        where the row has too few or too many, which is counted as a fault.

    Raises:
        UsageError: It isn't there.
        InputError: It lacks a column.
    """
    numbered = cells(path)
    header = list(columns) if headless else next(numbered, (1, []))[1]
    places = places_of_columns(header, columns)
    if places is None:
        raise InputError(f"{path}, row 1: the columns are {header[:12]}, not {list(columns)}")
    for number, row in numbered:
        found: list[str] | None = None
        with faults.counted():
            if len(row) != len(header):
                raise InputError(f"{path}, row {number}: {len(row)} columns, not {len(header)}")
            found = [row[place].strip() for place in places]
        yield number, found


def places_of_columns(header: Sequence[str], columns: Sequence[str]) -> list[int] | None:
    """Find columns by their names, whatever their case and the blanks around them; None if one isn't there once."""
    names = [name.strip().lower() for name in header]
    wanted = [name.lower() for name in columns]
    return [names.index(name) for name in wanted] if all(names.count(name) == 1 for name in wanted) else None


def cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read a CSV file's rows, whatever they hold, with their numbers from 1; blank ones are passed over.

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
                if any(map(str.strip, row)):
                    yield number, row
        except csv.Error as error:
            raise InputError(f"{path}, row {number + 1}: {first_line(error)}") from error
