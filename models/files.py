"""Files of a run or a report, which appear under their names only when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emojicam.errors import OutputError, first_line


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Gives the name under which to write a file; at the end of the `with` the file gets its own.

    Raises:
        OutputError: It can't be written. The old file is still there then.
    """
    part = path.with_suffix(".part")
    try:
        yield part
        part.replace(path)
    except (OSError, RuntimeError) as error:  # RuntimeError: torch's zip writer on a full disk
        why = getattr(error, "strerror", None) or first_line(error)
        raise OutputError(f"{path}: can't be written: {why}") from error
