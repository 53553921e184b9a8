"""Blur, blocks and a plain colour: what is left of a head, in every layout of a frame."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from making import i420, judged_face, seen_at

from emojicam import assets
from emojicam.stream.choices import Range, Style
from emojicam.stream.drawing.cover import FACE
from emojicam.stream.drawing.obscure import BLOCKS, BLUR, CELLS, PIXELATE, PLAIN, SOLID, Way, mask, plain_yuv, square
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.drawing.place import Place, head
from emojicam.stream.faces.detect import Detector
from emojicam.stream.faces.looks import SURE
from emojicam.stream.i420 import BT601, Colour, Pixels, i420_to_bgr
from emojicam.stream.types import Emotion, Format, Frame, Judged, JudgedFace

WAYS = [BLUR, PIXELATE, SOLID]
STYLES = [Style.BLUR, Style.PIXELATE, Style.SOLID]


def drawn(frame: Frame, style: Style, *faces: JudgedFace, scale: float = 1.0) -> Pixels:
    """The picture with hidden faces, BGR."""
    draw = Overlay(lambda emotion: assets.emojis("classic", emotion), style, disc=assets.DISC, scale=scale)
    return draw(Judged(frame, faces)).frame.bgr()


def noise(width: int = 640, height: int = 480) -> Pixels:
    """Light and dark that no sample of eight keeps."""
    grey = np.random.default_rng(3).integers(0, 256, (height, width, 1), np.uint8)
    return np.repeat(grey, 3, axis=2)


@pytest.fixture(scope="module")
def both() -> Iterator[Detector]:
    """Both nets, with all looks that they can take at a photo."""
    with Detector(Range.AUTO, quiet=True) as loaded:
        yield loaded


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("zoom", "roll"), [(0.35, 0), (0.8, 25), (1.4, -10)])
def test_no_detector_finds_the_face_again(
    both: Detector, portrait: Pixels, style: Style, zoom: float, roll: float
) -> None:
    frame = Frame(0, 0.0, seen_at(portrait, (320, 240), zoom=zoom, roll=roll))
    (face,) = (
        JudgedFace(box=f.box, score=f.score, eyes=f.eyes, roll=f.roll, emotion=Emotion(("fear",), (1.0,)))
        for f in both(frame).faces
    )
    after = replace(frame, pixels=drawn(frame, style, face))
    # Of its size, and there: a helmet below a head without a face may be taken for one.
    again = [
        other
        for other in both(after).faces
        if math.dist(other.middle, face.middle) < face.box[2] and 0.5 < other.box[2] / face.box[2] < 2
    ]
    assert not again
    sights = both.looks.look(after, face), *both.looks.check(after, [face])
    assert all(sight is None or sight.score < SURE for sight in sights)


@pytest.mark.parametrize("style", [Style.BLUR, Style.PIXELATE])
@pytest.mark.parametrize("side", [14, 60, 200, 330])
def test_what_is_finer_than_a_few_samples_across_a_head_has_gone(style: Style, side: float) -> None:
    """Stripes, six and more across the face: they come out as one grey."""
    x = np.arange(640)
    stripes = np.where(np.sin(2 * np.pi * x / (side / 6)) > 0, 255, 0).astype(np.uint8)
    frame = Frame(0, 0.0, np.repeat(np.repeat(stripes[None, :, None], 480, axis=0), 3, axis=2))
    shown = drawn(frame, style, judged_face((320 - side / 2, 240 - side / 2, side, side)))
    half = max(1, round(0.4 * side))
    inside = shown[240 - half : 240 + half, 320 - half : 320 + half].astype(int)
    assert np.ptp(inside) < 130
    assert inside.std() < 40


@pytest.mark.parametrize("side", [9, 40, 101, 260])
def test_there_are_six_blocks_across_a_head_and_all_are_alike(side: float) -> None:
    face = judged_face((320 - side / 2, 240 - side / 2, side, side))
    ramp = np.broadcast_to(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], (480, 640, 3))
    frame = Frame(0, 0.0, (0.8 * ramp + 0.2 * noise()).astype(np.uint8))
    row = drawn(frame, Style.PIXELATE, face)[240, :, 0].astype(int)
    own = round(0.7 * side)
    edges = np.flatnonzero(np.diff(row[320 - own : 320 + own]))
    widths = {int(b - a) for a, b in itertools.pairwise(edges)}
    wanted = 2 * math.ceil(head(face, frame).size / (2 * BLOCKS))
    assert all(width % wanted == 0 for width in widths)  # two neighbours may have one colour by chance
    assert min(widths) == wanted >= side / 8


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_samples_are_never_finer_than_an_eighth_of_a_head(way: Way, scale: float) -> None:
    one = square(Place(200 * scale, (320, 240)), way, scale)
    assert one.side / one.cells >= 200 / CELLS
    assert one.left % 2 == one.top % 2 == one.side % 2 == 0


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
@pytest.mark.parametrize("roll", [0, 40, 180, -75])
@pytest.mark.parametrize("side", [12, 90, 400])
def test_the_face_is_hidden_whole_and_the_mask_ends_with_the_square(way: Way, roll: float, side: float) -> None:
    frame = Frame(0, 0.0, np.zeros((1200, 1200, 3), np.uint8))
    face = judged_face((600 - side / 2, 600 - side / 2, side, side), roll=roll)
    one = square(head(face, frame), way)
    over = mask(one, way, roll)
    assert over.full.shape == (one.side, one.side)
    assert over.half.shape == (one.side // 2, one.side // 2)
    for opaque, k in ((over.full, 1), (over.half, 2)):
        y, x = (np.indices(opaque.shape) + 0.5) * k
        across, along = _turned(x + one.left - 600, y + one.top - 600, -roll)
        inside = (across / (FACE[0] * side)) ** 2 + (along / (FACE[1] * side)) ** 2 <= 1
        assert (opaque[inside] == 255).all()
    assert over.full[0, 0] == over.full[-1, -1] == 0
    if way is BLUR:
        assert len(np.unique(over.full)) > 10  # it fades out
    if way is PIXELATE:
        assert set(np.unique(over.full)) == {0, 255}


def _turned(x: Pixels, y: Pixels, roll: float) -> tuple[Pixels, Pixels]:
    cos, sin = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    return x * cos - y * sin, x * sin + y * cos


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("colour", [BT601, Colour(bt709=True, full=True)])
@pytest.mark.parametrize("place", [(200, 150), (-40, -50), (560, 400)])
def test_all_layouts_come_out_alike(portrait: Pixels, style: Style, colour: Colour, place: tuple[int, int]) -> None:
    smooth = cv2.GaussianBlur(seen_at(portrait), (0, 0), 6)  # so that colours at half the size are no other ones
    planes = i420(np.asarray(smooth, np.uint8))
    frame = Frame(0, 0.0, planes, Format.I420, colour)
    face = judged_face((*place, 140, 140), roll=20)
    one = drawn(frame, style, face)
    other = drawn(Frame(0, 0.0, i420_to_bgr(planes, colour)), style, face)
    difference = np.abs(one.astype(int) - other)
    if style is Style.BLUR:
        assert difference.max() <= 6
    else:  # at the edges of blocks colours at half the size run into each other
        assert np.percentile(difference, 97) <= 4
    assert difference.mean() < 0.6


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("style", STYLES)
def test_beyond_the_border_nothing_is_looked_for(style: Style, form: Format) -> None:
    """A face at a corner, and one outside: in the first case the corner is hidden, in the second nothing changes."""
    bgr = noise()
    frame = Frame(0, 0.0, bgr if form is Format.BGR else i420(bgr), form)
    shown = drawn(frame, style, judged_face((-60, -60, 120, 120))).astype(int)
    before = frame.bgr().astype(int)
    assert np.abs(shown - before)[:40, :40].mean() > 20
    assert (shown == before)[200:, 200:].all()
    assert (drawn(frame, style, judged_face((-900, -900, 120, 120))) == before).all()


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("style", STYLES)
def test_of_a_face_that_is_larger_than_the_picture_nothing_fine_is_left(style: Style, form: Format) -> None:
    bgr = noise(320, 240)
    frame = Frame(0, 0.0, bgr if form is Format.BGR else i420(bgr), form)
    shown = drawn(frame, style, judged_face((-500, -500, 1200, 1100), roll=20))[..., 0].astype(int)
    assert np.abs(np.diff(shown, axis=1)).mean() < 3


@pytest.mark.parametrize("colour", [BT601, Colour(bt709=True), Colour(full=True)])
def test_the_plain_colour_is_one_in_every_kind_of_video(colour: Colour) -> None:
    y, u, v = plain_yuv(colour)
    planes = np.concatenate([np.full((4, 4), y, np.uint8), np.array([[u] * 4, [v] * 4], np.uint8)])
    assert np.abs(i420_to_bgr(planes, colour).astype(int) - PLAIN[::-1]).max() <= 2
    frame = Frame(0, 0.0, i420(noise()), Format.I420, colour)
    shown = drawn(frame, Style.SOLID, judged_face((250, 170, 140, 140)))
    assert np.abs(shown[220:260, 300:340].astype(int) - PLAIN[::-1]).max() <= 2
