"""The picture that `explain` leaves."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from emojicam.export.explain_plot import Explained, explanation

LABELS = ("neutral", "happiness", "fear")


def explained(p: tuple[float, ...], channels: int = 1, heat: int = 0, shown: int = 2) -> Explained:
    """A grey face (or a red one) of which one quarter (0 to 3) is hot."""
    face = np.full((48, 48), 128, np.uint8)
    if channels == 3:
        face = np.dstack([face, np.zeros((48, 48, 2), np.uint8)])
    hot = np.zeros((48, 48), np.float32)
    top, left = 24 * (heat // 2), 24 * (heat % 2)
    hot[top : top + 24, left : left + 24] = 1
    return Explained(face, LABELS, p, (hot,) * shown)


def picture(*faces: Explained) -> Image.Image:
    return Image.open(io.BytesIO(explanation(faces, "me.jpg: where it looked"))).convert("RGB")


@pytest.mark.parametrize(
    ("p", "order"), [((0.2, 0.7, 0.1), [1, 0, 2]), ((0.3, 0.3, 0.4), [2, 0, 1]), ((1.0, 0.0, 0.0), [0, 1, 2])]
)
def test_the_likeliest_comes_first(p: tuple[float, ...], order: list[int]) -> None:
    assert explained(p).order == order


@pytest.mark.parametrize("channels", [1, 3])
def test_each_face_has_a_row(channels: int) -> None:
    one = picture(explained((0.2, 0.7, 0.1), channels))
    three = picture(*[explained((0.2, 0.7, 0.1), channels)] * 3)
    assert one.width == three.width > 800
    assert 2.3 < three.height / one.height < 3.2


def test_a_model_that_knows_one_place_less_has_one_picture_less() -> None:
    assert picture(explained((0.2, 0.7, 0.1), shown=1)).width < picture(explained((0.2, 0.7, 0.1))).width


def test_what_is_hot_shines_where_it_is() -> None:
    left, right = (np.asarray(picture(explained((0.2, 0.7, 0.1), heat=heat))).astype(int) for heat in (0, 1))
    # Where the two differ, one has the hot colour in the left half of its pictures and the other in the right half.
    rows, columns = np.nonzero(np.abs(left - right).max(2) > 40)
    assert len(rows) > 1000
    bright = [shown[rows, columns].sum(1) for shown in (left, right)]
    middle_of = [float(columns[one > other].mean()) for one, other in (bright, bright[::-1])]
    assert middle_of[0] < middle_of[1]


def test_a_face_of_colour_is_shown_in_its_colour() -> None:
    red = np.asarray(picture(explained((0.2, 0.7, 0.1), channels=3)))
    assert ((red[..., 0] == 128) & (red[..., 1] == 0) & (red[..., 2] == 0)).sum() > 10_000
