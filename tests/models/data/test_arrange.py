"""What a recipe asks of a data set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emojicam.errors import UsageError
from emojicam.models import recipe
from emojicam.models.data.arrange import arrange
from emojicam.models.data.faces import Faces


def test_oversampling_after_the_split_leaves_the_test_alone_and_before_it_leaks(splits: dict[str, Faces]) -> None:
    uneven = {name: faces.where(faces.majority % 3 != 1) for name, faces in splits.items()}
    honest = arrange(uneven, replace(recipe.load("balanced"), labels="ferplus", balance_to=20))
    counts = np.bincount(honest["train"].majority)
    assert set(counts[counts > 0]) == {20}
    assert len(honest["test"]) == len(uneven["test"])
    leaking = arrange(uneven, replace(recipe.load("balanced-leaking"), labels="ferplus", balance_to=20))
    train_set = {image.tobytes() for image in leaking["train"].images}
    assert any(image.tobytes() in train_set for image in leaking["test"].images)


def plan(**changes: object) -> recipe.Recipe:
    return replace(recipe.load("cnn3"), **{"labels": "ferplus", **changes})  # type: ignore[arg-type]


def test_labels_that_are_asked_for_come_first_and_others_only_where_they_are_learnt(splits: dict[str, Faces]) -> None:
    alone = arrange(splits, plan(labels="fer2013", second=0.0))
    assert [[given.name for given in faces.answers] for faces in alone.values()] == [["fer2013"]] * 3
    both = arrange(splits, plan(labels="fer2013", second=0.5))
    assert [given.name for given in both["train"].answers] == ["fer2013", "ferplus"]
    with pytest.raises(UsageError, match="the data set has no labels 'rafdb'; it has ferplus, fer2013"):
        arrange(splits, plan(labels="rafdb"))


def test_only_some_emotions_are_kept_with_labels_for_these_alone(splits: dict[str, Faces]) -> None:
    kept = arrange(splits, plan(keep=("fear", "happiness")))
    for name, faces in kept.items():
        before = splits[name]
        assert faces.labels == ("fear", "happiness")
        wanted = [before.labels[k] for k in before.majority if before.labels[k] in faces.labels]
        assert [faces.labels[k] for k in faces.majority] == wanted
        assert faces.answers[0].targets.sum(1) == pytest.approx(1)
    with pytest.raises(UsageError, match="no label is called joy; there are: neutral, happiness"):
        arrange(splits, plan(keep=("joy", "fear")))


def test_a_random_split_shares_all_faces_or_the_training_faces_alone(splits: dict[str, Faces]) -> None:
    for pool, number in (("all", 144), ("train", 96)):
        done = arrange(splits, plan(split="random", pool=pool, shares=(0.5, 0.25, 0.25)))
        assert [len(faces) for faces in done.values()] == [number // 2, number // 4, number // 4]
        seen = [image.tobytes() for faces in done.values() for image in faces.images]
        there = [image.tobytes() for name in ("train", "validation", "test") for image in splits[name].images]
        assert sorted(seen) == sorted(there[:number])


def test_published_splits_stay_as_they_are(splits: dict[str, Faces]) -> None:
    done = arrange(splits, plan())
    for name, faces in done.items():
        assert np.array_equal(faces.images, splits[name].images)


def test_a_share_of_the_training_faces_is_drawn_of_each_class_alike_and_the_rest_stays_whole(
    splits: dict[str, Faces],
) -> None:
    done = arrange(splits, plan(share=0.5))
    assert np.bincount(done["train"].majority).tolist() == (np.bincount(splits["train"].majority) // 2).tolist()
    assert (len(done["validation"]), len(done["test"])) == (len(splits["validation"]), len(splits["test"]))
    again, other = arrange(splits, plan(share=0.5)), arrange(splits, plan(share=0.5, seed=2))
    assert np.array_equal(done["train"].images, again["train"].images)
    assert not np.array_equal(done["train"].images, other["train"].images)
    balanced = arrange(splits, plan(share=0.5, balance="oversample", balance_to=20))
    assert set(np.bincount(balanced["train"].majority)) == {20}
