from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from emojicam.errors import InputError, UsageError
from emojicam.models import evaluate, recipe, registry, train
from emojicam.models.card import EMOTIONS, Card
from emojicam.models.checkpoint import Checkpoint, save
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.data.fer import FER_LABELS
from emojicam.models.distil import taught


@pytest.fixture
def seven(splits: dict[str, Faces]) -> Faces:
    return splits["train"].by("fer2013")


def teacher(path: Path, labels: tuple[str, ...], seed: int = 0) -> Path:
    torch.manual_seed(seed)
    card = Card("mien", labels, mean=(128.0,), std=(64.0,), temperature=0.2)
    save(Checkpoint(card, registry.build("mien", len(labels))), path)
    return path


def says(path: Path, faces: Faces) -> dict[str, np.ndarray]:
    """The mean of what it says of a face and of its mirror image, by label."""
    from emojicam.models.checkpoint import load

    found = load(path)
    images = np.asarray(faces.images)
    answers = [evaluate.answers_of(found.net, found.card, part)[0] for part in (images, images[..., ::-1].copy())]
    shares = [np.exp(one) / np.exp(one).sum(1, keepdims=True) for one in answers]
    return dict(zip(found.card.labels, ((shares[0] + shares[1]) / 2).T, strict=True))


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_a_target_is_partly_the_teachers_whatever_the_order_of_its_labels(
    seven: Faces, tmp_path: Path, share: float
) -> None:
    path = teacher(tmp_path / "t.pt", FER_LABELS[::-1])
    said = says(path, seven)
    after = taught(seven, [path], share).answers[0]
    for column, label in enumerate(FER_LABELS):
        wanted = (1 - share) * seven.answers[0].targets[:, column] + share * said[label]
        assert after.targets[:, column] == pytest.approx(wanted, abs=1e-5)
    assert after.targets.sum(1) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(after.majority, seven.answers[0].majority), "what counts as right stays"


def test_several_teachers_have_the_same_say(seven: Faces, tmp_path: Path) -> None:
    paths = [teacher(tmp_path / f"{seed}.pt", FER_LABELS, seed) for seed in (1, 2)]
    both = taught(seven, paths, 1.0).answers[0].targets
    alone = [taught(seven, [path], 1.0).answers[0].targets for path in paths]
    assert np.abs(alone[0] - alone[1]).max() > 0.01
    assert both == pytest.approx((alone[0] + alone[1]) / 2, abs=1e-5)


def test_the_other_label_sets_and_unlabelled_faces_stay(splits: dict[str, Faces], tmp_path: Path) -> None:
    faces = splits["train"]
    first, second = faces.answers
    empty = replace(first, targets=np.where(np.arange(len(faces))[:, None] < 5, 0, first.targets).astype(np.float32))
    after = taught(replace(faces, answers=(empty, second)), [teacher(tmp_path / "t.pt", EMOTIONS)], 0.5)
    assert (after.answers[0].targets[:5] == 0).all()
    assert not np.allclose(after.answers[0].targets[5:], first.targets[5:])
    assert after.answers[1] is second


def test_a_teacher_of_something_else_is_refused(seven: Faces, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t\.pt: can't teach anger, disgust"):
        taught(seven, [teacher(tmp_path / "t.pt", EMOTIONS)], 0.5)
    with pytest.raises(UsageError, match="no such checkpoint"):
        taught(seven, [tmp_path / "none.pt"], 0.5)
    large = Faces(np.zeros((2, 1, 64, 64), np.uint8), (_two(seven.answers[0]),))
    with pytest.raises(InputError, match="on these faces"):
        taught(large, [teacher(tmp_path / "t.pt", FER_LABELS)], 0.5)


def _two(answers: Answers) -> Answers:
    return answers.take(np.array([0, 1]))


def test_a_recipe_that_learns_from_a_teacher_wants_one_and_others_none(
    splits: dict[str, Faces], tmp_path: Path
) -> None:
    plan = replace(recipe.load("mien"), epochs=1, batch=48, labels="fer2013", align=False)
    path = teacher(tmp_path / "t.pt", FER_LABELS)
    with pytest.raises(UsageError, match="takes no teacher"):
        train.train(plan, splits, tmp_path / "a", version="0", quiet=True, teachers=[path])
    learns = replace(plan, distil=0.5)
    with pytest.raises(UsageError, match="learns from a teacher: --teacher FILE"):
        train.train(learns, splits, tmp_path / "b", version="0", quiet=True)
    done = train.train(learns, splits, tmp_path / "c", version="0", quiet=True, teachers=[path])
    assert set(done) == {"fer2013", "ferplus"}
    with pytest.raises(ValueError, match="distil is 2, not 0 to 1"):
        replace(plan, distil=2)
