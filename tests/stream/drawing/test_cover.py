from __future__ import annotations

import numpy as np
import pytest
from making import i420, judged_face

from emojicam import assets
from emojicam.models.card import EMOTIONS
from emojicam.stream.choices import Style
from emojicam.stream.drawing.cover import FINEST, GROUND, grounded, hides_face, hides_head, squared
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Format, Frame, Judged

RED = (255, 0, 0, 255)


def filled(width: int, height: int, rgba: tuple[int, int, int, int] = RED) -> Pixels:
    return np.full((height, width, 4), rgba, np.uint8)


def ring() -> Pixels:
    """Opaque at the rim, clear inside."""
    art = filled(200, 200)
    y, x = np.indices((200, 200)) - 99.5
    art[np.hypot(x, y) < 80] = 0
    return art


def chequered() -> Pixels:
    art = filled(256, 256)
    art[np.indices((256, 256)).sum(0) % 2 == 0] = 0
    return art


def with_a_hole() -> Pixels:
    """One clear pixel, where the chin is."""
    art = filled(128, 128)
    art[100, 64] = 0
    return art


ART = {
    "nothing at all": lambda: filled(64, 64, (0, 0, 0, 0)),
    "nearly nothing": lambda: filled(300, 300, (200, 10, 10, 40)),
    "nearly opaque": lambda: filled(300, 300, (200, 10, 10, 250)),
    "one clear pixel": lambda: filled(1, 1, (0, 0, 0, 0)),
    "one opaque pixel": lambda: filled(1, 1),
    "a line across": lambda: filled(400, 3),
    "a line down": lambda: filled(3, 400),
    "a ring": ring,
    "a chequer": chequered,
    "a hole": with_a_hole,
    "glasses": lambda: np.concatenate([filled(256, 100, (0, 0, 0, 0)), filled(256, 40), filled(256, 116, (0,) * 4)]),
    "a solid square": lambda: filled(128, 128),
}


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("roll", [0, 37, -90, 180])
@pytest.mark.parametrize("kind", ART)
def test_nothing_of_the_face_is_seen_through_any_art(kind: str, roll: float, form: Format) -> None:
    """Over black and over white comes out the same."""
    art = ART[kind]()
    for side in (24, 150, 330):
        face = judged_face((320 - side / 2, 240 - side / 2, side, side), roll=roll)
        draw = Overlay(lambda _: (art,), Style.COVER, disc=1.0)
        shown = []
        for level in (0, 255):
            bgr = np.full((480, 640, 3), level, np.uint8)
            frame = Frame(0, 0.0, bgr if form is Format.BGR else i420(bgr), form)
            shown.append(Frame(0, 0.0, draw(Judged(frame, (face,))).pixels, form).luma)
        y, x = np.indices((480, 640)) + 0.5
        region = np.hypot((x - 320) / (side / 2), (y - 240) / (side / 2)) <= 1
        assert (shown[0] == shown[1])[region].all(), side
        assert not (shown[0] == shown[1])[:5, :5].any()


@pytest.mark.parametrize("kind", ["nothing at all", "a ring", "a line across", "glasses", "a solid square"])
def test_a_face_larger_than_the_picture_leaves_nothing_of_it(kind: str) -> None:
    face = judged_face((-500, -500, 1200, 1100), roll=20)
    draw = Overlay(lambda _: (ART[kind](),), Style.COVER, disc=1.0)
    black, white = (
        draw(Judged(Frame(0, 0.0, np.full((90, 120, 3), level, np.uint8)), (face,))).pixels for level in (0, 255)
    )
    assert (black == white).mean() > 0.995


def test_the_art_lies_on_the_plain_disc() -> None:
    shown = grounded(ART["glasses"](), 1.0)
    assert shown[128, 128].tolist() == list(RED)
    assert shown[200, 128].tolist() == [*GROUND, 255]
    assert shown[0, 0, 3] == 0


def test_a_plain_disc_is_as_smooth_under_a_single_pixel() -> None:
    shown = grounded(filled(1, 1, (0, 0, 0, 0)), 1.0)
    assert shown.shape == (FINEST, FINEST, 4)
    assert hides_head(shown, 1.0)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_our_own_emoji_need_no_disc_under_them(emotion: str) -> None:
    for art in assets.emojis("classic", emotion):
        assert hides_face(art, assets.DISC)
        assert hides_head(art, assets.DISC)


def test_art_that_is_opaque_over_the_face_stays_as_it_is() -> None:
    """A heart's, a cat's outline: what lies around it stays clear."""
    art = filled(512, 512, (0, 0, 0, 0))
    art[40:500, 56:456] = RED
    frame = Frame(0, 0.0, np.full((480, 640, 3), 128, np.uint8))
    draw = Overlay(lambda _: (art,), Style.COVER, disc=1.0, shadow=False)
    shown = draw(Judged(frame, (judged_face((250, 170, 140, 140)),))).pixels
    assert shown[230, 320].tolist() == [0, 0, 255]
    assert (shown[230, [222, 418]] == 128).all()
    assert not (shown == GROUND[::-1]).all(axis=2).any()


def test_a_badge_and_a_label_stay_clear_where_the_art_is() -> None:
    frame = Frame(0, 0.0, np.full((480, 640, 3), 128, np.uint8))
    draw = Overlay(lambda _: (ART["nothing at all"](),), Style.BADGE, disc=1.0)
    assert (draw(Judged(frame, (judged_face((250, 170, 140, 140)),))).pixels == 128).all()


@pytest.mark.parametrize(("width", "height"), [(30, 20), (20, 30), (1, 9), (8, 8)])
def test_a_picture_that_is_not_square_is_laid_into_one(width: int, height: int) -> None:
    square = squared(filled(width, height))
    side = max(width, height)
    assert square.shape == (side, side, 4)
    assert (square[..., 3] == 255).sum() == width * height
    y, x = np.nonzero(square[..., 3])
    assert (int(np.ptp(x)) + 1, int(np.ptp(y)) + 1) == (width, height)
    assert abs(x.mean() - (side - 1) / 2) <= 0.5
    assert abs(y.mean() - (side - 1) / 2) <= 0.5
