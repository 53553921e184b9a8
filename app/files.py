"""Output files that appear whole, or not at all, under the name that was asked for.

While a file is written it has a name of its own beside it, its part's: created exclusively, so that neither a file of
the user's nor what a crash left is written over and no link is followed, and locked, so that a second run can tell a
part that is being written from one that a dead run left. When it is whole it is moved to its name, which replaces
nothing unless that was asked for.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from emojicam.errors import OutputError, UsageError, first_line

if sys.platform != "win32":
    import fcntl

MOST_PARTS = 20
"""Parts of one file that may lie beside it: what as many dead runs left."""

LONGEST = 255
"""Bytes of a file's name at most, on nearly all file systems."""

HESITATION = 0.2
"""Seconds that the first of two runs gives the second to step back, if both began at the same moment."""

_PART = re.compile(r"\.part\d*$")


def part_name(path: Path, number: int = 1) -> Path:
    """The name that a file has while it is written: its suffix stays, so that what a crash leaves can be played.

    Args:
        path: The file's own name.
        number: From 1 on; the later ones are taken where the first is somebody's.
    """
    end = f".part{number if number > 1 else ''}{path.suffix}"
    stem = path.stem
    while len(os.fsencode(stem + end)) > LONGEST and len(os.fsencode(path.name)) <= LONGEST:
        stem = stem[:-1]
    return path.with_name(stem + end)


def is_part(path: Path) -> bool:
    """Whether a file has a name as parts have."""
    return bool(_PART.search(path.stem))


def already_there(place: object) -> OutputError:
    """Make the error of an output, a file or an object, whose place is taken."""
    return OutputError(f"{place}: is already there; --overwrite replaces it")


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Check an output's place before any work is done.

    Raises:
        OutputError: Something is there and may not be replaced, another run is writing it, the name can't be a file's,
            or the folder is missing or read-only.
    """
    try:
        if path.is_dir():
            raise OutputError(f"{path}: is a folder")
        if os.path.lexists(path) and not overwrite:
            raise already_there(path)
        with suppress(FileNotFoundError):
            path.lstat()  # a name that is too long is told by this
        folder = path.parent
        if not folder.is_dir():
            raise OutputError(f"{folder}: no such folder")
    except OutputError:
        raise
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: can't be written: {getattr(error, 'strerror', None) or error}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: can't be written to: {os.strerror(errno.EACCES)}")
    if any(is_written(part_name(path, number)) for number in range(1, MOST_PARTS + 1)):
        raise _busy(path)


def _busy(path: Path) -> OutputError:
    return OutputError(f"{path}: another run is writing it at the moment")


class PartFile:
    """The file that becomes another when it is whole, under a name that is nobody else's.

    Attributes:
        path: The name that it is to have.
        part: The name that it has until then.
    """

    def __init__(self, path: Path, *, overwrite: bool = False, alone: bool = True) -> None:
        """Create it, empty.

        Args:
            path: The name that it is to have.
            overwrite: It may replace what has that name.
            alone: Another run that writes a file of that name is an error; else each writes its own, and the last one
                to be whole stays.

        Raises:
            OutputError: It can't be created, something has its name, or another run is writing it.
        """
        self.path, self._overwrite = path, overwrite
        if alone:
            refuse_existing(path, overwrite)
        self.part, self._number = path, 0
        for number in range(1, MOST_PARTS + 1):
            self.part, self._number = part_name(path, number), number
            try:
                self._lock: int | None = os.open(self.part, _EXCLUSIVELY, 0o666)
                break
            except FileExistsError:
                continue
            except OSError as error:
                raise OutputError(f"{self.part}: can't be written: {error.strerror}") from error
        else:
            raise OutputError(
                f"{path}: {MOST_PARTS} parts of earlier runs are beside it, the last one {self.part.name}"
            )
        _lock(self._lock)
        if alone and self._others():
            self.remove()
            raise _busy(path)

    def _others(self) -> bool:
        """Whether another run writes the same; of two that began at the same moment the second part steps back."""
        others = [number for number in range(1, MOST_PARTS + 1) if number != self._number and self._written(number)]
        if others and min(others) > self._number:
            time.sleep(HESITATION)
            others = [number for number in others if self._written(number)]
        return bool(others)

    def _written(self, number: int) -> bool:
        return is_written(part_name(self.path, number))

    def place(self) -> None:
        """Give the file its name: it is whole.

        Raises:
            OutputError: Something has got that name meanwhile, which stays as it is; or it can't be given. The part
                stays in both cases, of which a note on the error tells.
        """
        self._let_go_early()
        try:
            if self._overwrite:
                self.part.replace(self.path)
            else:
                _move(self.part, self.path)
        except OSError as problem:
            taken = isinstance(problem, FileExistsError)
            why = "has been made by another meanwhile, and stays" if taken else f"can't be written: {problem.strerror}"
            error = OutputError(f"{self.path}: {why}")
            error.add_note(f"the whole file is {self.part}")
            raise error from problem
        finally:
            self._let_go()

    def keep(self) -> None:
        """Leave the file under its part's name."""
        self._let_go()

    def remove(self) -> None:
        """Remove the file."""
        self._let_go_early()
        with suppress(OSError):
            self.part.unlink(missing_ok=True)
        self._let_go()

    def _let_go_early(self) -> None:
        """Let go of the file before it is moved or removed where an open one can't be (Windows)."""
        if sys.platform == "win32":
            self._let_go()

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class Part:
    """A binary file that gets its name at the end of a `with`, or is removed if the `with` fails."""

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self.path = path
        self._overwrite = overwrite

    def __enter__(self) -> Self:
        self._part = PartFile(self.path, overwrite=self._overwrite)
        try:
            self._file = self._part.part.open("r+b")
        except OSError as error:
            self._part.remove()
            raise OutputError(f"{self._part.part}: can't be written: {error.strerror}") from error
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

    def flush(self) -> None:
        """Bring what was written to the system: a kill takes none of it.

        Raises:
            OutputError: It can't be written.
        """
        try:
            self._file.flush()
        except OSError as error:
            raise OutputError(f"{self.path}: can't be written: {error.strerror}") from error

    def keep(self, error: BaseException) -> None:
        """Close the file and leave it under its part's name, of which a note on the error tells."""
        with suppress(OSError):
            self._file.close()
        self._part.keep()
        error.add_note(f"its beginning is in {self._part.part}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            self._file.close()
        except OSError as problem:
            self._part.remove()
            raise OutputError(f"{self.path}: can't be written: {problem.strerror}") from problem
        if kind is None:
            self._part.place()
        else:
            self._part.remove()


@contextmanager
def writing(path: Path, *, own: bool = False) -> Iterator[Path]:
    """Lend the name under which another library writes a file; at the end of the `with` the file gets its own.

    What has that name is replaced.

    Args:
        path: The file's own name.
        own: Several processes may write it at the same time, as they do a cache: each lends a name of its own.

    Raises:
        OutputError: It can't be written. The old file is still there then, and nothing of the new one.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror}") from error
    part = PartFile(path, overwrite=True, alone=not own)
    try:
        yield part.part
    except BaseException as error:
        part.remove()
        if isinstance(error, OutputError) or not isinstance(error, OSError | RuntimeError):
            raise
        # RuntimeError: torch's zip writer on a full disk
        why = getattr(error, "strerror", None) or first_line(error)
        raise OutputError(f"{path}: can't be written: {why}") from error
    part.place()


_EXCLUSIVELY = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def _lock(file: int) -> None:
    """Mark a part as being written, as long as this process lives. On Windows it is so because it is open."""
    if sys.platform != "win32":
        with suppress(OSError):  # a file system without locks: then nobody can tell
            fcntl.flock(file, fcntl.LOCK_EX)


def is_written(part: Path) -> bool:
    """Whether a part is being written by a process that lives."""
    if not os.path.lexists(part):
        return False
    try:
        if sys.platform == "win32":
            part.rename(part)  # a file that is open can't be renamed, not even to its own name
            return False
        # Not waiting: it might be a pipe of somebody's.
        file = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        return sys.platform == "win32"
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(file)


def _move(part: Path, path: Path) -> None:
    """Move a file, and replace nothing.

    Raises:
        FileExistsError: Something is there.
        OSError: It can't be moved.
    """
    if sys.platform == "win32":
        part.rename(path)
        return
    try:
        os.link(part, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links (FAT): the name is taken first, empty, and what is replaced then is ours.
        os.close(os.open(path, _EXCLUSIVELY, 0o666))
        part.replace(path)
        return
    part.unlink()


def refuse_same(source: Path, target: Path) -> None:
    """Keep an output from replacing its own input.

    Raises:
        UsageError: It would replace it.
    """
    try:
        same = os.path.samefile(source, target)
    except (OSError, ValueError):  # one isn't there, or can't be, which others tell
        return
    if same:
        raise UsageError(f"{target}: the output would replace its own input")
