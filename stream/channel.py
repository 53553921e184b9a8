"""Hand items from one thread of a line to the next: here they wait, a few at most, or are dropped."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import Enum
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class WhenFull(Enum):
    """The rule by which `Channel.put` acts when the channel holds `size` items."""

    WAIT = "wait"  # lossless: the producer waits (files)
    DROP_OLDEST = "drop oldest"  # fresh: the stalest item is thrown away (cameras)


class Aborted(Exception):
    """The run was stopped; raised in every thread that touches a channel afterwards."""


class Channel(Generic[T]):
    """A queue of at most `size` items between one producer and one consumer, first in, first out.

    Attributes:
        dropped: Items that were thrown away.
        put_in: Items that came, the dropped ones included.
        waiting: Items that each found waiting before it, summed: over `put_in` it is the mean depth of the queue.
    """

    def __init__(self, size: int, when_full: WhenFull) -> None:
        if size < 1:
            raise ValueError(f"a channel holds at least 1 item, not {size}")
        self.size, self.when_full = size, when_full
        self.dropped = 0
        self.put_in = 0
        self.waiting = 0
        self._items: deque[T] = deque()
        self._finished = self._aborted = False
        self._changed = Condition()

    def put(self, item: T) -> None:
        """Hand an item to the consumer.

        Raises:
            Aborted: The run was stopped.
        """
        with self._changed:
            if self.when_full is WhenFull.WAIT:
                self._changed.wait_for(lambda: len(self._items) < self.size or self._aborted)
            elif len(self._items) == self.size:
                self._items.popleft()
                self.dropped += 1
            if self._aborted:
                raise Aborted
            self.put_in += 1
            self.waiting += len(self._items)
            self._items.append(item)
            self._changed.notify_all()

    def finish(self) -> None:
        """Say that no more items will come; the consumer takes what is left and stops."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def abort(self) -> None:
        """Throw everything away and wake both sides."""
        with self._changed:
            self._aborted = True
            self._items.clear()
            self._changed.notify_all()

    def take(self, most: int = 1) -> list[T]:
        """Take all that is waiting, at most `most` items, the oldest first; nothing only after the last item.

        It waits for one item, never for more.

        Raises:
            Aborted: The run was stopped.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._finished or self._aborted)
            if self._aborted:
                raise Aborted
            taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
            self._changed.notify_all()
            return taken

    def __iter__(self) -> Iterator[T]:
        """Yield items until finished and empty.

        Raises:
            Aborted: The run was stopped.
        """
        while taken := self.take():
            yield taken[0]
