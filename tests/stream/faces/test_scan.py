"""The second net is shown whole frames when there is reason to, and what it finds is where it is in the present one."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest
from making import add_head

from emojicam.stream.choices import Range
from emojicam.stream.faces.scan import (
    DETAIL,
    DETAIL_EVERY,
    DETAIL_SMALL,
    DETAIL_SOONER,
    EVERY,
    LOST,
    SMALL,
    SOONER,
    ScanAside,
    ScanNow,
    Schedule,
    Situation,
)
from emojicam.stream.faces.scenes import thumbnail
from emojicam.stream.faces.views import View, parts, scales
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Box, Face, Frame

RATE = 25.0
LARGE = (1280, 720)
"""Px of a picture that is seen at two scales."""
SMALLER = (640, 384)
"""Px of a picture that is quicker to make, where it doesn't matter how it is seen."""
PLAIN = (160, 90)
"""Px of a picture that is seen at one."""
NEARBY: Box = (500.0, 200.0, 200.0, 200.0)
"""A known face that isn't small."""


def wall(size: tuple[int, int], level: int = 100) -> Pixels:
    return np.full((size[1], size[0], 3), level, np.uint8)


def situation(frame: Frame, known: Sequence[Box] = (), *, lost: bool = False) -> Situation:
    return Situation(known, lost, thumbnail(frame.luma).astype(np.float32))


def scanned(
    schedule: Schedule,
    seconds: float,
    *,
    size: tuple[int, int] = LARGE,
    rate: float = RATE,
    start: float = 0.0,
    known: Sequence[Box] = (),
    lost: bool = False,
    picture: Callable[[float], Pixels] | None = None,
) -> dict[float, set[float]]:
    """The times at which a frame is scanned, and the scales of the views."""
    found: dict[float, set[float]] = {}
    still = wall(size)
    for number in range(round(seconds * rate)):
        time = start + number / rate
        frame = Frame(number, time, still if picture is None else picture(time))
        views = schedule.views(frame, situation(frame, known, lost=lost))
        if views:
            found[time] = {view.scale for view in views}
    return found


def pauses(times: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]


# --- when ---


@pytest.mark.parametrize("rate", [4, 25, 30_000 / 1001, 60])
def test_a_still_picture_is_scanned_at_once_and_every_second_whatever_the_frame_rate(rate: float) -> None:
    times = list(scanned(Schedule(Range.AUTO), 6 * EVERY, size=SMALLER, rate=rate))
    assert times[0] == 0
    assert len(times) >= 5
    for pause in pauses(times):
        assert EVERY - 1e-6 <= pause < EVERY + 1 / rate


def test_where_something_has_stirred_it_is_scanned_sooner() -> None:
    def picture(time: float) -> Pixels:
        """Somebody walks from the left to the right."""
        pixels = wall(SMALLER)
        x = int(60 * time)
        pixels[80:, x : x + 90] = 220
        return pixels

    for pause in pauses(list(scanned(Schedule(Range.AUTO), 6 * SOONER, size=SMALLER, picture=picture))):
        assert SOONER - 1e-6 <= pause < SOONER + 1 / RATE


def test_somebody_who_comes_and_stays_is_one_reason_and_no_more() -> None:
    """What had stirred before the last scan has been seen in it."""
    came = EVERY + SOONER / 2

    def picture(time: float) -> Pixels:
        pixels = wall(SMALLER)
        pixels[80:, 300:420] = 220 if time >= came else 100
        return pixels

    times = list(scanned(Schedule(Range.AUTO), 5 * EVERY, size=SMALLER, picture=picture))
    assert times[:3] == pytest.approx([0, EVERY, EVERY + SOONER], abs=1.01 / RATE)
    for pause in pauses(times[2:]):
        assert EVERY - 1e-6 <= pause < EVERY + 1 / RATE


def test_what_known_people_do_is_no_reason_and_what_strangers_do_is() -> None:
    def picture(time: float) -> Pixels:
        """Somebody who waves."""
        pixels = wall(SMALLER)
        x = 250 + int(30 * time * RATE) % 60
        pixels[130:, x : x + 90] = 220
        return pixels

    for known, pause in (((280.0, 140.0, 90.0, 90.0), EVERY), ((20.0, 140.0, 60.0, 60.0), SOONER)):
        times = list(scanned(Schedule(Range.AUTO), 5 * EVERY, size=SMALLER, known=[known], picture=picture))
        assert len(times) > 3
        assert min(pauses(times)) == pytest.approx(pause, abs=1.01 / RATE)


def test_while_somebody_is_lost_it_is_scanned_again_and_again() -> None:
    times = list(scanned(Schedule(Range.AUTO), 10 * LOST, size=SMALLER, known=[NEARBY], lost=True))
    assert len(times) >= 8
    for pause in pauses(times):
        assert LOST - 1e-6 <= pause < LOST + 1 / RATE


def test_who_is_lost_is_looked_for_as_soon_as_the_last_scan_is_a_moment_ago() -> None:
    schedule = Schedule(Range.AUTO)
    scanned(schedule, EVERY / 2, size=SMALLER)
    times = scanned(schedule, 0.1, size=SMALLER, start=EVERY / 2, known=[NEARBY], lost=True)
    assert min(times) == EVERY / 2


@pytest.mark.parametrize("size", [(7, 500), (500, 7), (1, 1)])
def test_a_picture_of_a_few_pixels_is_never_scanned(size: tuple[int, int]) -> None:
    assert scanned(Schedule(Range.AUTO), 3 * EVERY, size=size) == {}


def test_after_a_new_beginning_the_next_frame_is_scanned_as_the_first_was() -> None:
    schedule = Schedule(Range.AUTO)
    first = scanned(schedule, EVERY / 2)
    assert list(first) == [0]
    schedule.begin()
    again = scanned(schedule, EVERY / 2, start=EVERY / 2)
    assert list(again) == [EVERY / 2]
    assert list(again.values()) == list(first.values())
    schedule.begin()
    assert list(scanned(schedule, EVERY / 2, start=-7.0)) == [-7.0], "the clock may have run backwards"


# --- what of a frame ---


def test_a_new_scene_is_seen_small_and_in_detail_and_then_small_alone() -> None:
    small, detail = scales(*LARGE, DETAIL)
    found = list(scanned(Schedule(Range.AUTO), 3 * EVERY).values())
    assert found == [{small, detail}, {small}, {small}]


def test_what_is_seen_whole_at_the_smallest_scale_has_no_detail() -> None:
    (only,) = scales(*PLAIN, DETAIL)
    found = scanned(Schedule(Range.AUTO), 2 * DETAIL_EVERY, size=PLAIN, rate=5)
    assert all(seen == {only} for seen in found.values())


@pytest.mark.parametrize(
    ("known", "every"),
    [([], DETAIL_EVERY), ([NEARBY], DETAIL_EVERY), ([NEARBY, (100.0, 50.0, 20.0, 20.0)], DETAIL_SMALL)],
    ids=["nobody", "somebody", "somebody far away"],
)
def test_detail_is_seen_now_and_then_and_sooner_while_somebody_small_is_known(known: list[Box], every: float) -> None:
    small, detail = scales(*LARGE, DETAIL)
    assert 20 * small < SMALL <= 200 * small
    found = scanned(Schedule(Range.AUTO), 4 * DETAIL_EVERY, rate=10, known=known)
    times = [time for time, seen in found.items() if detail in seen]
    assert len(times) >= 4
    for pause in pauses(times):
        assert every - 1e-6 <= pause < every + EVERY + 0.1
    assert all(seen == {detail} for time, seen in found.items() if time in times[1:]), "one of the two at a time"
    assert all(seen == {small} for time, seen in found.items() if time not in times)


def test_detail_is_seen_sooner_where_something_has_stirred_since_the_last() -> None:
    _, detail = scales(*LARGE, DETAIL)

    def busy(time: float) -> Pixels:
        pixels = wall(LARGE)
        x = int(97 * time) % 1000
        pixels[200:, x : x + 200] = 220
        return pixels

    found = scanned(Schedule(Range.AUTO), 4 * DETAIL_SOONER, rate=10, picture=busy)
    times = [time for time, seen in found.items() if detail in seen]
    assert len(times) >= 3
    for pause in pauses(times):
        assert DETAIL_SOONER - 1e-6 <= pause < DETAIL_SOONER + SOONER + 0.1

    came = 1.2 * DETAIL_SOONER

    def visited(time: float) -> Pixels:
        pixels = wall(LARGE)
        pixels[200:, 400:600] = 220 if time >= came else 100
        return pixels

    found = scanned(Schedule(Range.AUTO), came + 0.9 * DETAIL_EVERY, rate=10, picture=visited)
    times = [time for time, seen in found.items() if detail in seen]
    assert times == pytest.approx([0, came], abs=SOONER + 0.1), "once for all that came"


@pytest.mark.parametrize("size", [LARGE, (3840, 2160)])
def test_far_sees_all_the_detail_there_is_each_time(size: tuple[int, int]) -> None:
    found = list(scanned(Schedule(Range.FAR), 4 * EVERY, size=size, rate=5).values())
    assert len(found) == 4
    assert all(1.0 in seen for seen in found)
    assert found[0] == set(scales(*size, size[0] * size[1]))


@pytest.mark.parametrize("range_", [Range.AUTO, Range.FAR])
@pytest.mark.parametrize("size", [PLAIN, SMALLER, LARGE, (1920, 1080), (3840, 2160)])
def test_every_scan_shows_the_whole_frame(range_: Range, size: tuple[int, int]) -> None:
    schedule = Schedule(range_)
    for time in (0.0, EVERY, 2 * EVERY, DETAIL_EVERY + 2 * EVERY):
        frame = Frame(0, time, wall(size))
        views = schedule.views(frame, situation(frame))
        assert views
        for scale in {view.scale for view in views}:
            assert [view for view in views if view.scale == scale] == parts(*size, scale)


def test_by_default_no_view_has_many_more_pixels_than_a_detail() -> None:
    frame = Frame(0, 0.0, wall((3840, 2160)))
    for view in Schedule(Range.AUTO).views(frame, situation(frame)):
        assert view.width * view.height * view.scale**2 <= 1.01 * DETAIL


# --- the situation ---


def test_the_smallest_known_face_counts_and_nobody_is_no_small_face() -> None:
    frame = Frame(0, 0.0, wall(LARGE))
    assert situation(frame, [NEARBY, (1.0, 1.0, 30.0, 90.0), (1.0, 1.0, 40.0, 20.0)]).smallest == 30
    assert situation(frame).smallest > max(LARGE)


def test_nothing_stirs_before_the_first_scan() -> None:
    frame = Frame(0, 0.0, wall(SMALLER))
    other = situation(Frame(1, 0.1, wall(SMALLER, 200))).thumbnail
    assert not situation(frame).stirs(None, frame)
    assert situation(frame).stirs(other, frame)


# --- at once, or aside ---


def face(x: float, y: float, size: float = 50) -> Face:
    box = (x - size / 2, y - size / 2, size, size)
    return Face(box=box, score=0.6, eyes=((x - size / 5, y - size / 5), (x + size / 5, y - size / 5)), roll=0.0)


@dataclass
class Pretended:
    """The nets, of which the second finds what the test says, and notes what it was shown.

    Attributes:
        finds: What it finds in any frame.
        fails: The error that it raises instead.
        shown: The frames that it was shown.
        views: The views of each.
        threads: The names of the threads in which that was.
    """

    finds: list[Face] = field(default_factory=list)
    fails: Exception | None = None
    two: bool = True
    range: Range = Range.AUTO
    shown: list[Frame] = field(default_factory=list)
    views: list[list[View]] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)

    def scan(self, frame: Frame, views: Sequence[View]) -> list[Face]:
        self.shown.append(frame)
        self.views.append(list(views))
        self.threads.append(threading.current_thread().name)
        if self.fails is not None:
            raise self.fails
        return self.finds


class Later(Executor):
    """A thread that does nothing until the test says so, and then all that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.asked.append((future, partial(work, *args, **kwargs)))
        return future

    def work(self) -> None:
        for future, work in self.asked:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except Exception as error:  # noqa: BLE001
                    future.set_exception(error)
        self.asked = []


class Street:
    """Frames of a room through which a head goes to the right, 50 px a second."""

    def __init__(self, portrait: Pixels) -> None:
        self._portrait = portrait
        rough = np.random.default_rng(0).integers(40, 200, (12, 20), dtype=np.uint8)
        self._room = np.repeat(cv2.resize(rough, SMALLER, interpolation=cv2.INTER_CUBIC)[..., None], 3, 2)

    def x(self, number: int) -> float:
        """Where the head is in a frame."""
        return 200 + 50 * number / RATE

    def __call__(self, number: int, *, head: bool = True) -> Frame:
        picture = self._room.copy()
        if head:
            add_head(picture, self._portrait, self.x(number), 192.0, 0.5)
        return Frame(number, number / RATE, picture)


@pytest.fixture(scope="module")
def street(portrait: Pixels) -> Street:
    return Street(portrait)


def scan_now(looks: Pretended) -> ScanNow:
    return ScanNow(looks)  # type: ignore[arg-type]


def scan_aside(looks: Pretended, thread: Executor) -> ScanAside:
    return ScanAside(looks, thread)  # type: ignore[arg-type]


def test_at_once_a_frame_has_what_is_found_in_itself() -> None:
    looks = Pretended(finds=[face(100, 100)])
    scan = scan_now(looks)
    for number in range(round(2.5 * EVERY * RATE)):
        frame = Frame(number, number / RATE, wall(SMALLER))
        shown = len(looks.shown)
        found = scan(frame, situation(frame))
        if len(looks.shown) > shown:
            assert looks.shown[-1] is frame
            assert found == looks.finds
        else:
            assert found == []
    assert [frame.time for frame in looks.shown] == pytest.approx([0, EVERY, 2 * EVERY], abs=1.01 / RATE)
    assert set(looks.threads) == {threading.current_thread().name}
    assert all(looks.views)


def test_at_once_a_new_scene_is_scanned_at_once() -> None:
    looks = Pretended()
    scan = scan_now(looks)
    for number in range(3):
        scan.begin()
        frame = Frame(number, number / RATE, wall(SMALLER))
        scan(frame, situation(frame))
    assert [frame.index for frame in looks.shown] == [0, 1, 2]


def test_how_far_is_looked_is_what_the_nets_were_opened_for() -> None:
    for range_, seen in ((Range.AUTO, {scales(*LARGE, DETAIL)[0]}), (Range.FAR, {1.0})):
        looks = Pretended(range=range_)
        scan = scan_now(looks)
        for time in (0.0, EVERY):
            frame = Frame(0, time, wall(LARGE))
            scan(frame, situation(frame))
        assert {view.scale for view in looks.views[1]} == seen


def test_without_the_second_net_nothing_is_scanned() -> None:
    looks, thread = Pretended(two=False, range=Range.NEAR, finds=[face(100, 100)]), Later()
    for scan in (scan_now(looks), scan_aside(looks, thread)):
        for number in range(60):
            frame = Frame(number, number / RATE, wall(SMALLER))
            assert scan(frame, situation(frame)) == []
    assert looks.shown == []
    assert thread.asked == []


def test_aside_no_frame_waits_and_one_scan_is_under_way_at_a_time(street: Street) -> None:
    looks, thread = Pretended(finds=[face(street.x(0), 192)]), Later()
    scan = scan_aside(looks, thread)
    for number in range(round(3 * EVERY * RATE)):
        frame = street(number)
        assert scan(frame, situation(frame, lost=True)) == []
        assert len(thread.asked) == 1
    assert looks.shown == []


def test_aside_what_is_found_joins_later_and_where_it_is_by_then(street: Street) -> None:
    looks, thread = Pretended(finds=[face(street.x(0), 192)]), Later()
    scan = scan_aside(looks, thread)
    assert scan(street(0), situation(street(0))) == []
    thread.work()
    assert looks.shown[0].index == 0
    frame = street(5)
    (found,) = scan(frame, situation(frame))
    assert found.middle == pytest.approx((street.x(5), 192), abs=1)
    assert found.score == 0.6
    assert scan(street(6), situation(street(6))) == [], "once"


def test_aside_several_are_found_and_who_has_gone_meanwhile_is_none_of_them(street: Street) -> None:
    """The picture is flat where the second would be."""

    def with_board(frame: Frame) -> Frame:
        pixels = frame.pixels.copy()
        pixels[:, 400:] = 90
        return Frame(frame.index, frame.time, pixels)

    looks, thread = Pretended(finds=[face(520, 192), face(street.x(0), 192)]), Later()
    scan = scan_aside(looks, thread)
    scan(with_board(street(0)), situation(street(0)))
    thread.work()
    (found,) = scan(with_board(street(3)), situation(street(3)))
    assert found.middle == pytest.approx((street.x(3), 192), abs=1)


def test_aside_a_frame_is_scanned_when_it_is_time_and_the_one_before_is_done(street: Street) -> None:
    looks, thread = Pretended(), Later()
    scan = scan_aside(looks, thread)
    for number in range(round(3.5 * EVERY * RATE)):
        frame = street(0)
        frame = Frame(number, number / RATE, frame.pixels)
        scan(frame, situation(frame))
        if number % 4 == 3:  # it takes four frames
            thread.work()
    times = [frame.time for frame in looks.shown]
    assert times == pytest.approx([0, EVERY, 2 * EVERY, 3 * EVERY], abs=5 / RATE)


def test_aside_what_is_under_way_when_a_scene_ends_is_not_of_the_next(street: Street) -> None:
    looks, thread = Pretended(finds=[face(street.x(0), 192)]), Later()
    scan = scan_aside(looks, thread)
    scan(street(0), situation(street(0)))
    scan.begin()
    assert scan(street(1), situation(street(1))) == []
    thread.work()
    assert looks.shown[-1].index == 1, "the new scene is scanned at once"
    looks.finds = []
    (found,) = scan(street(2), situation(street(2)))
    assert found.middle == pytest.approx((street.x(0) + street.x(2) - street.x(1), 192), abs=1)


def test_aside_what_was_found_before_a_scene_ended_is_not_of_the_next(street: Street) -> None:
    looks, thread = Pretended(finds=[face(street.x(0), 192)]), Later()
    scan = scan_aside(looks, thread)
    scan(street(0), situation(street(0)))
    thread.work()
    scan.begin()
    assert scan(street(1), situation(street(1))) == []


def test_aside_an_error_of_the_net_is_the_callers_and_the_next_scan_is_a_new_one(street: Street) -> None:
    looks, thread = Pretended(fails=ZeroDivisionError("in the net")), Later()
    scan = scan_aside(looks, thread)
    scan(street(0), situation(street(0)))
    thread.work()
    with pytest.raises(ZeroDivisionError, match="in the net"):
        scan(street(1), situation(street(1)))
    looks.fails, looks.finds = None, [face(street.x(30), 192)]
    scan(street(30), situation(street(30)))
    thread.work()
    assert len(scan(street(31), situation(street(31)))) == 1


def test_aside_two_streams_share_a_thread_and_each_gets_its_own(street: Street) -> None:
    thread = Later()
    one, other = Pretended(finds=[face(street.x(0), 192)]), Pretended()
    scans = scan_aside(one, thread), scan_aside(other, thread)
    for scan in scans:
        scan(street(0), situation(street(0)))
    thread.work()
    assert [len(scan(street(1), situation(street(1)))) for scan in scans] == [1, 0]


@pytest.fixture
def pool(no_thread_is_left: None) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1, "aside") as threads:
        yield threads


def test_aside_the_net_works_in_the_other_thread(street: Street, pool: ThreadPoolExecutor) -> None:
    looks = Pretended(finds=[face(street.x(0), 192)])
    scan = scan_aside(looks, pool)
    assert scan(street(0), situation(street(0))) == []
    pool.submit(int).result(timeout=60)  # what was asked for before is done by then
    assert len(scan(street(1), situation(street(1)))) == 1
    assert [name.startswith("aside") for name in looks.threads] == [True]
