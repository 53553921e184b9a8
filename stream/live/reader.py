"""Read from what may block for ever, a camera's driver or a server, without blocking whoever wants the items."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

KEEP = 3
"""Items that wait at most; as drivers do, which keep some four frames: whoever hesitates for a moment loses none."""


class SourceEnded(Exception):
    """The source has given its last item."""


class ReaderThread(Generic[T]):
    """Runs an iterator in a thread and keeps its newest items, with the times at which they came.

    The thread can't be stopped from outside while it is inside a driver: it is left to itself then, and ends with the
    process, which it does not keep alive.
    """

    def __init__(
        self, start: Callable[[], Iterator[T]], name: str, keep: int = KEEP, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin to read at once.

        Args:
            start: Makes the iterator; called in the thread, as it may block as well.
            name: Name of the thread.
            keep: Items that wait at most; the oldest is dropped for the next.
            now: Gives the time in seconds.
        """
        self._changed = Condition()
        self._now = now
        self._newest: deque[tuple[T, float]] = deque(maxlen=keep)
        self._error: BaseException | None = None
        self._over = self._left = False
        self.dropped = 0
        self._thread = Thread(target=self._run, args=(start,), name=name, daemon=True)
        self._thread.start()

    def next(self, timeout: float) -> tuple[T, float] | None:
        """Take the oldest item that waits, with the time when it came; None if none comes within `timeout` seconds.

        Raises:
            SourceEnded: The source has ended.
            BaseException: What the source raised.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newest or self._over, timeout)
            if self._newest:
                return self._newest.popleft()
            if self._error is not None:
                raise self._error
            if self._over:
                raise SourceEnded
            return None

    def leave(self, patience: float = 0.5) -> bool:
        """Ask the thread to end at its next item, and wait a little for it.

        Returns:
            Whether it has ended.
        """
        with self._changed:
            self._left = True
        self._thread.join(patience)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """Whether the thread has not ended."""
        return self._thread.is_alive()

    def _run(self, start: Callable[[], Iterator[T]]) -> None:
        running: Iterator[T] | None = None
        try:
            running = start()
            for item in running:
                with self._changed:
                    if self._left:
                        break
                    self.dropped += len(self._newest) == self._newest.maxlen
                    self._newest.append((item, self._now()))
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001 - raised again where the items are wanted
            self._error = error
        finally:
            close = getattr(running, "close", None)
            try:
                if close is not None:
                    close()
            finally:
                with self._changed:
                    self._over = True
                    self._changed.notify_all()
