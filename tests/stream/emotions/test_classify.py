from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from making import i420, seen_at
from onnxfiles import CARD, write_model

from emojicam import models
from emojicam.errors import UsageError
from emojicam.models.card import EMOTIONS, Decision
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.faces.detect import Detector
from emojicam.stream.i420 import Colour, Pixels
from emojicam.stream.types import Face, Format, Frame, Seen


@pytest.fixture(scope="module")
def mien() -> Classifier:
    return Classifier(models.model_file(models.DEFAULT))


def faces_of(portrait: Pixels) -> npt.NDArray[np.uint8]:
    """Crops that differ: patches of the portrait and noise."""
    grey = cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY)
    patches = [grey[y : y + 48, x : x + 48] for y, x in ((90, 190), (100, 200), (0, 0), (300, 300), (120, 60))]
    noise = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)
    return np.stack([*patches, *noise])[:, None]


# --- the shipped model ---


def test_probabilities_are_a_distribution_over_the_emotions(mien: Classifier, portrait: Pixels) -> None:
    answer = mien.probabilities(faces_of(portrait))
    assert mien.card.labels == EMOTIONS
    assert answer.shape == (7, 8)
    assert answer.dtype == np.float32
    assert (answer >= 0).all()
    assert answer.sum(1) == pytest.approx(1, abs=1e-5)
    assert np.ptp(answer, axis=0).max() > 0.1, "all faces get the same answer"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_batch_is_judged_as_one_by_one(mien: Classifier, portrait: Pixels, size: int) -> None:
    faces = faces_of(portrait)[:size]
    alone = np.concatenate([mien.probabilities(faces[i : i + 1]) for i in range(size)])
    assert mien.probabilities(faces) == pytest.approx(alone, abs=1e-5)


def test_no_faces_are_no_answers(mien: Classifier, portrait: Pixels) -> None:
    assert mien.probabilities(np.zeros((0, 1, 48, 48), np.uint8)).shape == (0, 8)
    assert mien(Seen(Frame(0, 0.0, portrait), ())).faces == ()


@pytest.mark.parametrize("roll", [0, 25])
@pytest.mark.parametrize("name", models.names())
def test_the_smiling_portrait_is_happy(name: str, detector: Detector, portrait: Pixels, roll: float) -> None:
    classifier = Classifier(models.model_file(name))
    seen = detector(Frame(0, 0.0, seen_at(portrait, roll=roll)))
    (face,) = classifier(seen).faces
    assert face.emotion.label == "happiness"
    assert face.emotion.confidence > 0.6
    assert sum(face.emotion.p) == pytest.approx(1, abs=1e-5)
    assert (face.box, face.eyes, face.roll, face.score) == (
        *(seen.faces[0].box, seen.faces[0].eyes),
        *(seen.faces[0].roll, seen.faces[0].score),
    )


def test_two_models_ship_with_their_figures_and_the_one_for_comparison_has_fer2013s_labels() -> None:
    cards = {name: Classifier(models.model_file(name)).card for name in models.names()}
    assert list(cards) == [models.DEFAULT, "mien-fer2013"]
    assert all(card.recipe == name and card.metrics["test_accuracy"] > 0.7 for name, card in cards.items())
    assert set(cards["mien-fer2013"].labels) == set(EMOTIONS) - {"contempt"}


def test_several_faces_keep_their_order_and_track(mien: Classifier, detector: Detector, portrait: Pixels) -> None:
    frame = Frame(0, 0.0, seen_at(portrait))
    (face,) = detector(frame).faces
    elsewhere = replace(face, eyes=((20.0, 400.0), (60.0, 400.0)), track=2)
    judged = mien(Seen(frame, (replace(face, track=1), elsewhere)))
    back = mien(Seen(frame, (elsewhere, replace(face, track=1))))
    assert [f.track for f in judged.faces] == [1, 2]
    assert judged.faces[0].emotion.p == pytest.approx(back.faces[1].emotion.p, abs=1e-5)
    assert judged.faces[0].emotion.p != pytest.approx(judged.faces[1].emotion.p, abs=1e-2)


def test_the_range_of_a_videos_levels_makes_no_difference(
    mien: Classifier, detector: Detector, portrait: Pixels
) -> None:
    bgr = seen_at(portrait)
    limited = i420(bgr)
    full = limited.copy()
    grey = np.clip((limited[:480].astype(np.float32) - 16) * (255 / 219), 0, 255)
    full[:480] = np.rint(grey)
    frames = [
        Frame(0, 0.0, bgr),
        Frame(0, 0.0, limited, Format.I420, Colour(full=False)),
        Frame(0, 0.0, full, Format.I420, Colour(full=True)),
    ]
    faces = detector(frames[0]).faces
    cuts = [mien.cut(frame, faces).astype(int) for frame in frames]
    assert np.abs(cuts[1] - cuts[0]).max() <= 3
    assert np.abs(cuts[2] - cuts[0]).max() <= 3
    photo, *videos = (np.array(mien(Seen(frame, faces)).faces[0].emotion.p) for frame in frames)
    for video in videos:
        assert np.abs(video - photo).max() < 0.05


@pytest.mark.parametrize(
    ("faces", "got"),
    [
        (np.zeros((1, 1, 48, 48), np.float32), "float32 1x1x48x48"),
        (np.zeros((1, 48, 48), np.uint8), "uint8 1x48x48"),
        (np.zeros((2, 3, 48, 48), np.uint8), "uint8 2x3x48x48"),
        (np.zeros((2, 48, 48, 1), np.uint8), "uint8 2x48x48x1"),
        (np.zeros((2, 1, 48, 47), np.uint8), "uint8 2x1x48x47"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_faces_of_another_shape_or_type_are_refused(mien: Classifier, faces: npt.NDArray[np.uint8], got: str) -> None:
    with pytest.raises(ValueError, match=f"^faces are uint8 Nx1x48x48, not {got}$"):
        mien.probabilities(faces)


# --- models in general ---


def face_in(middle: tuple[float, float]) -> Face:
    x, y = middle
    return Face(box=(x - 10, y - 10, 20, 20), score=1.0, eyes=((x - 5, y), (x + 5, y)), roll=0.0)


def test_a_model_brings_its_own_labels_and_crop(tmp_path: Path) -> None:
    classify = Classifier(write_model(tmp_path / "m.onnx"))
    assert classify.card == CARD
    picture = np.full((60, 120, 3), 20, np.uint8)
    picture[:, 60:] = 230
    judged = classify(Seen(Frame(0, 0.0, picture), (face_in((30, 30)), face_in((90, 30)))))
    assert [face.emotion.label for face in judged.faces] == ["dark", "bright"]


def test_a_cut_and_a_fade_are_handed_on_with_or_without_faces(tmp_path: Path) -> None:
    classify = Classifier(write_model(tmp_path / "m.onnx"))
    frame = Frame(0, 0.0, np.full((60, 120, 3), 20, np.uint8))
    faces = (face_in((30, 30)),)
    seen = [Seen(frame, faces, faded=0.5), Seen(frame, (), faded=0.0), Seen(frame, faces, cut=True), Seen(frame, faces)]
    found = [(judged.cut, judged.faded) for judged in classify.many(seen)]
    assert found == [(False, 0.5), (False, 0.0), (True, None), (False, None)]
    assert [len(judged.faces) for judged in classify.many(seen)] == [1, 0, 1, 1]


@pytest.mark.parametrize("form", Format)
def test_a_colour_model_gets_red_first(tmp_path: Path, form: Format) -> None:
    card = replace(CARD, channels=3, mean=(0.0,) * 3, std=(1.0,) * 3)
    classify = Classifier(write_model(tmp_path / "m.onnx", card, shape=("batch", 3, 12, 12)))
    for bgr, label in (((10, 10, 250), "bright"), ((250, 250, 10), "dark")):
        picture = np.full((60, 60, 3), bgr, np.uint8)
        frame = Frame(0, 0.0, picture if form is Format.BGR else i420(picture), form)
        (face,) = classify(Seen(frame, (face_in((30, 30)),))).faces
        assert face.emotion.label == label
        cut = classify.cut(frame, (face,))
        assert cut.shape == (1, 3, 12, 12)
        assert np.abs(cut[0, :, 6, 6].astype(int) - bgr[::-1]).max() <= 4


# --- models that decide ---


def deciding(path: Path) -> Path:
    return write_model(path, CARD.deciding(Decision((0.5, 0.5))), outputs=2)


def test_a_decision_is_followed_less_far_or_farther(tmp_path: Path) -> None:
    picture = np.full((60, 60, 3), 128, np.uint8)  # by half a level brighter than dark
    seen = Seen(Frame(0, 0.0, picture), (face_in((30, 30)),))
    odds = []
    for expressive in (0.0, 0.5, 1.0):
        classify = Classifier(deciding(tmp_path / "m.onnx"), expressive=expressive)
        cut = classify.cut(seen.frame, seen.faces)
        assert classify.probabilities(cut)[0, 0] == pytest.approx(1 / (1 + np.exp(-0.5)), abs=0.01)  # as it is
        bright, dark = classify(seen).faces[0].emotion.p
        odds.append(np.log(bright / dark))
    assert odds == pytest.approx([0.25, 0.5, 0.75], abs=0.01)


def test_a_model_that_decides_nothing_is_not_told_to_decide_otherwise(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.onnx")
    assert Classifier(path, expressive=0.5).card == CARD
    with pytest.raises(UsageError, match=r"^--expressive 0\.8: m\.onnx makes no decision that it could change$"):
        Classifier(path, expressive=0.8)
