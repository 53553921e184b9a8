"""Folders for what is needed only for a while, of which a killed process leaves nothing for long."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from emojicam.files import PartFile, is_written, part_name

PREFIX = "emojicam-"
"""The beginning of their names."""

HELD = "held"
"""The file in each that is locked as long as its process lives."""

YOUNG = 60.0
"""Seconds in which a folder that holds no such file yet may be getting it."""


@contextmanager
def scratch(where: Path | None = None) -> Iterator[Path]:
    """Lend an empty folder, and remove it at the end; those that dead processes left beside it are removed first.

    Args:
        where: The folder that it is made in; by default the system's for temporary files (`TMPDIR`).
    """
    sweep(where)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=where))
    held = PartFile(folder / HELD)
    try:
        yield folder
    finally:
        held.keep()
        shutil.rmtree(folder, ignore_errors=True)


def sweep(where: Path | None = None) -> None:
    """Remove the folders of processes that are dead."""
    for folder in Path(where or tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Whether a folder is one of ours whose process is dead."""
    held = part_name(folder / HELD)
    with suppress(OSError):
        if held.exists():
            return not is_written(held)
        return folder.is_dir() and not any(folder.iterdir()) and time.time() - folder.stat().st_mtime > YOUNG
    return False
