"""A line of threads: what it hands on, how it ends, and what it says of its time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest

from emojicam.stream.line import Line, RunResult, Stop

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


pytestmark = pytest.mark.usefixtures("no_thread_is_left")


def line(source: Numbers, **options: float) -> Line[int]:
    return Line(source, stop_timeout=options.pop("stop_timeout", PATIENCE), **options)  # type: ignore[arg-type]


# --- who shares a thread ---


def test_stages_run_in_the_thread_that_was_asked_for() -> None:
    taken: list[list[str]] = []

    def note(item: list[str]) -> list[str]:
        return [*item, threading.current_thread().name]

    run = Line(Numbers(3), stop_timeout=PATIENCE).along("with the source", lambda n: note([]))
    run = run.then("own", note).along("with own", note).gather("many", lambda items: [note(item) for item in items], 4)
    run.along("with many", note).with_sink().along("caller's", note).run(taken.append)
    own = threading.current_thread().name
    assert taken == [["source", "own", "own", "many", "many", own]] * 3


def test_after_a_stage_in_the_callers_thread_no_other_thread_follows() -> None:
    run = Line(Numbers(3)).with_sink().along("draw", str)
    with pytest.raises(ValueError, match="comes last"):
        run.then("see", str)


def test_a_stage_may_take_all_and_give_any_number_when_it_likes() -> None:
    def pairs(items: Iterable[int]) -> Iterator[tuple[int, int]]:
        waiting: list[int] = []
        for item in items:
            waiting.append(item)
            if len(waiting) == 2:
                yield waiting[0], waiting[1]
                waiting.clear()
        if waiting:
            yield waiting[0], -1

    for run in (line(Numbers(5)).through("pair", pairs), line(Numbers(5)).with_sink().through("pair", pairs)):
        taken: list[tuple[int, int]] = []
        result = run.along("same", lambda pair: pair).run(taken.append)
        assert taken == [(0, 1), (2, 3), (4, -1)]
        assert result == RunResult(3, 0)
        assert result.times is not None
        assert {step.name: step.items for step in result.times.steps} == {"source": 5, "pair": 3, "same": 3, "sink": 3}


def test_such_a_stage_may_have_a_thread_of_its_own() -> None:
    ran_in: list[str] = []

    def noting(items: Iterable[int]) -> Iterator[int]:
        for item in items:
            ran_in.append(threading.current_thread().name)
            yield item

    taken: list[str] = []
    run = Line(Numbers(3)).through("first", noting).through("second", noting, apart=True).then("third", str)
    result = run.run(taken.append)
    assert taken == ["0", "1", "2"]
    assert sorted(ran_in) == 3 * ["second"] + 3 * ["source"]
    assert result.times is not None
    assert {step.name: step.thread for step in result.times.steps} == {
        **{"source": 0, "first": 0, "second": 1, "third": 2, "sink": 3}
    }


@pytest.mark.parametrize("most", [2, 8])
def test_a_gathering_stage_gets_all_that_waits_in_order(most: int) -> None:
    batches: list[int] = []
    full = Event()

    class Watched(Numbers):
        def __iter__(self) -> Iterator[int]:
            yield from range(1 + most)
            full.set()
            yield from range(1 + most, 40)

    def stage(items: list[int]) -> list[int]:
        full.wait(PATIENCE)  # the first batch is of one; meanwhile others come
        batches.append(len(items))
        return [2 * item for item in items]

    taken: list[int] = []
    result = Line(Watched(40), stop_timeout=PATIENCE).gather("judge", stage, most).run(taken.append)
    assert taken == [2 * item for item in range(40)]
    assert result == RunResult(40, 0)
    assert max(batches) == most


def test_live_a_gathering_stage_keeps_no_more_waiting_than_others() -> None:
    made, started = Event(), Event()

    class Camera:
        live = True

        def __iter__(self) -> Iterator[int]:
            yield 0
            started.wait(PATIENCE)
            yield from range(1, 50)
            made.set()

    def stage(items: list[int]) -> list[int]:
        started.set()
        made.wait(PATIENCE)
        return items

    taken: list[int] = []
    Line(Camera(), queue_size=2, stop_timeout=PATIENCE).gather("judge", stage, 8).run(taken.append)
    assert taken[-2:] == [48, 49]
    assert len(taken) <= 3


# --- asked to leave ---


def test_a_run_that_is_asked_to_leave_delivers_what_is_under_way() -> None:
    seen: list[int] = []
    taken: list[int] = []

    def see(item: int) -> int:
        seen.append(item)
        return item

    source = Numbers(10**9)
    result = line(source).then("see", see).run(taken.append, leave=lambda: len(taken) >= 5)
    assert result.left
    assert taken == seen == list(range(len(taken)))
    assert 5 <= len(taken) < 20
    assert source.closed_in == source.started_in


def test_a_run_that_ends_by_itself_was_not_left() -> None:
    assert not line(Numbers(3)).run(int).left


# --- times ---


def test_times_tell_of_every_step_and_queue() -> None:
    def slow(item: int) -> int:
        threading.Event().wait(0.004)
        return item

    result = line(Numbers(50)).then("see", slow).gather("judge", lambda items: items, 4).along("draw", int).run(int)
    assert result.times is not None
    times = {step.name: step for step in result.times.steps}
    assert list(times) == ["source", "see", "judge", "draw", "sink"]
    assert [step.thread for step in times.values()] == [0, 1, 2, 2, 3]
    assert {step.items for step in times.values()} == {50}
    assert times["see"].busy >= 0.2
    assert times["see"].busy > 4 * times["judge"].busy
    assert result.times.seconds >= times["see"].busy
    assert [queue.before for queue in result.times.queues] == ["see", "judge", "sink"]
    assert result.times.queues[0].depth > 0.5 > result.times.queues[2].depth


# --- a run to its end ---


@pytest.mark.parametrize("queue_size", [1, 2, 7])
def test_every_item_of_a_file_arrives_in_order(queue_size: int) -> None:
    taken: list[str] = []
    result = (
        line(Numbers(300), queue_size=queue_size).then("double", lambda n: 2 * n).then("word", str).run(taken.append)
    )
    assert taken == [str(2 * n) for n in range(300)]
    assert result == RunResult(delivered=300, dropped=0)


def test_a_slow_sink_makes_a_file_wait_instead_of_losing_frames() -> None:
    reached: list[int] = []
    ahead: list[int] = []

    def stage(item: int) -> int:
        reached.append(item)
        return item

    def sink(item: int) -> None:
        threading.Event().wait(0.005)
        ahead.append(len(reached) - item)

    result = line(Numbers(40), queue_size=2).then("see", stage).run(sink)
    assert result == RunResult(delivered=40, dropped=0)
    # Two wait behind the stage, one is in its hands and one in the sink's.
    assert max(ahead) <= 4


def test_an_empty_source_is_a_run_of_nothing() -> None:
    assert line(Numbers(0)).then("see", str).run(print) == RunResult(0, 0)


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

    result = Line(Camera(), queue_size=2, stop_timeout=PATIENCE).run(sink)
    assert taken == [0, 98, 99]
    assert result == RunResult(delivered=3, dropped=97)


@pytest.mark.parametrize("stages", [1, 3])
def test_live_items_are_delivered_or_counted_as_dropped(stages: int) -> None:
    run: Line[int] = line(Numbers(500, live=True))
    for number in range(stages):
        run = run.then(f"stage {number}", lambda n: n)
    taken: list[int] = []
    result = run.run(taken.append)
    assert taken == sorted(set(taken))
    assert result.delivered == len(taken)
    assert result.delivered + result.dropped == 500
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

    result = line(source).then("see", int).run(sink)
    assert result.delivered == len(taken) == 2
    assert result.stuck == ()
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
        assert line(source, stop_timeout=0.05).then("see", int).run(sink) == RunResult(0, 0, stuck=("source",))
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
