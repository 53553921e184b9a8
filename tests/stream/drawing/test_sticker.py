"""A head cut out: the emoji whole, a white edge around, and clear beyond it."""

from __future__ import annotations

import numpy as np
import pytest
from making import Picture, judged_face

from emojicam import assets
from emojicam.stream.drawing.framing import SIDE, view
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.drawing.sticker import EDGE, MARGIN, around, cut, outline
from emojicam.stream.types import Frame, Judged

BLUE = (200, 60, 20)


def made(box: tuple[float, float, float, float], roll: float = 0.0, *, shadow: bool = False) -> Picture:
    """A sticker out of a blue picture of 640x480, RGBA."""
    picture = np.full((480, 640, 3), BLUE, np.uint8)
    face = judged_face(box, roll=roll)
    frame, faces, inside = view(Frame(0, 0.0, picture), [face], around(face))
    drawn = Overlay(lambda label: assets.emojis("classic", label), disc=assets.DISC)(Judged(frame, faces))
    return cut(drawn.pixels, faces[0], inside, shadow=shadow)


@pytest.mark.parametrize("roll", [0.0, 45.0, -90.0, 180.0])
@pytest.mark.parametrize("width", [20, 100])
def test_the_head_is_opaque_and_all_around_it_is_clear(roll: float, width: int) -> None:
    alpha = made((270, 190, width, width), roll)[..., 3]
    rows, columns = np.nonzero(alpha)
    assert min(rows.min(), columns.min()) >= MARGIN - 4
    assert max(rows.max(), columns.max()) < SIDE - MARGIN + 4
    assert {int(alpha[at]) for at in ((0, 0), (0, -1), (-1, 0), (-1, -1))} == {0}
    assert alpha[SIDE // 2 - 60 : SIDE // 2 + 60, SIDE // 2 - 60 : SIDE // 2 + 60].min() == 255
    assert 0.4 < (alpha == 255).mean() < 0.7


def test_a_white_edge_goes_all_around() -> None:
    rgba = made((270, 190, 100, 100))
    for row in range(60, SIDE - 60, 20):
        seen = np.flatnonzero(rgba[row, :, 3] == 255)
        for inward in (seen, seen[::-1]):
            assert (rgba[row, inward[2 : EDGE - 2], :3] > 250).all()
            assert (rgba[row, inward[2 * EDGE + 4], :3] < 250).any(), "within is the picture"


def test_the_emoji_is_whole_where_the_picture_ends() -> None:
    rgba = made((270, -40, 100, 100))
    unit = SIDE / around(judged_face((270, -40, 100, 100))).side * 100
    assert (rgba[..., 3] == 255).sum() > 3.14 * (0.77 * unit) ** 2
    whole = made((270, 190, 100, 100))
    assert (rgba[..., 3] == 255).sum() < 0.97 * (whole[..., 3] == 255).sum(), "of the hair nothing is known there"


def test_a_shadow_is_soft_and_dark_and_outside() -> None:
    without, shaded = made((270, 190, 100, 100)), made((270, 190, 100, 100), shadow=True)
    added = (without[..., 3] == 0) & (shaded[..., 3] > 0)
    assert added.any()
    assert shaded[added][:, 3].max() < 128, "a GIF, which knows no half, leaves it out"
    assert shaded[added][:, :3].max() < 20
    assert np.array_equal(shaded[without[..., 3] == 255], without[without[..., 3] == 255])


def test_the_outline_has_no_corner() -> None:
    mask = outline(judged_face((200, 190, 110, 110)))
    widths = (mask > 0).sum(axis=1)
    seen = np.flatnonzero(widths)
    inner = widths[seen[12] : seen[-12]]
    assert np.abs(np.diff(inner.astype(int), 2)).max() <= 6


def test_what_stands_out_of_the_head_is_cut_out_too_but_nothing_thin() -> None:
    face = judged_face((270, 190, 100, 100))
    frame, faces, inside = view(Frame(0, 0.0, np.full((480, 640, 3), BLUE, np.uint8)), [face], around(face))
    emoji = np.zeros((SIDE, SIDE), np.uint8)
    emoji[100:400, 60:450] = 255
    emoji[60:160, 40:120] = 255  # an ear
    emoji[300:306, 30:480] = 255  # whiskers
    alpha = cut(frame.pixels, faces[0], inside, emoji=emoji, shadow=False)[..., 3]
    bare = cut(frame.pixels, faces[0], inside, shadow=False)[..., 3]
    assert bare[80, 60] == 0
    assert alpha[80, 60] == 255
    assert (alpha >= bare).all()
    assert alpha[303, 470] == 0
    assert not alpha[[0, 1, -2, -1]].any()
    assert not alpha[:, [0, 1, -2, -1]].any()
