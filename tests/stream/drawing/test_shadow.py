"""The shadow under an emoji."""

from __future__ import annotations

import numpy as np
import pytest
from making import i420, judged_face

from emojicam import assets
from emojicam.stream.choices import Style
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.drawing.place import head
from emojicam.stream.drawing.shadow import STEPS, opacity, strength
from emojicam.stream.i420 import BT601, Colour, Pixels
from emojicam.stream.types import Format, Frame, Judged

FACE = judged_face((270, 190, 100, 100))
"""Its disc goes from 242.5 to 397.5 px across, and from 152.5 to 307.5 px down."""


def frame_of(level: int, form: Format = Format.BGR, colour: Colour = BT601) -> Frame:
    bgr = np.full((480, 640, 3), level, np.uint8)
    return Frame(0, 0.0, bgr if form is Format.BGR else i420(bgr), form, colour)


def shown(frame: Frame, *, shadow: bool = True, now: bool = True, style: Style = Style.COVER) -> Pixels:
    draw = Overlay(lambda emotion: assets.emojis("classic", emotion), style, disc=assets.DISC, shadow=shadow)
    return draw(Judged(frame, (FACE,)), shadow=now).frame.bgr()


@pytest.mark.parametrize("form", Format)
def test_a_shadow_falls_down_softly_and_not_far(form: Format) -> None:
    frame = frame_of(200, form)
    taken = 200 - shown(frame)[..., 1].astype(int)
    below = taken[309:340, 320]
    assert below[0] > 30
    assert (np.diff(below) <= 1).all()  # the farther, the fainter
    assert not taken[335:].any()
    assert abs(taken[:150]).max() <= 1  # none above
    assert taken[309:330, 320].sum() > 3 * abs(taken[230, 400:421]).sum()
    assert not taken[:, :215].any()


@pytest.mark.parametrize("form", Format)
def test_on_the_emoji_itself_nothing_changes(form: Format) -> None:
    frame = frame_of(200, form)
    y, x = np.indices((480, 640)) + 0.5
    disc = np.hypot(x - 320, y - 230) < 74
    assert np.array_equal(shown(frame)[disc], shown(frame, shadow=False)[disc])


def test_the_more_light_there_is_the_more_a_shadow_takes() -> None:
    shares = []
    for level in (20, 90, 160, 230):
        frame = frame_of(level)
        shares.append(1 - shown(frame)[311, 320, 1] / level)
    assert shares == sorted(shares)
    assert shares[-1] > 1.5 * shares[0] > 0


@pytest.mark.parametrize("colour", [BT601, Colour(bt709=True, full=True)])
def test_all_layouts_have_the_same_shadow(colour: Colour) -> None:
    planes = frame_of(180, Format.I420, colour)
    one, other = shown(planes).astype(int), shown(Frame(0, 0.0, planes.bgr())).astype(int)
    assert np.abs(one - other)[312:345].max() <= 4


def test_a_shadow_can_be_left_out_for_good_and_for_once() -> None:
    frame = frame_of(200)
    without = shown(frame, shadow=False)
    assert np.array_equal(shown(frame, now=False), without)
    assert (without[312:] == 200).all()
    assert not np.array_equal(shown(frame), without)


@pytest.mark.parametrize("style", [style for style in Style if style is not Style.COVER])
def test_other_styles_have_none(style: Style) -> None:
    frame = frame_of(200)
    assert np.array_equal(shown(frame, style=style), shown(frame, shadow=False, style=style))


def test_its_form_is_that_of_the_art() -> None:
    """A bar that stands on the head: to its right and left there is nothing that casts a shadow."""
    art = np.zeros((256, 256, 4), np.uint8)
    art[:, 32:224] = (250, 0, 0, 255)
    art[246:] = 0
    frame = frame_of(200)
    taken = 200 - Overlay(lambda _: (art,), disc=1.0)(Judged(frame, (FACE,))).pixels[..., 1].astype(int)
    assert taken[304, 320] > 25  # below the bar's end, where a disc would still be
    assert not taken[:, :235].any()


def test_the_light_is_that_below_the_emoji() -> None:
    bgr = np.full((480, 640, 3), 10, np.uint8)
    bgr[270:] = 250
    frame = Frame(0, 0.0, bgr)
    assert strength(bgr, frame, head(FACE, frame)) > 0.9 * STEPS
    assert strength(bgr[::-1], frame, head(FACE, frame)) < 0.1 * STEPS
    assert opacity(0) < opacity(STEPS) < 1


def test_a_face_out_of_the_picture_throws_none_into_it() -> None:
    frame = frame_of(200)
    outside = judged_face((270, 700, 100, 100))
    assert strength(frame.pixels, frame, head(outside, frame)) == 0
    draw = Overlay(lambda emotion: assets.emojis("classic", emotion), disc=assets.DISC)
    assert (draw(Judged(frame, (outside,))).pixels == 200).all()
