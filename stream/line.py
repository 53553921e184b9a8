"""Run a source, stages and a sink in a few threads, joined by bounded channels.

A line's threads are started, stopped and joined here alone, and an error is carried from one of them to another.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from time import perf_counter
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from emojicam.stream.channel import Aborted, Channel, WhenFull
from emojicam.stream.cores import kept_to
from emojicam.stream.meter import Queue, StepTime, Times

A = TypeVar("A")
B = TypeVar("B")
A_co = TypeVar("A_co", covariant=True)


class Source(Protocol[A_co]):
    """An iterable that a line takes its items from."""

    @property
    def live(self) -> bool:
        """Whether the world will not wait for a slow consumer: the oldest item is dropped then."""
        ...

    def __iter__(self) -> Iterator[A_co]: ...


class Stop(Exception):
    """Raised by a sink to end a run without an error (the user closed the window)."""


@dataclass(frozen=True)
class RunResult:
    """The outcome of a finished run.

    Attributes:
        delivered: Items that the sink took.
        dropped: Items that were thrown away because the source is live and something behind it was slow.
        stuck: Threads that did not stop in time (a blocked camera driver).
        left: The run was asked to end before the source did.
        times: What the threads did with their time.
    """

    delivered: int
    dropped: int
    stuck: tuple[str, ...] = ()
    left: bool = False
    times: Times | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class _Step:
    """One stage of a line, and how it takes its items.

    Attributes:
        name: What its thread and its times are called.
        work: Takes one item and gives one, unless `most` or `whole` says otherwise.
        most: Items that it takes at once, in a list, if more than one; it gives as many.
        whole: It takes an iterator over all items and gives another.
    """

    name: str
    work: Callable[[Any], Any]
    most: int = 1
    whole: bool = False


_Group = tuple[_Step, ...]
"""The stages that one thread runs, in order."""


class Line(Generic[A]):
    """A straight line of stages whose last one yields A; nothing runs before `run` or `start`."""

    def __init__(
        self,
        source: Source[A],
        *,
        queue_size: int = 2,
        cores: Sequence[int] = (),
        stop_timeout: float = 2.0,
        _groups: tuple[_Group, ...] = (),
        _own: tuple[_Group, ...] = (),
    ) -> None:
        """Begin with a source and no stages.

        Args:
            source: Gives the items; iterated in a thread of its own.
            queue_size: Items that may wait between two threads.
            cores: The core that each thread keeps to, the caller's last; none: each may run on all.
            stop_timeout: Seconds that each thread gets to end.
        """
        self._source: Any = source
        self._queue_size, self._cores, self._stop_timeout = queue_size, tuple(cores), stop_timeout
        self._groups, self._own = _groups or ((),), _own

    def then(self, name: str, stage: Callable[[A], B]) -> Line[B]:
        """Add a stage: one item in, one item out, in a thread of its own."""
        return self._with((*self._groups, (_Step(name, stage),)))

    def along(self, name: str, stage: Callable[[A], B]) -> Line[B]:
        """Add a stage that shares the thread of what is before it."""
        return self._along(_Step(name, stage))

    def through(self, name: str, stage: Callable[[Iterable[A]], Iterator[B]], *, apart: bool = False) -> Line[B]:
        """Add a stage that takes all items and gives any number, when it likes.

        Args:
            name: What its times are called.
            stage: The stage.
            apart: In a thread of its own; otherwise it shares that of what is before it.
        """
        step = _Step(name, stage, whole=True)
        return self._with((*self._groups, (step,))) if apart else self._along(step)

    def gather(self, name: str, stage: Callable[[list[A]], Sequence[B]], most: int) -> Line[B]:
        """Add a stage that takes all items that are waiting, at most `most`, at once; in a thread of its own."""
        return self._with((*self._groups, (_Step(name, stage, most),)))

    def with_sink(self) -> Line[A]:
        """Let what is added from here on by `along` and `through` run in the sink's thread, the caller's."""
        return self._with(self._groups, ((),))

    def _along(self, step: _Step) -> Line[Any]:
        if self._own:
            return self._with(self._groups, ((*self._own[0], step),))
        *before, last = self._groups
        return self._with((*before, (*last, step)))

    def _with(self, groups: tuple[_Group, ...], own: tuple[_Group, ...] = ()) -> Line[Any]:
        if self._own and not own:
            raise ValueError("what shares the sink's thread comes last")
        return Line[Any](
            self._source,
            queue_size=self._queue_size,
            cores=self._cores,
            stop_timeout=self._stop_timeout,
            _groups=groups,
            _own=own,
        )

    def run(self, sink: Callable[[A], object], *, leave: Callable[[], bool] = lambda: False) -> RunResult:
        """Feed `sink`, in this thread, until the source ends or the sink raises `Stop`.

        Args:
            sink: Takes every item.
            leave: Asked before each item of the source: if true, no more are taken, and what is under way is delivered.

        Raises:
            BaseException: The first error of any thread, unchanged; no thread is left then.
        """
        with self.start(leave=leave) as run:
            for item in run:
                started = perf_counter()
                try:
                    sink(item)
                except Stop:
                    break
                run.delivered += 1
                run.sink.items += 1
                run.sink.busy += perf_counter() - started
        return run.result()

    def start(self, *, leave: Callable[[], bool] = lambda: False) -> Run[A]:
        """Make a run whose items the caller takes; use it in a `with`.

        Raises:
            ValueError: There are not as many cores as threads.
        """
        cores = self._cores or (None,) * (len(self._groups) + 1)
        if len(cores) != len(self._groups) + 1:
            raise ValueError(f"{len(cores)} cores for {len(self._groups) + 1} threads")
        when_full = WhenFull.DROP_OLDEST if self._source.live else WhenFull.WAIT
        own = self._own[0] if self._own else ()
        return Run[A](self._source, self._groups, own, self._queue_size, cores, when_full, self._stop_timeout, leave)


class Run(Generic[A]):
    """One run of a line: its threads live from `__enter__` to `__exit__`."""

    def __init__(
        self,
        source: Iterable[Any],
        groups: Sequence[_Group],
        own: _Group,
        queue_size: int,
        cores: Sequence[int | None],
        when_full: WhenFull,
        stop_timeout: float,
        leave: Callable[[], bool],
    ) -> None:
        self.delivered = 0
        self.sink = StepTime("sink", len(groups))
        self._own, self._own_times = own, [StepTime(step.name, len(groups)) for step in own]
        self._stop_timeout, self._leave = stop_timeout, leave
        self._left = False
        self._errors: list[BaseException] = []
        # A stage that takes several at once must find several; live, they would be old by then.
        several = when_full is WhenFull.WAIT
        sizes = [max(queue_size, group[0].most if several else 1) for group in groups[1:]] + [queue_size]
        self._links: list[Channel[Any]] = [Channel(size, when_full) for size in sizes]
        self._steps = [[StepTime(step.name, number) for step in group] for number, group in enumerate(groups)]
        self._reading = StepTime("source", 0)
        names = ["source", *(group[0].name for group in groups[1:])]
        starts = [partial(self._read, source), *(partial(_taken, link) for link in self._links[:-1])]
        self._threads = [
            Thread(target=self._carry, args=(start, group, times, out, core), name=name, daemon=True)
            for start, group, times, out, name, core in zip(
                starts, groups, self._steps, self._links, names, cores[:-1], strict=True
            )
        ]
        self._here = kept_to(cores[-1])

    def __enter__(self) -> Self:
        self._started = perf_counter()
        for thread in self._threads:
            thread.start()
        self._here.__enter__()
        return self

    def __iter__(self) -> Iterator[A]:
        """Give the last stage's items; it ends early where a thread failed, without the error: `__exit__` raises it."""
        try:
            yield from _chain(iter(self._links[-1]), self._own, self._own_times)
        except Aborted:
            return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._here.__exit__(None, None, None)
        # After the last item there is nothing left to abort.
        self._abort()
        for thread in self._threads:
            thread.join(self._stop_timeout)
        self._ended = perf_counter()
        stuck = self.stuck()
        failed = error if error is not None and not isinstance(error, GeneratorExit) else None
        first = failed or (self._errors[0] if self._errors else None)
        if first is not None and stuck:
            first.add_note(f"still running after {self._stop_timeout} s: {', '.join(stuck)}")
        if first is not None and first is not error and not isinstance(error, GeneratorExit):
            raise first

    def result(self) -> RunResult:
        """Sum up what the run did; to be asked after its end."""
        dropped = sum(link.dropped for link in self._links)
        return RunResult(self.delivered, dropped, self.stuck(), self._left, self._times())

    def _times(self) -> Times:
        last = [*self._own_times, self.sink]
        names = [steps[0].name for steps in self._steps[1:]] + [last[0].name]
        queues = [
            Queue(name, link.waiting / max(1, link.put_in), link.size, link.dropped)
            for name, link in zip(names, self._links, strict=True)
        ]
        steps = [self._reading, *(step for steps in self._steps for step in steps)]
        return Times(self._ended - self._started, (*steps, *last), tuple(queues))

    def stuck(self) -> tuple[str, ...]:
        """Names of the threads that are still running."""
        return tuple(thread.name for thread in self._threads if thread.is_alive())

    def _abort(self) -> None:
        for link in self._links:
            link.abort()

    def _carry(
        self,
        start: Callable[[int], Generator[Any]],
        group: _Group,
        times: list[StepTime],
        out: Channel[Any],
        core: int | None,
    ) -> None:
        # Iterators are made and ended in the thread that runs them: a decoder must not be closed from another.
        try:
            with kept_to(core), closing(start(group[0].most if group else 1)) as items:
                for item in _chain(items, group, times):
                    out.put(item)
            out.finish()
        except Aborted:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._fail(error)

    def _read(self, source: Iterable[Any], most: int) -> Generator[Any]:
        running = iter(source)
        try:
            while True:
                if self._leave():
                    self._left = True
                    return
                started = perf_counter()
                try:
                    item = next(running)
                except StopIteration:
                    return
                _count(self._reading, started)
                yield item
        finally:
            close = getattr(running, "close", None)
            if close is not None:
                close()

    def _fail(self, error: BaseException) -> None:
        self._errors.append(error)
        self._abort()


def _taken(link: Channel[Any], most: int) -> Generator[Any]:
    """Take the items of a channel one by one, or in lists if the first stage wants several."""
    while items := link.take(most):
        yield items if most > 1 else items[0]


def _chain(items: Iterator[Any], group: _Group, times: list[StepTime]) -> Iterator[Any]:
    for step, time in zip(group, times, strict=True):
        items = _changed(items, step, time)
    return items


def _changed(items: Iterator[Any], step: _Step, time: StepTime) -> Iterator[Any]:
    if step.whole:
        below = _Waited(items)
        running = step.work(below)
        while True:
            started, waited = perf_counter(), below.seconds
            try:
                done = next(running)
            except StopIteration:
                return
            finally:
                # What it waited for is counted where it was done.
                time.busy += perf_counter() - started - (below.seconds - waited)
            time.items += 1
            yield done
    for item in items:
        started = perf_counter()
        done = step.work(item)
        if step.most > 1:
            _count(time, started, len(item))
            yield from done
        else:
            _count(time, started)
            yield done


class _Waited:
    """An iterator that tells how long was waited for its items, in seconds."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items
        self.seconds = 0.0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        started = perf_counter()
        try:
            return next(self._items)
        finally:
            self.seconds += perf_counter() - started


def _count(time: StepTime, started: float, items: int = 1) -> None:
    time.busy += perf_counter() - started
    time.items += items
