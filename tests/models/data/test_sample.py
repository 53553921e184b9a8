from __future__ import annotations

import numpy as np
import pytest

from emojicam.models.data.sample import class_weights, oversample, random_split, stratified_split


def counts(classes: list[int], chosen: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[int]:
    return [int(n) for n in np.bincount(np.array(classes)[chosen])]


def test_small_classes_are_repeated_up_to_the_largest() -> None:
    classes = [0] * 7 + [1] * 3 + [2]
    chosen = oversample(np.array(classes), None, np.random.default_rng(0))
    assert counts(classes, chosen) == [7, 7, 7]
    times = np.bincount(chosen)
    assert (times[:7] == 1).all()
    assert sorted(times[7:10]) == [2, 2, 3]
    assert times[10] == 7
    assert (np.diff(chosen) >= 0).all()


def test_oversampling_to_a_number_never_drops_a_face() -> None:
    classes = [0] * 7 + [1] * 3
    assert counts(classes, oversample(np.array(classes), 5, np.random.default_rng(0))) == [7, 5]
    assert counts(classes, oversample(np.array(classes), 20, np.random.default_rng(0))) == [20, 20]


def test_faces_without_a_class_are_shown_once() -> None:
    chosen = oversample(np.array([-1, 0, 0, 1, -1]), None, np.random.default_rng(0))
    assert list(chosen) == [0, 1, 2, 3, 3, 4]
    assert list(oversample(np.array([-1, -1]), None, np.random.default_rng(0))) == [0, 1]
    assert list(oversample(np.zeros(0, np.int64), None, np.random.default_rng(0))) == []


def test_a_class_that_is_not_there_stays_away() -> None:
    classes = [0, 0, 2]
    assert counts(classes, oversample(np.array(classes), None, np.random.default_rng(0))) == [2, 0, 2]


def test_oversampling_is_repeatable() -> None:
    classes = np.array([0] * 50 + [1] * 30)
    one, same, other = (oversample(classes, None, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_weights_are_inverse_to_the_numbers_and_one_on_average() -> None:
    weights = class_weights(np.array([0] * 4 + [1] * 2 + [3] + [-1] * 9), 4)
    assert weights.dtype == np.float32
    assert weights[1] == pytest.approx(2 * weights[0])
    assert weights[3] == pytest.approx(4 * weights[0])
    assert weights[2] == 0
    assert weights[[0, 1, 3]].mean() == pytest.approx(1)
    assert list(class_weights(np.array([-1]), 2)) == [0, 0]
    with pytest.raises(ValueError, match="class 2 of 2"):
        class_weights(np.array([0, 2]), 2)


def test_a_random_split_puts_every_face_in_one_part() -> None:
    parts = random_split(1000, (0.9, 0.05, 0.05), 2020)
    assert [len(part) for part in parts] == [900, 50, 50]
    assert sorted(np.concatenate(parts)) == list(range(1000))
    again, other = random_split(1000, (0.9, 0.05, 0.05), 2020), random_split(1000, (0.9, 0.05, 0.05), 7)
    assert all((a == b).all() for a, b in zip(parts, again, strict=True))
    assert (parts[1] != other[1]).any()
    assert [len(part) for part in random_split(0, (0.5, 0.5), 0)] == [0, 0]


def test_a_stratified_split_has_each_class_in_each_part() -> None:
    classes = np.array([0] * 100 + [1] * 20 + [-1] * 10)
    rng = np.random.default_rng(3)
    rng.shuffle(classes)
    train, held = stratified_split(classes, (0.9, 0.1), 0)
    assert sorted([*train, *held]) == list(range(130))
    assert [int((classes[held] == k).sum()) for k in (0, 1, -1)] == [10, 2, 1]
    assert [len(part) for part in stratified_split(np.zeros(0, np.int64), (0.9, 0.1), 0)] == [0, 0]


@pytest.mark.parametrize("shares", [(), (0.5, 0.4), (1.5, -0.5)])
def test_shares_are_a_whole(shares: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="together 1"):
        random_split(10, shares, 0)
