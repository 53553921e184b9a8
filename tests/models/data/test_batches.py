"""What a net learns from in one step: every face once an epoch, shared out, blended, smoothed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from emojicam.models.data.augment import Augment
from emojicam.models.data.batches import Batch, Chances, Supply, batches
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.data.rows import Decoded, Rows

CPU = torch.device("cpu")

NOTHING = Augment(shift=0, scale=1, roll=0, shear=0, mirror=0, align=0, light=0, gamma=1, blur=0, noise=0, erase=0)


def faces(number: int) -> Faces:
    """Each as bright as its number, and of class number % 2; valence is a hundredth of its number."""
    images = np.repeat(np.arange(number, dtype=np.uint8), 16).reshape(number, 1, 4, 4)
    majority = np.arange(number) % 2
    answers = Answers("drawn", ("a", "b"), np.eye(2, dtype=np.float32)[majority], majority, "drawn")
    affect = np.stack([np.arange(number) / 100, np.full(number, np.nan)], 1).astype(np.float32)
    return Faces(images, (answers,), affect=affect)


def taken(
    number: int, size: int, *, seed: tuple[int, int] = (0, 0), part: tuple[int, int] = (0, 1)
) -> Iterator[tuple[list[int], Batch]]:
    """The numbers of the faces in each batch, and the batch."""
    supply = Supply(faces(number), CPU)
    for batch in batches(supply, size, NOTHING, Chances.of(0, CPU), seed=seed, part=part):
        yield [round(float(image.mean())) for image in batch.images], batch


def test_every_face_comes_once_an_epoch_with_what_is_known_of_it() -> None:
    seen: list[int] = []
    for numbers, batch in taken(50, 8):
        assert batch.targets[0].argmax(1).tolist() == [number % 2 for number in numbers]
        assert batch.affect is not None
        assert batch.affect[:, 0].tolist() == pytest.approx([number / 100 for number in numbers])
        assert bool(batch.affect[:, 1].isnan().all())
        seen += numbers
    assert sorted(seen) == list(range(50))


def test_the_order_is_the_seeds() -> None:
    one, same, other = ([numbers for numbers, _ in taken(50, 8, seed=seed)] for seed in ((0, 1), (0, 1), (0, 2)))
    assert one == same
    assert one != other
    assert [len(numbers) for numbers in one] == [8] * 6 + [2]


def test_processes_share_every_batch() -> None:
    whole = [numbers for numbers, _ in taken(50, 8)]
    parts = [[numbers for numbers, _ in taken(50, 8, part=(mine, 2))] for mine in (0, 1)]
    for numbers, one, two in zip(whole, *parts, strict=True):
        assert sorted([*one, *two]) == sorted(numbers)
        assert abs(len(one) - len(two)) <= 1


def test_a_rest_without_a_face_for_each_process_is_left_out() -> None:
    assert [[len(numbers) for numbers, _ in taken(9, 8, part=(mine, 2))] for mine in (0, 1)] == [[4], [4]]


def test_a_blend_is_of_two_faces_and_of_their_answers_alike() -> None:
    (_, batch) = next(taken(8, 8))
    after = batch.mixed(0.4, Chances.of(3, CPU))
    levels = [float(image.mean()) for image in batch.images]
    for image, target in zip(after.images, after.targets[0], strict=True):
        assert float(image.std()) == pytest.approx(0, abs=1e-3)
        assert min(levels) <= float(image.mean()) <= max(levels)
        assert float(target.sum()) == pytest.approx(1)
    assert not torch.equal(after.images, batch.images)
    shares = {round(float(value), 4) for value in after.targets[0].flatten()}
    assert len(shares) <= 4  # 0, 1, a share and its rest
    assert after.affect is not None
    assert bool(after.affect[:, 1].isnan().all())
    again = batch.mixed(0.4, Chances.of(3, CPU))
    assert torch.equal(after.images, again.images)


def test_a_share_of_each_target_is_spread_over_all_and_of_nothing_nothing_is() -> None:
    targets = torch.tensor([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 0]])
    after = Batch(torch.zeros(3, 1, 2, 2), [targets]).smoothed(0.2).targets[0]
    assert after.tolist() == [
        pytest.approx([0.85, 0.05, 0.05, 0.05]),
        pytest.approx([0.45, 0.45, 0.05, 0.05]),
        [0.0, 0.0, 0.0, 0.0],
    ]


def test_a_packed_file_is_read_forwards_and_gives_the_same(tmp_path: Path) -> None:
    held = faces(50)
    np.save(tmp_path / "packed.npy", held.images)
    packed = replace(held, images=Rows(Decoded(tmp_path / "packed.npy"), np.arange(50)))
    seen = []
    for ((one, _), _), ((other, _), _) in zip(
        *(Supply(some, CPU).parts(8, seed=(0, 0)) for some in (held, packed)), strict=True
    ):
        numbers = [round(float(image.mean())) for image in other.images]
        assert numbers == sorted(numbers)
        assert other.targets[0].argmax(1).tolist() == [number % 2 for number in numbers]
        assert sorted(numbers) == sorted(round(float(image.mean())) for image in one.images)
        seen += numbers
    assert sorted(seen) == list(range(50))


def test_several_batches_at_once_are_the_same_batches() -> None:
    one, several = Supply(faces(50), CPU), Supply(faces(50), CPU)
    several.at_once = 3
    alone, together = (list(batches(supply, 8, NOTHING, Chances.of(0, CPU), seed=(0, 0))) for supply in (one, several))
    assert [len(batch.images) for batch in together] == [8] * 6 + [2]
    for before, after in zip(alone, together, strict=True):
        assert torch.equal(before.images, after.images)
        assert torch.equal(before.targets[0], after.targets[0])
        assert before.affect is not None
        assert after.affect is not None
        assert torch.equal(before.affect[:, 0], after.affect[:, 0])
