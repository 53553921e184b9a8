"""A picture of the film of how a net learns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from evaluated import EIGHT, history

from emojicam.export.explain_plot import Explained
from emojicam.export.film_frame import FACE, GAP, HEIGHT, LEFT, MOST, TOP, WIDTH, Watched, film_frame
from emojicam.models.history import History
from emojicam.models.reports.figure import DARK, LIGHT

GREEN, ORANGE = ((0x00, 0x9E, 0x73), (0xD5, 0x5E, 0x00))


def watched(
    answer: int, truth: int, labels: tuple[str, ...] = EIGHT, channels: int = 1, size: int = 48, hot: int = 0
) -> Watched:
    """A grey (or red) face of which the upper or the lower half is hot."""
    face = np.full((size, size), 128, np.uint8)
    p = np.full(len(labels), 0.2 / len(labels))
    p[answer] += 0.8
    heat = np.zeros((size, size), np.float32)
    heat[: size // 2] = 1
    shown = face if channels == 1 else np.dstack([face, np.zeros((size, size, 2), np.uint8)])
    return Watched(Explained(shown, labels, tuple(p), (heat[::-1] if hot else heat,)), truth)


def drawn(*faces: Watched, told: History | None = None) -> npt.NDArray[np.int64]:
    picture = film_frame(faces, told or history(), "mien learns")
    assert (picture.shape, picture.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
    return picture.astype(np.int64)


def share(picture: npt.NDArray[np.int64], colour: tuple[int, int, int]) -> float:
    return float((np.abs(picture - colour).max(2) < 8).mean())


def test_a_right_answer_is_green_and_a_wrong_one_orange() -> None:
    right, wrong = drawn(watched(1, 1)), drawn(watched(1, 2))
    assert share(right, GREEN) > 5 * share(right, ORANGE)
    assert share(wrong, ORANGE) > share(right, ORANGE) + 3e-4


def test_the_face_stands_beside_where_the_net_looks() -> None:
    up, down = drawn(watched(0, 0)), drawn(watched(0, 0, hot=1))
    for picture in (up, down):
        face = picture[TOP + 5 : TOP + FACE - 5, LEFT + 5 : LEFT + FACE - 5]
        assert np.abs(face - 128).max() <= 2
    beside = slice(LEFT + FACE + GAP, LEFT + 2 * FACE + GAP)
    for picture, hotter in ((up, slice(5, 40)), (down, slice(-40, -5))):
        heat = picture[TOP : TOP + FACE, beside, 0]
        assert heat[hotter].mean() > 1.3 * heat[45:-45].min()
        assert heat[hotter].mean() == pytest.approx(max(heat[5:40].mean(), heat[-40:-5].mean()))


@pytest.mark.parametrize("number", [1, 5, MOST])
def test_each_face_has_its_place(number: int) -> None:
    empty, full = drawn(), drawn(*[watched(n % 8, 0) for n in range(number)])
    changed = np.abs(full - empty).max(2) > 8
    assert changed.mean() > 0.01 * number
    assert not changed[:, WIDTH - 290 :].any()  # the curves' part
    assert not changed[: TOP - 2].any()


@pytest.mark.parametrize(
    "labels", [("yes", "no"), ("$x^2$", "\\frac{", "a" * 40), tuple(f"mood {n}" for n in range(20))]
)
@pytest.mark.parametrize(("channels", "size"), [(1, 48), (3, 227)])
def test_any_labels_and_faces_can_be_shown(labels: tuple[str, ...], channels: int, size: int) -> None:
    last = len(labels) - 1
    picture = drawn(watched(0, last, labels, channels, size))
    assert np.abs(picture - drawn()).max() > 100


def test_the_curves_grow_towards_the_last_epoch() -> None:
    rows = [{"epoch": e, "epochs": 10, "train_accuracy": 0.5, "ferplus_validation_accuracy": 0.7} for e in range(1, 11)]
    blue = (0x00, 0x72, 0xB2)
    ends = []
    for epochs in (2, 5, 10):
        told = History(tuple(range(1, epochs + 1)), tuple(rows[:epochs]))
        line = (np.abs(drawn(told=told) - blue).max(2) < 8)[300:620, WIDTH - 250 :]
        ends.append(int(np.nonzero(line.any(0))[0].max()))
    assert ends[0] < ends[1] < ends[2]


def test_a_run_of_one_epoch_and_an_old_log_can_be_shown() -> None:
    one = drawn(told=history(1))
    bare = drawn(told=History((3,), ({"epoch": 3},)))
    assert np.abs(one - bare).max() > 100


def test_a_run_that_ends_after_one_epoch_is_not_said_to_have_two() -> None:
    figures = [drawn(told=History((1,), ({"epoch": 1, "epochs": epochs},))) for epochs in (1, 2)]
    assert np.abs(figures[0] - figures[1]).max() > 100


def test_other_colours_can_be_asked_for() -> None:
    light, dark = (film_frame([watched(0, 0)], history(), "x", theme) for theme in (LIGHT, DARK))
    assert light.mean() > 200 > 80 > dark.mean()
