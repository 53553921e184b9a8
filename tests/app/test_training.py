"""Models measured and data sets aligned: the parts of training, put together."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from making import Picture
from netfiles import checkpoint
from PIL import Image
from runs import PLAN, short_run

from emojicam.errors import ModelError
from emojicam.export.to_onnx import export
from emojicam.models.card import EMOTIONS, Card, Crop, Decision
from emojicam.models.checkpoint import save
from emojicam.models.data.faces import Faces
from emojicam.models.data.fer import FER_LABELS
from emojicam.models.data.listing import one_class_each
from emojicam.models.data.nouns import noun_of
from emojicam.stream.faces.detect import Detector
from emojicam.training import (
    SAMPLE_EYES,
    aligned,
    check_shape,
    cost,
    draw_curves,
    evaluation,
    eyes_of,
    opened,
    sample_faces,
)


def test_twins_are_told_by_the_pictures_as_the_data_set_has_them(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = short_run(splits, tmp_path, replace(PLAN, epochs=1))
    save(done, tmp_path / "best.pt")
    validation, test = splits["validation"], splits["test"]
    images = np.concatenate([np.asarray(test.images[:5]), np.asarray(validation.images[5:])])
    copied = splits | {"validation": replace(validation, images=images)}
    cut = replace(test, images=255 - np.asarray(test.images))
    report = evaluation(str(tmp_path / "best.pt"), copied | {"test": cut}, "test", None, "drawn", uncut=test)
    assert report.variants["without faces that stand in another split"].faces == len(test) - 5


def deciding(path: Path, tau: float) -> Path:
    """A checkpoint with random weights, which takes back a prior in which hardly anybody is neutral."""
    made = checkpoint("mien", 8)
    decision = Decision((0.001, *[0.14] * 7), tau=tau)
    save(replace(made, card=replace(made.card, labels=EMOTIONS).deciding(decision)), path)
    return path


def test_a_model_that_decides_is_measured_with_its_decision_and_without(
    splits: dict[str, Faces], tmp_path: Path
) -> None:
    calm, lively = deciding(tmp_path / "calm.pt", 0.0), deciding(tmp_path / "lively.pt", 2.0)
    report = evaluation(str(lively), splits, "test", None, "drawn")
    plain = report.variants["without the decision"]
    before = evaluation(str(calm), splits, "test", None, "drawn").figures
    assert np.array_equal(plain.confusion, before.confusion)
    assert report.figures.answered[0] > plain.answered[0]
    both = evaluation(str(lively), splits, "test", None, "drawn", others=[str(calm)])
    names = ["without the decision", f"{lively} alone", f"{lively} alone, without the decision", f"{calm} alone"]
    assert list(both.variants)[:4] == names
    assert np.array_equal(both.variants[names[0]].confusion, plain.confusion)
    assert np.array_equal(both.variants[names[1]].confusion, report.figures.confusion)
    assert both.figures.answered[0] > plain.answered[0]


def test_the_report_says_what_the_epoch_was_chosen_by(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = short_run(splits, tmp_path, replace(PLAN, epochs=1, choose="loss"))
    assert done.card.choose == "loss"
    assert evaluation(str(tmp_path / "best.pt"), splits, "test", None, "drawn").choose == "loss"


def test_valence_and_arousal_are_measured_by_checkpoint_and_file_alike(
    splits: dict[str, Faces], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    known = {
        name: replace(faces, affect=rng.uniform(-1, 1, (len(faces), 2)).astype(np.float32))
        for name, faces in splits.items()
    }
    done = short_run(known, tmp_path, replace(PLAN, epochs=1, affect=1.0))
    export(done, tmp_path / "net.onnx")
    one, two = (
        evaluation(str(tmp_path / name), known, "test", None, "drawn").affect for name in ("best.pt", "net.onnx")
    )
    assert one is not None
    assert two is not None
    assert one.valence.faces == len(known["test"])
    assert one.valence.rmse == pytest.approx(two.valence.rmse, abs=1e-4)


def test_the_eyes_of_a_small_grey_face_are_found_where_they_are(detector: Detector, portrait: Picture) -> None:
    grey = np.asarray(cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY), np.uint8)
    side = 48
    left, top, size = 160, 45, 130  # the face, as data sets cut it
    small = np.asarray(cv2.resize(grey[top : top + size, left : left + size], (side, side)), np.uint8)
    found = eyes_of(detector, small)
    assert found is not None
    for eye, (x, y) in zip(found, SAMPLE_EYES, strict=True):
        assert eye == pytest.approx(((x - left) * side / size, (y - top) * side / size), abs=3)
    assert eyes_of(detector, np.full((side, side), 128, np.uint8)) is None


def test_a_data_set_is_aligned_as_the_stream_would_cut_it(portrait: Picture, tmp_path: Path) -> None:
    grey = np.asarray(cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY), np.uint8)
    face = cv2.resize(grey[45:175, 160:290], (48, 48))
    images = np.stack([np.asarray(face, np.uint8), np.full((48, 48), 90, np.uint8)])[:, None]
    answers = one_class_each("drawn", ("a", "b"), [0, 1], "drawn")
    done = aligned(Faces(images, (answers,)), quiet=True, cache=tmp_path)
    assert done.matrices is not None
    assert done.matrices[1] == pytest.approx(np.eye(2, 3))  # nobody is seen there
    eyes = [np.array([(x - 160) * 48 / 130, (y - 45) * 48 / 130, 1]) for x, y in SAMPLE_EYES]
    for eye, place in zip(eyes, (Crop().left_eye, Crop().right_eye), strict=True):
        assert done.matrices[0] @ eye == pytest.approx(place, abs=3)
    # Once found, eyes are kept: those of these pictures, in this order.
    (path,) = tmp_path.iterdir()
    np.savez(tmp_path / "moved.npz", eyes=np.array([[[10.0, 10], [20, 10]], [[np.nan] * 2] * 2]))
    (tmp_path / "moved.npz").replace(path)
    moved = aligned(Faces(images, (answers,)), quiet=True, cache=tmp_path).matrices
    assert moved is not None
    assert moved[0] @ np.array([10, 10, 1]) == pytest.approx(Crop().left_eye, abs=0.1)
    again = aligned(Faces(images[::-1], (answers,)), quiet=True, cache=tmp_path).matrices
    assert again is not None
    assert again[::-1] == pytest.approx(done.matrices)


@pytest.mark.parametrize(("channels", "size"), [(1, 48), (3, 64)])
def test_faces_of_the_sample_are_cut_as_a_card_says_and_differ(channels: int, size: int) -> None:
    card = Card("any", ("a", "b"), channels, Crop().at(size), mean=(0.0,) * channels, std=(1.0,) * channels)
    faces = sample_faces(card, 5)
    assert (faces.shape, faces.dtype) == ((5, channels, size, size), np.uint8)
    assert len({face.tobytes() for face in faces}) == 5
    assert np.array_equal(faces, sample_faces(card, 5))
    if channels == 3:  # RGB: skin is red before it is blue
        assert faces[:, 0].mean() > faces[:, 2].mean() + 10


def test_a_model_is_refused_on_faces_or_labels_that_it_does_not_know(splits: dict[str, Faces], tmp_path: Path) -> None:
    card = Card("mien", EMOTIONS, crop=Crop().at(64))
    with pytest.raises(ModelError, match=r"net: takes faces of \(1, 64, 64\); the data set has \(1, 48, 48\)"):
        check_shape(card, splits["test"], Path("net"))
    check_shape(Card("mien", EMOTIONS), splits["test"], Path("net"))
    other = splits["test"].by("fer2013")
    with pytest.raises(ModelError, match=r"mien\.onnx: knows neutral, happiness.*the data set has anger, disgust"):
        opened("mien").answers(other)


def relabelled(faces: Faces, labels: Sequence[str]) -> Faces:
    """Faces whose labels stand in another order, and are called otherwise."""
    given = faces.by("ferplus").answers[0]
    places = [EMOTIONS.index(noun_of(label)) for label in labels]
    new = np.full(len(EMOTIONS) + 1, -1)
    new[places] = range(len(places))
    answers = replace(given, labels=tuple(labels), targets=given.targets[:, places], majority=new[given.majority])
    return replace(faces.by("ferplus"), answers=(answers,))


OTHERS = ("Sad", "0_Angry", "happy", "surprised", "contempt", "NEUTRAL", "fearful", "disgusted")


@pytest.mark.parametrize("labels", [OTHERS, OTHERS[::-1]])
def test_labels_in_another_order_and_of_another_name_are_found(
    labels: Sequence[str], splits: dict[str, Faces], capfd: pytest.CaptureFixture[str]
) -> None:
    wanted = evaluation("mien", splits, "test", "ferplus", "drawn").figures
    other = {name: relabelled(faces, labels) for name, faces in splits.items()}
    figures = evaluation("mien", other, "test", None, "drawn").figures
    assert figures.labels == EMOTIONS
    assert np.array_equal(figures.confusion, wanted.confusion)
    assert figures.log_loss == pytest.approx(wanted.log_loss)
    assert capfd.readouterr().err == ""


def test_a_label_that_the_data_lack_is_told(splits: dict[str, Faces], capfd: pytest.CaptureFixture[str]) -> None:
    some = {name: relabelled(faces, OTHERS[:4]).with_majority() for name, faces in splits.items()}
    report = evaluation("mien", some, "test", None, "drawn")
    assert report.figures.faces == len(some["test"]) == 12
    assert report.figures.support.tolist() == [0, 3, 3, 3, 3, 0, 0, 0]
    assert capfd.readouterr().err == "emojicam: drawn: the data set has no neutral, disgust, fear, contempt\n"


def test_faces_of_what_a_model_does_not_know_are_refused_with_their_number(splits: dict[str, Faces]) -> None:
    given = splits["test"].by("ferplus").answers[0]
    bored = replace(given, labels=tuple("bored" if label == "fear" else label for label in given.labels))
    faces = replace(splits["test"].by("ferplus"), answers=(bored,))
    with pytest.raises(ModelError, match=r"the data set has neutral.*; not known: bored \(3 faces\): leave those out"):
        evaluation("mien", {"test": faces}, "test", None, "drawn")
    without = faces.where(bored.majority != given.labels.index("fear"))
    assert evaluation("mien", {"test": without}, "test", None, "drawn").figures.faces == 21


def test_without_two_labels_in_common_a_model_is_refused(splits: dict[str, Faces]) -> None:
    given = splits["test"].by("ferplus").answers[0]
    strange = replace(given, labels=("neutral", *(f"mood {number}" for number in range(7))))
    with pytest.raises(ModelError, match=r"mien: knows neutral, happiness.*the data set has neutral, mood 0"):
        evaluation("mien", {"test": replace(splits["test"].by("ferplus"), answers=(strange,))}, "test", None, "drawn")


def test_what_a_model_loses_is_told_on_the_labels_that_it_knows(splits: dict[str, Faces], tmp_path: Path) -> None:
    made = checkpoint("mien", 7)
    path = tmp_path / "seven.pt"
    save(replace(made, card=replace(made.card, labels=FER_LABELS)), path)
    told = cost(path, path, splits["test"])
    assert told is not None
    before, after, number = told
    assert before == after
    assert number == len(splits["test"])
    assert cost(path, path, splits["test"].by("ferplus")) is None


def test_curves_are_drawn_of_a_run_that_still_goes_on(tmp_path: Path) -> None:
    row = {"epoch": 1, "train_loss": 2.0, "ferplus_validation_accuracy": 0.5, "ferplus_validation_loss": 1.5}
    (tmp_path / "metrics.jsonl").write_text(json.dumps(row) + "\n")
    draw_curves(tmp_path, "accuracy")
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.width > 900
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.png", "metrics.jsonl"]


def test_without_torch_it_is_said_early() -> None:
    for name in ("torch", "onnx"):
        program = (
            f"import sys; sys.modules[{name!r}] = None\nfrom emojicam.training import need_torch\n"
            "try: need_torch()\nexcept ImportError as error: print(error, error.exit_code)"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout == 'torch is not installed: pip install "emojicam[train]" 4\n'
