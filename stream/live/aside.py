"""Write files in a thread of their own, one after the other, while a live stream goes on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from emojicam.errors import EmojicamError
from emojicam.stream.cores import give_way

MOST = 4
"""Files that may wait, of one stream: each has its pictures in memory."""


class Aside:
    """Writes files aside; use it in a `with`, whose end waits until all are written."""

    def __init__(self, most: int = MOST) -> None:
        """Start with nothing to write.

        Args:
            most: Files that may wait.
        """
        self._most = most
        self._thread = ThreadPoolExecutor(1, "writes files", initializer=give_way)
        self._under_way: list[tuple[Path, Future[None]]] = []

    def begin(self, path: Path, write: Callable[[Path], None]) -> bool:
        """Write a file soon.

        Args:
            path: The file.
            write: Writes it, in the other thread.

        Returns:
            Whether it will be written: not if so many files wait already.
        """
        if len(self._under_way) >= self._most:
            return False
        self._under_way.append((path, self._thread.submit(write, path)))
        return True

    def finished(self) -> list[tuple[Path, EmojicamError | None]]:
        """List what has been finished since the last call, each with what went wrong, if anything did."""
        done = [one for one in self._under_way if one[1].done()]
        self._under_way = [one for one in self._under_way if one not in done]
        return [(path, _problem(future)) for path, future in done]

    def wait(self) -> None:
        """Wait until all is written."""
        self._thread.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.wait()


def _problem(future: Future[None]) -> EmojicamError | None:
    """Give what went wrong with a file.

    Raises:
        BaseException: What no user can cause.
    """
    error = future.exception()
    if error is None or isinstance(error, EmojicamError):
        return error
    raise error
