from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from emojicam.errors import InputError, UsageError
from emojicam.models import recipe, registry, train
from emojicam.models.card import EMOTIONS, Card
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.data.fer import FER_LABELS
from emojicam.models.distil import Teacher, taught
from emojicam.models.inputs import Normalised


@pytest.fixture
def seven(splits: dict[str, Faces]) -> Faces:
    return splits["train"].by("fer2013")


CPU = torch.device("cpu")


def teacher(*labels: tuple[str, ...], seed: int = 0) -> Teacher:
    """A net that nobody has taught; sharp, so that its answers differ."""
    torch.manual_seed(seed)
    card = Card("mien", labels[0], mean=(128.0,), std=(12.0,))
    net = Normalised(registry.build("mien", sum(map(len, labels))), card).eval()
    return Teacher("t.pt", net, labels, (1, 48, 48))


def says(one: Teacher, faces: Faces) -> dict[str, np.ndarray]:
    """The mean of what it says of a face and of its mirror image, by label."""
    images = torch.from_numpy(np.array(faces.images)).float()
    with torch.inference_mode():
        shares = [one.net(part)[:, : len(one.labels[0])].softmax(1).numpy() for part in (images, images.flip(3))]
    return dict(zip(one.labels[0], ((shares[0] + shares[1]) / 2).T, strict=True))


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_a_target_is_partly_the_teachers_whatever_the_order_of_its_labels(seven: Faces, share: float) -> None:
    one = teacher(FER_LABELS[::-1])
    said = says(one, seven)
    after = taught(seven, [one], share, CPU).answers[0]
    for column, label in enumerate(FER_LABELS):
        wanted = (1 - share) * seven.answers[0].targets[:, column] + share * said[label]
        assert after.targets[:, column] == pytest.approx(wanted, abs=1e-5)
    assert after.targets.sum(1) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(after.majority, seven.answers[0].majority), "what counts as right stays"


def test_several_teachers_have_the_same_say(seven: Faces) -> None:
    two = [teacher(FER_LABELS, seed=seed) for seed in (1, 2)]
    both = taught(seven, two, 1.0, CPU).answers[0].targets
    alone = [taught(seven, [one], 1.0, CPU).answers[0].targets for one in two]
    assert np.abs(alone[0] - alone[1]).max() > 0.01
    assert both == pytest.approx((alone[0] + alone[1]) / 2, abs=1e-5)


def test_a_teacher_of_both_label_sets_teaches_both(splits: dict[str, Faces]) -> None:
    faces = splits["train"]
    both = teacher(EMOTIONS, FER_LABELS)
    after = taught(faces, [both], 1.0, CPU)
    alone = Teacher("8", both.net, (EMOTIONS,), both.shape)
    assert after.answers[0].targets == pytest.approx(taught(faces, [alone], 1.0, CPU).answers[0].targets, abs=1e-5)
    images = torch.from_numpy(np.array(faces.images)).float()
    with torch.inference_mode():
        said = sum(both.net(part)[:, len(EMOTIONS) :].softmax(1).numpy() for part in (images, images.flip(3))) / 2
    order = [FER_LABELS.index(label) for label in faces.answers[1].labels]
    assert after.answers[1].targets == pytest.approx(said[:, order], abs=1e-5)


def test_the_other_label_sets_and_unlabelled_faces_stay(splits: dict[str, Faces]) -> None:
    faces = splits["train"]
    first, second = faces.answers
    empty = replace(first, targets=np.where(np.arange(len(faces))[:, None] < 5, 0, first.targets).astype(np.float32))
    after = taught(replace(faces, answers=(empty, second)), [teacher(EMOTIONS)], 0.5, CPU)
    assert (after.answers[0].targets[:5] == 0).all()
    assert not np.allclose(after.answers[0].targets[5:], first.targets[5:])
    assert after.answers[1] is second


def test_a_teacher_of_something_else_is_refused(seven: Faces) -> None:
    with pytest.raises(InputError, match=r"t\.pt: can't teach anger, disgust"):
        taught(seven, [teacher(EMOTIONS)], 0.5, CPU)
    large = Faces(np.zeros((2, 1, 64, 64), np.uint8), (_two(seven.answers[0]),))
    with pytest.raises(InputError, match="on these faces"):
        taught(large, [teacher(FER_LABELS)], 0.5, CPU)


def _two(answers: Answers) -> Answers:
    return answers.take(np.array([0, 1]))


def test_a_recipe_that_learns_from_a_teacher_wants_one_and_others_none(
    splits: dict[str, Faces], tmp_path: Path
) -> None:
    plan = replace(
        recipe.load("mien"), epochs=1, batch=48, labels="fer2013", align=False, distil=0.0, blend=0.0, decide=False
    )
    one = teacher(FER_LABELS)
    with pytest.raises(UsageError, match="takes no teacher"):
        train.train(plan, splits, tmp_path / "a", version="0", quiet=True, teachers=[one])
    learns = replace(plan, distil=0.5)
    with pytest.raises(UsageError, match="learns from a teacher: --teacher MODEL"):
        train.train(learns, splits, tmp_path / "b", version="0", quiet=True)
    done = train.train(learns, splits, tmp_path / "c", version="0", quiet=True, teachers=[one])
    assert set(done) == {"fer2013", "ferplus"}
    with pytest.raises(ValueError, match="distil is 2, not 0 to 1"):
        replace(plan, distil=2)
