"""Several live sources as one, whose frames say which of them they are of; none of them waits for another."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Condition, Thread
from typing import Generic, TypeVar

from emojicam.errors import EmojicamError
from emojicam.stream.live.reconnect import Opening, ReconnectingSource
from emojicam.stream.types import Frame

A = TypeVar("A")
B = TypeVar("B")

KEEP = 2
"""Frames of one stream that wait at most, as between two threads of a single one."""

PATIENCE = 2.0
"""Seconds that all threads together get to end: one may hang in a driver."""

ENDED = "ended"
"""The word on the last picture of a stream that came to its end."""


@dataclass(frozen=True)
class Of(Generic[A]):
    """Something that is of one of several streams.

    Attributes:
        stream: The stream's number, from 0.
        item: What is of it.
        last: Nothing of that stream comes after it.
    """

    stream: int
    item: A
    last: bool = False

    def but(self, item: B) -> Of[B]:
        """Put something else in the item's place."""
        return Of(self.stream, item, self.last)


class Together:
    """Gives the frames of several sources as they come, each stream in its turn, until all of them have ended.

    Each source is read, and found again when it is lost, in a thread of its own. What nobody takes in time is dropped
    here, the oldest of the same stream: whoever is behind this may wait, and drops nothing.

    A source that can't be opened ends nothing but itself: it is tried again, or, if that is of no use, gives one last
    picture that says why. Only if nothing was ever seen of any of them, all fail.

    Attributes:
        sources: The sources, in order.
        dropped: Frames of each that were thrown away here.
        errors: What ended a source for good, in the order in which it happened.
    """

    live = False

    def __init__(self, openings: Sequence[Opening], leave: Callable[[], bool], tell: Callable[[str], None]) -> None:
        """Say what to open; nothing is opened before the frames are asked for.

        Args:
            openings: The sources.
            leave: Asked all the time: if true, the frames end.
            tell: Called with a line when a source is lost, found again or given up; in any thread.
        """
        self._leave, self._tell = leave, tell
        self.sources = tuple(
            ReconnectingSource(opening, leave=self._is_over, tell=tell, spared=partial(self._failed, number))
            for number, opening in enumerate(openings)
        )
        self.dropped = [0] * len(openings)
        self.errors: list[EmojicamError] = []
        self._waiting: tuple[deque[Of[Frame]], ...] = tuple(deque() for _ in openings)
        self._running = len(openings)
        self._unseen: dict[int, EmojicamError] = {}
        self._failure: BaseException | None = None
        self._turn = 0
        self._closed = False
        self._changed = Condition()

    def __iter__(self) -> Iterator[Of[Frame]]:
        """Give the frames; of each stream's last one `last` says so.

        Raises:
            EmojicamError: No source could be opened at all: what was wrong with the first.
        """
        threads = [
            Thread(target=self._read, args=(number,), name=f"takes {source.name}", daemon=True)
            for number, source in enumerate(self.sources)
        ]
        for thread in threads:
            thread.start()
        try:
            while (one := self._next()) is not None:
                yield one
        finally:
            self._closed = True
            until = time.monotonic() + PATIENCE
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))

    def _is_over(self) -> bool:
        return self._closed or self._leave()

    def _next(self) -> Of[Frame] | None:
        """Wait for a frame, and take that of the stream which has waited for its turn; None after the last one."""
        with self._changed:
            self._changed.wait_for(lambda: self._failure or any(self._waiting) or not self._running)
            if self._failure is not None:
                raise self._failure
            for after in range(1, len(self._waiting) + 1):
                number = (self._turn + after) % len(self._waiting)
                if self._waiting[number]:
                    self._turn = number
                    return self._waiting[number].popleft()
            return None

    def _read(self, number: int) -> None:
        source = self.sources[number]
        try:
            for frame in source:
                self._put(Of(number, frame))
            self._end(number, ENDED)
        except EmojicamError as error:
            self._give_up(number, error)
        except BaseException as error:  # noqa: BLE001 - raised again where the frames are wanted
            self._fail(error)

    def _put(self, one: Of[Frame]) -> None:
        with self._changed:
            waiting = self._waiting[one.stream]
            if len(waiting) >= KEEP and not waiting[0].last:
                self.dropped[one.stream] += not waiting.popleft().item.placeholder
            waiting.append(one)
            self._changed.notify_all()

    def _give_up(self, number: int, error: EmojicamError) -> None:
        source = self.sources[number]
        self.errors.append(error)
        if self._failed(number, error):
            return
        self._tell(str(error))
        self._end(number, str(error).removeprefix(f"{source.name}: "))

    def _end(self, number: int, why: str) -> None:
        """Give a stream's last picture, which says why there are no more; none if nobody wants any."""
        if not self._is_over():
            self._put(Of(number, self.sources[number].card(why), last=True))
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def _failed(self, number: int, error: EmojicamError) -> bool:
        """Note what went wrong with a source; if nothing was ever seen of any, it is everybody's end."""
        self._unseen.setdefault(number, error)
        all_failed = len(self._unseen) == len(self.sources) and not any(one.counts.frames for one in self.sources)
        if all_failed:
            self._fail(self._unseen[0])
        return all_failed

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()


def apart(items: Sequence[Of[A]]) -> dict[int, list[A]]:
    """Sort items by their streams; those of one stay in order."""
    sorted_out: dict[int, list[A]] = {}
    for one in items:
        sorted_out.setdefault(one.stream, []).append(one.item)
    return sorted_out


def told_apart(openings: Sequence[Opening]) -> list[Opening]:
    """Give sources of the same name numbers behind it, so that they can be told apart."""
    names = [one.name for one in openings]
    return [
        replace(one, name=f"{one.name} ({names[: at + 1].count(one.name)})") if names.count(one.name) > 1 else one
        for at, one in enumerate(openings)
    ]
