"""Files of a run, a report or an export, which appear under their names only when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emojicam.errors import OutputError, first_line


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Gives the name under which to write a file; at the end of the `with` the file gets its own.

    Raises:
        OutputError: It can't be written. The old file is still there then, and nothing of the new one.
    """
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    except OutputError:
        raise
    except (OSError, RuntimeError) as error:  # RuntimeError: torch's zip writer on a full disk
        why = getattr(error, "strerror", None) or first_line(error)
        raise OutputError(f"{path}: can't be written: {why}") from error
    finally:
        part.unlink(missing_ok=True)
