"""The second net sees every frame, a fixed number at once, and a batch changes nothing of what it finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from making import i420, seen_at

from emojicam.stream.choices import Provider, Range
from emojicam.stream.faces.centerface import CenterFace
from emojicam.stream.faces.detector_files import SECOND, fetch
from emojicam.stream.faces.scan_ahead import BATCH, DETAIL_EVERY, MOST_BYTES, ScanAhead, Scanned
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, Format, Frame

RATE = 30.0
PLAIN = (160, 96)
"""Px of a picture that is seen at one scale."""
LARGE = (1280, 720)
"""Px of a picture that is seen at two."""


def wall(number: int, size: tuple[int, int] = PLAIN, level: int = 100) -> Frame:
    return Frame(number, number / RATE, np.full((size[1], size[0], 3), level, np.uint8))


@dataclass
class Counting:
    """A net that finds one face in each picture, as far to the right as the picture is bright.

    Attributes:
        asked: How many pictures of which shape it was shown at once.
    """

    asked: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)

    def __call__(self, pictures: Sequence[Pixels], threshold: float) -> list[list[Face]]:
        self.asked.append((len(pictures), pictures[0].shape))
        assert len({picture.shape for picture in pictures}) == 1
        return [[_face(float(picture[0, 0, 0]))] for picture in pictures]


def _face(x: float) -> Face:
    return Face(box=(x, 10, 20, 20), score=0.9, eyes=((x + 5, 15), (x + 15, 15)), roll=0.0)


def ahead(net: Counting | None, most: int, range_: Range = Range.AUTO) -> ScanAhead:
    return ScanAhead(lambda: net, range_, most)


@pytest.fixture(scope="module")
def net() -> CenterFace:
    return CenterFace(fetch(SECOND, quiet=True), Provider.CPU)


@pytest.mark.parametrize("count", [1, 4, 10])
def test_every_frame_has_its_own_finds_and_a_batch_is_always_as_large(count: int) -> None:
    counting = Counting()
    frames = [wall(number, level=10 * number) for number in range(count)]
    found = list(ahead(counting, 4)(frames))
    assert [one.frame for one in found] == frames
    k = 160 / counting.asked[0][1][1]
    assert [[face.box[0] for face in one.found or ()] for one in found] == [
        [pytest.approx(10 * number * k)] for number in range(count)
    ]
    assert [number for number, _ in counting.asked] == -(-count // 4) * [4]


def test_frames_of_another_size_are_another_batch() -> None:
    counting = Counting()
    frames = [wall(number, PLAIN if number < 3 else (96, 160)) for number in range(5)]
    assert [one.frame.index for one in ahead(counting, 2)(frames)] == [0, 1, 2, 3, 4]
    assert len({shape for _, shape in counting.asked[:2]}) == 1
    assert len(counting.asked) == 3


def test_large_frames_wait_for_few_others() -> None:
    large = Frame(0, 0.0, np.broadcast_to(np.uint8(9), (2160 * 3 // 2, 3840)), Format.I420)
    taken = []

    def frames() -> Iterator[Frame]:
        for number in range(BATCH):
            taken.append(number)
            yield large

    next(ahead(Counting(), BATCH)(frames()))
    assert len(taken) == MOST_BYTES // large.pixels.nbytes < BATCH


def test_where_the_net_cannot_be_had_no_frame_waits_and_none_is_looked_at() -> None:
    taken = []

    def frames() -> Iterator[Frame]:
        for number in range(3):
            taken.append(number)
            yield wall(number)

    scanned = ahead(None, 8)(frames())
    assert next(scanned).found is None
    assert taken == [0]
    assert [one.found for one in scanned] == [None, None]


def test_a_net_that_is_opened_meanwhile_sees_the_frames_from_then_on() -> None:
    nets = iter([None, None, Counting()])
    scanned = ScanAhead(lambda: next(nets), Range.AUTO)(wall(number) for number in range(4))
    assert [one.found is None for one in scanned] == [True, True, False, False]


def test_a_picture_of_a_few_pixels_is_not_shown_to_the_net() -> None:
    counting = Counting()
    assert [one.found for one in ahead(counting, 2)([wall(0, (7, 300))])] == [()]
    assert counting.asked == []


@pytest.mark.parametrize("range_", [Range.AUTO, Range.FAR])
def test_now_and_then_a_frame_is_seen_in_detail_too(range_: Range) -> None:
    counting = Counting()
    scan = ahead(counting, 1, range_)
    times = []
    for one in scan([wall(number, LARGE) for number in range(40)]):
        times += [one.frame.time] * (counting.asked[-1][1] == (720, 1280, 3))
        counting.asked.append((0, (0,)))
    assert times == pytest.approx([number * DETAIL_EVERY[range_] for number in range(len(times))], abs=1.01 / RATE)
    assert len(times) == (3 if range_ is Range.AUTO else 7)


def test_a_clock_that_runs_backwards_is_no_reason_to_wait_for_detail() -> None:
    counting = Counting()
    frames = [wall(0, LARGE), Frame(1, -100.0, wall(1, LARGE).pixels)]
    list(ahead(counting, 1)(frames))
    assert [shape == (720, 1280, 3) for _, shape in counting.asked] == [False, True, False, True]


@pytest.mark.parametrize("form", Format)
def test_what_is_found_in_a_batch_is_what_is_found_in_each_frame_alone(
    net: CenterFace, portrait: Pixels, form: Format
) -> None:
    frames = []
    for number in range(6):
        bgr = seen_at(portrait, zoom=0.5 + 0.2 * number, shift=20.0 * number)
        frames.append(Frame(number, number / RATE, bgr if form is Format.BGR else i420(bgr), form))
    alone, together = (list(ScanAhead(lambda: net, Range.AUTO, most)(frames)) for most in (1, 4))
    assert [len(one.found or ()) for one in alone] == 6 * [1]
    assert np.abs(numbers(alone) - numbers(together)).max() < 1e-5


def numbers(scanned: Sequence[Scanned]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """All that was found, as numbers."""
    return np.array([(*face.box, *sum(face.eyes, ()), face.score) for one in scanned for face in one.found or ()])
