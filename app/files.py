"""Output files that appear whole, or not at all, under the name that was asked for."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from emojicam.errors import OutputError, UsageError, first_line


def part_name(path: Path) -> Path:
    """The name that a file has while it is written: its suffix stays, so that what a crash leaves can be played."""
    return path.with_name(f"{path.stem}.part{path.suffix}")


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Check an output's place before any work is done.

    Raises:
        OutputError: Something is there and may not be replaced, or the folder is missing or read-only.
    """
    if path.is_dir():
        raise OutputError(f"{path}: is a folder")
    if path.exists() and not overwrite:
        raise OutputError(f"{path}: is already there; --overwrite replaces it")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{folder}: no such folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: can't be written to: {os.strerror(errno.EACCES)}")


def refuse_same(source: Path, target: Path) -> None:
    """Keep an output from replacing its own input, under its name or under the one that it has while it is written.

    Raises:
        UsageError: It would replace it.
    """
    for place in (target, part_name(target)):
        if place.exists() and os.path.samefile(source, place):
            meanwhile = "" if place == target else f", which is called {place.name} while it is written,"
            raise UsageError(f"{target}: the output{meanwhile} would replace its own input")


class Part:
    """A binary file that is renamed into place at the end of a `with`, or removed if the `with` fails."""

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self.path, self.part = path, part_name(path)
        self._overwrite = overwrite

    def __enter__(self) -> Self:
        refuse_existing(self.path, self._overwrite)
        try:
            self._file = self.part.open("wb")
        except OSError as error:
            raise OutputError(f"{self.part}: can't be written: {error.strerror}") from error
        return self

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes to the file.

        Raises:
            OutputError: They can't be written: the disk is full, say.
        """
        try:
            self._file.write(data)
        except OSError as error:
            raise OutputError(f"{self.path}: can't be written: {error.strerror}") from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            self._file.close()
            if kind is None:
                self.part.replace(self.path)
        except OSError as problem:
            raise OutputError(f"{self.path}: can't be written: {problem.strerror}") from problem
        finally:
            self.part.unlink(missing_ok=True)


@contextmanager
def writing(path: Path, *, own: bool = False) -> Iterator[Path]:
    """Lend the name under which another library writes a file; at the end of the `with` the file gets its own.

    Args:
        path: The file's own name.
        own: Several processes may write it at the same time, as they do a cache: each lends a name of its own.

    Raises:
        OutputError: It can't be written. The old file is still there then, and nothing of the new one.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part" if own else f"{path.name}.part")
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
