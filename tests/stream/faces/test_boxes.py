"""Boxes are compared: what they share, which are of one face, and which of two lists belong together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from emojicam.stream.faces.boxes import MOST, largest_first, mates, merge, numbers, overlaps, same_faces
from emojicam.stream.types import Box, Face


def square(left: float, top: float, size: float, score: float = 0.9) -> Face:
    at = ((left + 0.3 * size, top + 0.3 * size), (left + 0.7 * size, top + 0.3 * size))
    return Face(box=(left, top, size, size), score=score, eyes=at, roll=0.0)


def same_face(a: Face, b: Face) -> bool:
    return bool(same_faces(*overlaps([a.box], [b.box]))[0, 0])


def counted(a: Box, b: Box) -> tuple[float, float]:
    """What two boxes with whole numbers share, counted pixel by pixel."""

    def cells(box: Box) -> set[tuple[int, int]]:
        left, top, width, height = (int(side) for side in box)
        return {(x, y) for x in range(left, left + width) for y in range(top, top + height)}

    one, two = cells(a), cells(b)
    return len(one & two) / len(one | two), len(one & two) / min(len(one), len(two))


# --- what they share ---


def test_what_two_boxes_share_is_what_is_counted() -> None:
    rng = np.random.default_rng(0)
    boxes: list[Box] = [
        (float(x), float(y), float(w), float(h))
        for x, y, w, h in np.hstack([rng.integers(-9, 15, (23, 2)), rng.integers(1, 14, (23, 2))])
    ]
    together, inside = overlaps(boxes[:10], boxes[10:])
    assert together.shape == inside.shape == (10, 13)
    assert together.dtype == inside.dtype == np.float64
    for i, one in enumerate(boxes[:10]):
        for j, two in enumerate(boxes[10:]):
            assert (together[i, j], inside[i, j]) == pytest.approx(counted(one, two), abs=1e-6)
    assert 0 < np.count_nonzero(together) < together.size


@pytest.mark.parametrize(
    ("a", "b", "together", "inside"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1, 1),
        ((0, 0, 10, 10), (10, 0, 10, 10), 0, 0),
        ((0, 0, 10, 10), (20, 20, 10, 10), 0, 0),
        ((0, 0, 10, 10), (2, 2, 5, 5), 0.25, 1),
        ((0, 0, 10, 10), (5, 0, 10, 10), 1 / 3, 0.5),
        ((0, 0, 20, 5), (0, 0, 5, 20), 25 / 175, 0.25),
        ((-0.5, 0, 1, 1), (-1, 0, 1, 1), 1 / 3, 0.5),
    ],
)
def test_the_shares_of_two_boxes_whichever_comes_first(a: Box, b: Box, together: float, inside: float) -> None:
    for one, two in ((a, b), (b, a)):
        found = overlaps([one], [two])
        assert (found[0].item(), found[1].item()) == pytest.approx((together, inside), abs=1e-6)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 3), (3, 0)])
def test_an_empty_list_shares_nothing(first: int, second: int) -> None:
    box = (0.0, 0.0, 5.0, 5.0)
    for shares in overlaps([box] * first, [box] * second):
        assert shares.shape == (first, second)
    assert mates([box] * first, [box] * second, 0.1) == {}


def test_a_box_without_a_size_shares_nothing_and_is_no_error() -> None:
    for shares in overlaps([(3, 3, 0, 0)], [(3, 3, 0, 0), (0, 0, 9, 9)]):
        assert shares.tolist() == [[0, 0]]


# --- one face, or two ---


@pytest.mark.parametrize("other", [(100, 100, 50), (104, 97, 50), (95, 95, 62), (110, 110, 30), (90, 92, 80)])
def test_two_boxes_of_one_face_are_one_and_the_surer_stays(other: tuple[float, float, float]) -> None:
    weak, sure = square(100, 100, 50, 0.6), square(*other, 0.9)
    assert same_face(weak, sure)
    assert same_face(sure, weak)
    assert merge([weak, sure]) == [sure]
    assert merge([sure, weak]) == [sure]


@pytest.mark.parametrize(
    "other", [(150, 100, 50), (140, 100, 50), (100, 145, 50), (60, 70, 48), (400, 400, 50), (130, 100, 50)]
)
def test_neighbours_are_two_faces(other: tuple[float, float, float]) -> None:
    first, second = square(100, 100, 50), square(*other, 0.8)
    assert not same_face(first, second)
    assert merge([second, first]) == [first, second]


@pytest.mark.parametrize(("together", "inside", "same"), [(0.31, 0, True), (0.29, 0.59, False), (0.1, 0.61, True)])
def test_either_share_is_enough(together: float, inside: float, same: bool) -> None:
    assert same_faces(np.array([[together]]), np.array([[inside]])).tolist() == [[same]]


def test_of_many_finds_the_surest_stays() -> None:
    weak, sure, apart = square(100, 100, 50, 0.5), square(103, 101, 50, 0.8), square(300, 100, 50, 0.7)
    assert merge([weak, sure, apart]) == [sure, apart]
    assert merge([weak]) == [weak]
    assert merge([]) == []


def test_what_only_a_dropped_find_touches_stays() -> None:
    """A chain of boxes: the first and the last are not of one face, though the one between them is of both."""
    sure, between, last = square(100, 100, 50, 0.9), square(122, 100, 50, 0.8), square(144, 100, 50, 0.7)
    assert same_face(sure, between)
    assert same_face(between, last)
    assert not same_face(sure, last)
    assert merge([last, between, sure]) == [sure, last]


def test_a_crowd_of_many_finds_is_each_face_once() -> None:
    rng = np.random.default_rng(1)
    people = [square(60.0 * (n % 20), 60.0 * (n // 20), 40, 0.9) for n in range(300)]
    finds = [
        square(face.box[0] + dx, face.box[1] + dy, 40, score)
        for face in people
        for dx, dy, score in zip(*rng.uniform(-4, 4, (2, 4)), rng.uniform(0.1, 0.8, 4), strict=True)
    ]
    assert set(merge([*finds, *people])) == set(people)


# --- the largest first ---


def test_the_largest_face_is_first_whatever_its_score() -> None:
    small, large, middle = square(0, 0, 20, 0.99), square(50, 0, 60, 0.5), square(200, 0, 30, 0.7)
    wide = Face(box=(0, 200, 100, 20), score=0.6, eyes=((1, 1), (2, 1)), roll=0.0)
    assert largest_first([small, large, middle, wide]) == (large, wide, middle, small)
    assert largest_first([]) == ()


def test_of_a_crowd_the_largest_are_kept() -> None:
    sizes = np.random.default_rng(2).permutation(np.arange(1, 3 * MOST + 1))
    kept = largest_first([square(0, 0, float(size)) for size in sizes])
    assert [face.box[2] for face in kept] == list(range(3 * MOST, 2 * MOST, -1))


# --- pairs ---


def shifted(*starts: float) -> list[Box]:
    """Boxes of ten px in a row that begin at these columns."""
    return [(start, 0.0, 10.0, 10.0) for start in starts]


@pytest.mark.parametrize(
    ("a", "b", "least", "pairs"),
    [
        ((0, 50), (51, 1), 0.3, {0: 1, 1: 0}),
        ((0,), (30,), 0.3, {}),
        ((0, 3), (2,), 0.3, {1: 0}),  # whoever shares more gets the mate, and the other one stays alone
        ((2,), (0, 3), 0.3, {0: 1}),
        ((0, 3), (2, 5), 0.3, {1: 0, 0: 1}),  # the best pair first, although two good ones could be had
        ((0, 3), (2, 5), 0.4, {1: 0}),
        ((0,), (4, 5, 6), 0.3, {0: 0}),
        ((0,), (5,), 1 / 3 - 1e-6, {0: 0}),
        ((0,), (5,), 1 / 3 + 1e-6, {}),
    ],
)
def test_the_boxes_that_share_the_most_are_mates(
    a: Sequence[float], b: Sequence[float], least: float, pairs: dict[int, int]
) -> None:
    assert mates(shifted(*a), shifted(*b), least) == pairs
    assert mates(shifted(*b), shifted(*a), least) == {j: i for i, j in pairs.items()}


def test_nobody_has_two_mates_and_no_better_pair_is_left_over() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        a, b = ([(x, y, 30.0, 30.0) for x, y in rng.uniform(0, 120, (12, 2)).tolist()] for _ in range(2))
        pairs = mates(a, b, 0.2)
        shared, _ = overlaps(a, b)
        assert len(set(pairs.values())) == len(pairs)
        best_of_a = {i: float(shared[i, j]) for i, j in pairs.items()}
        best_of_b = {j: float(shared[i, j]) for i, j in pairs.items()}
        for i in range(len(a)):
            for j in range(len(b)):
                if shared[i, j] >= 0.2:
                    assert max(best_of_a.get(i, -math.inf), best_of_b.get(j, -math.inf)) >= shared[i, j]
        assert all(shared[i, j] >= 0.2 for i, j in pairs.items())
        assert pairs


def test_faces_are_numbered_from_left_to_right_in_whatever_order_they_come() -> None:
    right, left, wide = square(300, 0, 20), square(0, 50, 20), square(20, 0, 200)
    assert numbers([wide, right, left]) == [2, 3, 1]
    assert numbers([]) == []
    same = square(10, 10, 20)
    assert sorted(numbers([same, same])) == [1, 2]
