"""The rows that earlier runs recorded, for a report that goes on."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator
from pathlib import Path

from emojicam.errors import OutputError
from emojicam.files import MOST_PARTS, is_written, part_name


class Earlier:
    """Reads what is in a report already, and in the parts that dead runs left of it.

    Attributes:
        header: The first line of a CSV report, as it is; None of JSON lines, and where there is no report.
    """

    def __init__(self, report: Path, anew: Collection[str]) -> None:
        """Look at what is there.

        Args:
            report: The report; it may be missing.
            anew: Sources whose rows are left out, because they are to be recorded anew.

        Raises:
            OutputError: What is there is no record of ours.
        """
        self._rows = report.suffix.lower() == ".csv"
        self._anew = frozenset(anew)
        self.header: bytes | None = None
        parts = [part_name(report, number) for number in range(1, MOST_PARTS + 1)]
        self._files = [part for part in parts if part.is_file() and not is_written(part) and self._head(part)]
        if report.exists():
            if not self._head(report):
                raise OutputError(f"{report}: is already there, and no record that could go on")
            self._files.insert(0, report)
        if self._files and self._rows:
            self.header = self._head(self._files[0])
            self._files = [file for file in self._files if self._head(file) == self.header]

    def __iter__(self) -> Iterator[bytes]:
        """Give each row once, as it is, with its line's end; a torn last one is left out."""
        known: set[str] = set()
        for file in self._files:
            here: set[str] = set()
            with file.open("rb") as lines:
                if self._rows:
                    lines.readline()
                for row in lines:
                    source = self._source(row) if row.endswith(b"\n") else None
                    if source is None or source in self._anew or source in known:
                        continue
                    here.add(source)
                    yield row
            known |= here

    def _head(self, file: Path) -> bytes:
        """The first line, if it is one of ours; else nothing."""
        with file.open("rb") as lines:
            first = lines.readline(1 << 20)
        if self._rows:
            return first if first.startswith(b"source,frame,time,") else b""
        return first if self._source(first) is not None else b""

    def _source(self, row: bytes) -> str | None:
        """The source that a row is of; None if it is no row."""
        text = row.decode(errors="surrogateescape")
        if self._rows:
            fields = next(csv.reader([text]), [])
            return fields[0] if len(fields) > 2 else None
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return None
        source = said.get("source") if isinstance(said, dict) else None
        return source if isinstance(source, str) else None
