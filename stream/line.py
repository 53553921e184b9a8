"""Source, stages, sink: one thread each, joined by bounded channels.

The only place that starts, stops and joins threads, and that carries an error from one thread to another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Thread
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from emojicam.stream.channel import Aborted, Channel, WhenFull

A = TypeVar("A")
B = TypeVar("B")
A_co = TypeVar("A_co", covariant=True)


class Items(Protocol[A_co]):
    """What a line starts from."""

    @property
    def live(self) -> bool:
        """The world will not wait for a slow consumer: the oldest item is dropped."""
        ...

    def __iter__(self) -> Iterator[A_co]: ...


class Stop(Exception):
    """Raised by a sink to end a run without an error (the user closed the window)."""


@dataclass(frozen=True)
class Tally:
    """What a finished run did.

    Attributes:
        delivered: Items that the sink took.
        dropped: Items that were thrown away because the source is live and something behind it was slow.
        stuck: Threads that did not stop in time (a blocked camera driver).
    """

    delivered: int
    dropped: int
    stuck: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Step:
    name: str
    work: Callable[[Any], Any]


class Line(Generic[A]):
    """A straight line of stages whose last one yields A; nothing runs before `run` or `start`."""

    def __init__(
        self, source: Items[A], *, queue_size: int = 2, stop_timeout: float = 2.0, _steps: tuple[_Step, ...] = ()
    ) -> None:
        """Start from a source.

        Args:
            source: Iterated in a thread of its own.
            queue_size: Items that may wait between two stages.
            stop_timeout: Seconds that each thread gets to end.
        """
        self._source: Any = source
        self._queue_size, self._stop_timeout = queue_size, stop_timeout
        self._steps = _steps

    def then(self, name: str, stage: Callable[[A], B]) -> Line[B]:
        """Add a stage: one item in, one item out, in a thread of its own."""
        steps = (*self._steps, _Step(name, stage))
        return Line[B](self._source, queue_size=self._queue_size, stop_timeout=self._stop_timeout, _steps=steps)

    def run(self, sink: Callable[[A], object]) -> Tally:
        """Feed `sink`, in this thread, until the source ends or the sink raises `Stop`.

        Raises:
            BaseException: The first error of any thread, unchanged; no thread is left then.
        """
        with self.start() as run:
            for item in run:
                try:
                    sink(item)
                except Stop:
                    break
                run.delivered += 1
        return run.tally()

    def start(self) -> Run[A]:
        """A run whose items the caller takes; use it in a `with`."""
        when_full = WhenFull.DROP_OLDEST if self._source.live else WhenFull.WAIT
        steps = (_Step("source", lambda item: item), *self._steps)
        return Run[A](self._source, steps, self._queue_size, when_full, self._stop_timeout)


class Run(Generic[A]):
    """One run of a line: its threads live from `__enter__` to `__exit__`."""

    def __init__(
        self,
        source: Iterable[Any],
        steps: tuple[_Step, ...],
        queue_size: int,
        when_full: WhenFull,
        stop_timeout: float,
    ) -> None:
        self.delivered = 0
        self._stop_timeout = stop_timeout
        self._errors: list[BaseException] = []
        self._links: list[Channel[Any]] = [Channel(queue_size, when_full) for _ in steps]
        starts: list[Iterable[Any]] = [source, *self._links[:-1]]
        self._threads = [
            Thread(target=self._move, args=(items, step.work, out), name=step.name, daemon=True)
            for items, step, out in zip(starts, steps, self._links, strict=True)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __iter__(self) -> Iterator[A]:
        """The last stage's items; ends early, without an error, where a thread failed: `__exit__` raises it."""
        try:
            yield from self._links[-1]
        except Aborted:
            return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        # After the last item there is nothing left to abort.
        self._abort()
        for thread in self._threads:
            thread.join(self._stop_timeout)
        stuck = self.stuck()
        failed = error if error is not None and not isinstance(error, GeneratorExit) else None
        first = failed or (self._errors[0] if self._errors else None)
        if first is not None and stuck:
            first.add_note(f"still running after {self._stop_timeout} s: {', '.join(stuck)}")
        if first is not None and first is not error and not isinstance(error, GeneratorExit):
            raise first

    def tally(self) -> Tally:
        """What was done; to be asked after the end."""
        return Tally(self.delivered, sum(link.dropped for link in self._links), self.stuck())

    def stuck(self) -> tuple[str, ...]:
        """Threads that are still running."""
        return tuple(thread.name for thread in self._threads if thread.is_alive())

    def _abort(self) -> None:
        for link in self._links:
            link.abort()

    def _move(self, items: Iterable[Any], work: Callable[[Any], Any], out: Channel[Any]) -> None:
        # Iterators are made and ended in the thread that runs them: a decoder must not be closed from another.
        running: Iterator[Any] | None = None
        try:
            running = iter(items)
            for item in running:
                out.put(work(item))
            out.finish()
        except Aborted:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._fail(error)
        close = getattr(running, "close", None)
        if close is not None:
            try:
                close()
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._errors.append(error)
        self._abort()
