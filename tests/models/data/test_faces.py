"""A labelled set of faces: chosen from, joined, aligned, and told from other splits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from datafiles import levels, numbered

from emojicam.models.card import Crop
from emojicam.models.data.faces import Answers, Faces, joined, without_twins
from emojicam.models.data.packed import pack
from emojicam.models.data.rows import Rows


def faces(*levels: int) -> Faces:
    images = np.array([np.full((1, 4, 4), level) for level in levels], np.uint8)
    return Faces(images, (answers(len(levels)),))


def answers(count: int) -> Answers:
    targets = np.tile(np.array([1, 0], np.float32), (count, 1))
    return Answers("drawn", ("a", "b"), targets, np.zeros(count, np.int64), "drawn")


def test_training_faces_that_stand_in_another_split_are_dropped() -> None:
    left, dropped = without_twins(faces(1, 2, 3, 3, 4), faces(3), faces(9, 1))
    assert dropped == 3
    assert [int(image[0, 0, 0]) for image in left.images] == [2, 4]


def test_aligned_faces_are_cut_by_their_eyes() -> None:
    from emojicam.models.card import Crop
    from emojicam.stream.faces.align import to_crop

    image = np.zeros((1, 48, 48), np.uint8)
    image[0, 12:15, 9:12] = 255  # a bright spot where the left eye is
    one = Faces(image[None], (answers(1),))
    cut = one.aligned(one.eyes(lambda picture: ((10.0, 13.0), (36.0, 13.0))), to_crop, Crop()).cut()
    y, x = np.unravel_index(int(cut.images[0, 0].argmax()), (48, 48))
    assert abs(x - 15) <= 1
    assert abs(y - 18.4) <= 1


def test_faces_without_eyes_stay_as_they_are() -> None:
    from emojicam.models.card import Crop
    from emojicam.stream.faces.align import to_crop

    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (3, 1, 48, 48), dtype=np.uint8)
    three = Faces(images, (answers(3),))
    assert (three.aligned(three.eyes(lambda picture: None), to_crop, Crop()).cut().images == images).all()


def test_choosing_faces_leaves_the_pictures_in_the_file(tmp_path: Path) -> None:
    splits = pack(numbered(tmp_path, 30), 12, 3, tmp_path / "x")
    train = splits["train"]
    some = train.where(train.majority == 1)
    assert isinstance(some.images, Rows)
    assert levels(some) == [30, 90, 150, 210, 14]
    assert train.where(np.ones(10, bool)) is train
    twice = train.take(np.array([1, 1, 0]))
    assert isinstance(twice.images, Rows)
    assert levels(twice) == [30, 30, 0]
    assert list(twice.majority) == [1, 1, 0]
    together = joined(*splits.values())
    assert isinstance(together.images, Rows)
    assert len(together) == 30
    kept, dropped = without_twins(train, train.take(np.array([2, 5])), splits["test"])
    assert dropped == 2
    assert isinstance(kept.images, Rows)
    assert len(kept) == 8


def test_valence_and_arousal_stay_with_their_faces() -> None:
    affect = np.array([[0, 1], [np.nan, np.nan], [0.5, -0.5]], np.float32)
    targets = np.array([[1, 0], [0, 0], [0, 1]], np.float32)
    answers = Answers("drawn", ("a", "b"), targets, np.array([0, -1, 1]), "drawn")
    faces = Faces(np.zeros((3, 1, 4, 4), np.uint8), (answers,), affect=affect)
    known = faces.by("drawn")
    assert known.affect is not None
    assert known.affect.tolist() == [[0, 1], [0.5, -0.5]]
    with pytest.raises(ValueError, match="valence and arousal are"):
        replace(faces, affect=affect[:2])

    with pytest.raises(ValueError, match="a choice of 2 among 3 faces"):
        faces.where(np.ones(2, bool))
    together = joined(faces, replace(faces, affect=None))
    assert together.affect is not None
    assert np.isnan(together.affect[[1, 3, 4, 5]]).all()
    assert list(together.majority) == [0, -1, 1, 0, -1, 1]
    assert joined(faces, faces.take(np.array([0]))).images.shape == (4, 1, 4, 4)
    with pytest.raises(ValueError, match="different label sets"):
        joined(faces, replace(faces, answers=(replace(answers, name="other"),)))


def test_a_digest_is_of_the_pictures_in_their_order(tmp_path: Path) -> None:
    assert faces(1, 2).digest() == faces(1, 2).digest()
    assert len({faces(1, 2).digest(), faces(2, 1).digest(), faces(1).digest(), faces(1, 2, 2).digest()}) == 4
    train = pack(numbered(tmp_path, 6), 12, 3, tmp_path / "x")["train"]
    assert replace(train, images=train.images[:]).digest() == train.digest()


def test_eyes_are_looked_for_in_grey(tmp_path: Path) -> None:
    faces = pack(numbered(tmp_path, 3), 12, 3, tmp_path / "x")["validation"]
    seen: list[npt.NDArray[np.uint8]] = []
    aligned = faces.aligned(faces.eyes(lambda grey: seen.append(grey)), lambda eyes, crop: np.eye(2, 3), Crop())
    assert seen[0].shape == (12, 12)
    assert abs(int(seen[0][0, 0]) - (0.299 * 10 + 0.587 * 20 + 0.114 * 30)) < 1
    assert aligned.matrices is not None
    assert (aligned.cut().images == faces.images[:]).all()


def test_answers_get_other_labels_by_their_meaning() -> None:
    targets = np.array([[1, 0, 0], [0, 0.75, 0.25], [0, 0, 1], [0, 0, 0]], np.float32)
    given = Answers("mine", ("anger", "bored", "happiness"), targets, np.array([0, 1, 2, -1]), "drawn")
    other = given.called(("Happy", "neutral", "angry"))
    assert other.labels == ("Happy", "neutral", "angry")
    assert other.majority.tolist() == [2, -1, 0, -1]
    assert other.targets.tolist() == [[0, 0, 1], [0.25, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert given.called(given.labels) is given
