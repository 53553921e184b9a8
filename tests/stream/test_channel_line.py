from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest

from emojicam.stream.channel import Aborted, Channel, WhenFull
from emojicam.stream.line import Line, Stop, Tally

PATIENCE = 20.0
"""Seconds after which a test that waits for another thread gives up."""


class Broken(Exception):
    pass


@dataclass
class Numbers:
    """A source of 0, 1, …; after the last it may fail or wait for an event."""

    count: int
    live: bool = False
    error: BaseException | None = None
    wait: Event | None = None
    started_in: list[Thread] = field(default_factory=list)
    closed_in: list[Thread] = field(default_factory=list)

    def __iter__(self) -> Iterator[int]:
        self.started_in.append(threading.current_thread())
        try:
            yield from range(self.count)
            if self.error is not None:
                raise self.error
            if self.wait is not None:
                self.wait.wait(PATIENCE)
        finally:
            self.closed_in.append(threading.current_thread())


class Unopenable:
    """A source whose very iteration can't begin."""

    live = False

    def __iter__(self) -> Iterator[int]:
        raise Broken("can't begin")


class Unclosable:
    """A source that fails when it is closed."""

    live = False

    def __iter__(self) -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            raise Broken("can't close")


class FailsAt:
    """A stage or a sink that fails at one number, and keeps the numbers before."""

    def __init__(self, number: int, error: BaseException) -> None:
        self.number, self.error = number, error
        self.taken: list[int] = []

    def __call__(self, item: int) -> int:
        if item >= self.number:
            raise self.error
        self.taken.append(item)
        return item


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    assert not left, f"still running: {left}"


def line(source: Numbers, **options: float) -> Line[int]:
    return Line(source, stop_timeout=options.pop("stop_timeout", PATIENCE), **options)  # type: ignore[arg-type]


# --- channel ---


@pytest.mark.parametrize("size", [0, -1])
def test_a_channel_holds_at_least_one_item(size: int) -> None:
    with pytest.raises(ValueError, match=f"at least 1 item, not {size}"):
        Channel[int](size, WhenFull.WAIT)


def test_a_channel_gives_what_came_first_first_and_then_ends() -> None:
    channel = Channel[int](3, WhenFull.WAIT)
    for item in (7, 8, 9):
        channel.put(item)
    channel.finish()
    assert list(channel) == [7, 8, 9]
    assert channel.dropped == 0


def test_a_full_channel_drops_the_oldest_and_counts() -> None:
    channel = Channel[int](2, WhenFull.DROP_OLDEST)
    for item in range(5):
        channel.put(item)
    channel.finish()
    assert list(channel) == [3, 4]
    assert channel.dropped == 3


@pytest.mark.parametrize("size", [1, 3])
def test_a_full_channel_makes_the_producer_wait(size: int) -> None:
    channel = Channel[int](size, WhenFull.WAIT)

    def produce() -> None:
        for item in range(200):
            channel.put(item)
        channel.finish()

    thread = Thread(target=produce, daemon=True)
    thread.start()
    assert list(channel) == list(range(200))
    thread.join(PATIENCE)


def outcome(work: Callable[[], object]) -> list[type[BaseException]]:
    """Runs in a thread what blocks; holds the exception that ended it."""
    ended: list[type[BaseException]] = []
    try:
        work()
    except Aborted as error:
        ended.append(type(error))
    return ended


@pytest.mark.parametrize("side", ["producer", "consumer"])
def test_an_aborted_channel_wakes_who_waits(side: str) -> None:
    channel = Channel[int](1, WhenFull.WAIT)
    ended: list[type[BaseException]] = []
    if side == "producer":
        channel.put(0)
        thread = Thread(target=lambda: ended.extend(outcome(lambda: channel.put(1))), daemon=True)
    else:
        thread = Thread(target=lambda: ended.extend(outcome(lambda: next(iter(channel)))), daemon=True)
    thread.start()
    channel.abort()
    thread.join(PATIENCE)
    assert ended == [Aborted]


@pytest.mark.parametrize("when_full", WhenFull)
def test_an_aborted_channel_takes_and_gives_nothing(when_full: WhenFull) -> None:
    channel = Channel[int](2, when_full)
    channel.put(1)
    channel.abort()
    with pytest.raises(Aborted):
        channel.put(2)
    with pytest.raises(Aborted):
        next(iter(channel))


# --- a run to its end ---


@pytest.mark.parametrize("queue_size", [1, 2, 7])
def test_every_item_of_a_file_arrives_in_order(queue_size: int) -> None:
    taken: list[str] = []
    tally = (
        line(Numbers(300), queue_size=queue_size).then("double", lambda n: 2 * n).then("word", str).run(taken.append)
    )
    assert taken == [str(2 * n) for n in range(300)]
    assert tally == Tally(delivered=300, dropped=0)


def test_a_slow_sink_makes_a_file_wait_instead_of_losing_frames() -> None:
    reached: list[int] = []
    ahead: list[int] = []

    def stage(item: int) -> int:
        reached.append(item)
        return item

    def sink(item: int) -> None:
        threading.Event().wait(0.005)
        ahead.append(len(reached) - item)

    tally = line(Numbers(40), queue_size=2).then("see", stage).run(sink)
    assert tally == Tally(delivered=40, dropped=0)
    # Two wait behind the stage, one is in its hands and one in the sink's.
    assert max(ahead) <= 4


def test_an_empty_source_is_a_run_of_nothing() -> None:
    assert line(Numbers(0)).then("see", str).run(print) == Tally(0, 0)


def test_a_line_can_be_run_again() -> None:
    again = line(Numbers(5)).then("see", str)
    for _ in range(2):
        taken: list[str] = []
        again.run(taken.append)
        assert taken == list("01234")


def test_a_slow_sink_of_a_live_source_gets_the_newest_and_the_rest_is_counted() -> None:
    all_made = Event()

    class Camera:
        live = True

        def __iter__(self) -> Iterator[int]:
            yield 0
            sink_is_busy.wait(PATIENCE)
            yield from range(1, 100)
            all_made.set()

    sink_is_busy = Event()
    taken: list[int] = []

    def sink(item: int) -> None:
        taken.append(item)
        sink_is_busy.set()
        all_made.wait(PATIENCE)

    tally = Line(Camera(), queue_size=2, stop_timeout=PATIENCE).run(sink)
    assert taken == [0, 98, 99]
    assert tally == Tally(delivered=3, dropped=97)


@pytest.mark.parametrize("stages", [1, 3])
def test_live_items_are_delivered_or_counted_as_dropped(stages: int) -> None:
    run: Line[int] = line(Numbers(500, live=True))
    for number in range(stages):
        run = run.then(f"stage {number}", lambda n: n)
    taken: list[int] = []
    tally = run.run(taken.append)
    assert taken == sorted(set(taken))
    assert tally.delivered == len(taken)
    assert tally.delivered + tally.dropped == 500
    assert taken[-1] == 499


# --- errors ---


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("error", [Broken("x"), MemoryError(), SystemExit(3)], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["source", "first stage", "last stage", "sink"])
def test_an_error_anywhere_is_raised_unchanged(where: str, error: BaseException, live: bool) -> None:
    # An endless live source ends only because something failed.
    source = Numbers(3 if where == "source" else 10**9, live, error if where == "source" else None)
    fails = FailsAt(3, error)
    run = line(source).then("first", fails if where == "first stage" else int)
    run = run.then("second", int).then("last", fails if where == "last stage" else int)
    with pytest.raises(type(error)) as caught:
        run.run(fails if where == "sink" else int)
    assert caught.value is error
    assert source.closed_in == source.started_in


def test_what_was_before_an_error_in_a_file_was_handed_on_in_order() -> None:
    fails = FailsAt(10**9, Broken())
    with pytest.raises(Broken):
        line(Numbers(20, error=Broken())).then("see", fails).run(int)
    assert fails.taken == list(range(len(fails.taken)))


def test_a_source_that_cannot_begin_is_an_error_not_a_wait() -> None:
    with pytest.raises(Broken, match="can't begin"):
        Line(Unopenable(), stop_timeout=PATIENCE).then("see", int).run(int)


def test_an_error_on_closing_the_source_is_raised() -> None:
    def sink(item: int) -> None:
        raise Stop

    with pytest.raises(Broken, match="can't close"):
        Line(Unclosable(), stop_timeout=PATIENCE).run(sink)


def test_the_first_error_wins_over_those_that_it_causes() -> None:
    with pytest.raises(Broken, match="first"):
        Line(Unclosable(), stop_timeout=PATIENCE).then("see", FailsAt(0, Broken("first"))).run(int)


def test_a_keyboard_interrupt_in_the_sink_ends_the_run() -> None:
    source = Numbers(10**9)
    interrupt = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt) as caught:
        line(source).then("see", int).run(FailsAt(2, interrupt))
    assert caught.value is interrupt
    assert source.closed_in == source.started_in


# --- other ends ---


@pytest.mark.parametrize("live", [False, True])
def test_stop_from_the_sink_is_an_end_without_an_error(live: bool) -> None:
    source = Numbers(10**9, live)
    taken: list[int] = []

    def sink(item: int) -> None:
        if len(taken) == 2:
            raise Stop
        taken.append(item)

    tally = line(source).then("see", int).run(sink)
    assert tally.delivered == len(taken) == 2
    assert tally.stuck == ()
    assert source.closed_in == source.started_in


def test_a_source_lives_and_ends_in_a_thread_of_its_own() -> None:
    source = Numbers(5)
    line(source).run(int)
    (thread,) = source.started_in
    assert thread is not threading.current_thread()
    assert thread.name == "source"
    assert source.closed_in == [thread]


@pytest.mark.parametrize("take", [0, 1, 5])
def test_a_run_that_is_left_early_leaves_no_thread(take: int) -> None:
    source = Numbers(10**9)
    with line(source).then("see", int).start() as run:
        for number, item in zip(range(take), run, strict=False):
            assert item == number
    assert run.stuck() == ()
    assert source.closed_in == source.started_in


def test_a_generator_over_a_run_that_is_closed_leaves_no_thread() -> None:
    source = Numbers(10**9)

    def items() -> Iterator[int]:
        with line(source).then("see", int).start() as run:
            yield from run

    running = items()
    assert [next(running), next(running)] == [0, 1]
    running.close()  # type: ignore[attr-defined]
    assert source.closed_in == source.started_in


def test_an_error_in_the_callers_own_loop_is_its_own() -> None:
    def loop() -> None:
        with line(Numbers(10**9)).start() as run:
            for _ in run:
                raise Broken("mine")

    with pytest.raises(Broken, match="mine"):
        loop()


def test_items_taken_by_the_caller_end_with_the_error_of_a_stage() -> None:
    taken: list[int] = []
    with pytest.raises(Broken), line(Numbers(9)).then("see", FailsAt(4, Broken())).start() as run:
        taken.extend(run)
    assert taken == list(range(len(taken)))
    assert len(taken) <= 4


def test_a_blocked_source_is_named_and_not_waited_for() -> None:
    driver = Event()
    source = Numbers(2, live=True, wait=driver)
    started = source.started_in

    def sink(item: int) -> None:
        raise Stop

    try:
        assert line(source, stop_timeout=0.05).then("see", int).run(sink) == Tally(0, 0, stuck=("source",))
    finally:
        driver.set()
        started[0].join(PATIENCE)


def test_an_error_tells_what_is_stuck() -> None:
    driver = Event()
    source = Numbers(1, wait=driver)
    try:
        with pytest.raises(Broken) as caught:
            line(source, stop_timeout=0.05).then("see", FailsAt(0, Broken())).run(int)
        assert caught.value.__notes__ == ["still running after 0.05 s: source"]
    finally:
        driver.set()
        source.started_in[0].join(PATIENCE)
