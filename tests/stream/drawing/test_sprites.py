from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from emojicam.stream.drawing.sprites import (
    Cache,
    Sprite,
    blend,
    blend_planar,
    fitting,
    from_rgba,
    lay,
    planar,
    pyramid,
    turned,
)
from emojicam.stream.i420 import Colour, Pixels, i420_to_bgr
from emojicam.stream.types import Format, Frame

SPACES = [Colour(bt709, full) for bt709 in (False, True) for full in (False, True)]
COLOURS = [(255, 205, 70), (20, 40, 200), (255, 255, 255), (0, 0, 0), (230, 30, 60), (90, 180, 20)]
"""RGB."""


def disc(rgb: tuple[int, int, int], size: int = 256, share: float = 248 / 256) -> Pixels:
    """A disc with a soft edge, RGBA with straight alpha; its corners are clear and black."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    alpha = np.clip(share * size / 2 - np.hypot(x, y) + 0.5, 0, 1)
    picture = np.zeros((size, size, 4), np.uint8)
    picture[..., :3] = np.where(alpha[..., None] > 0, rgb, 0)
    picture[..., 3] = np.rint(255 * alpha)
    return picture


def filled(rgba: tuple[int, int, int, int], width: int = 20, height: int = 14) -> Sprite:
    return from_rgba(np.full((height, width, 4), rgba, np.uint8))


def noise(*shape: int) -> Pixels:
    return np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)


def planes(pixels: Pixels) -> list[Pixels]:
    """Y, U and V of an I420 picture, not copied."""
    rows, width = pixels.shape
    height = rows * 2 // 3
    chroma = pixels[height:].reshape(2, height // 2, width // 2)
    return [pixels[:height], chroma[0], chroma[1]]


def of_colour(bgr: tuple[int, int, int], colour: Colour, width: int, height: int) -> Pixels:
    """An I420 picture of one colour, by the definition of the colour space and not by the code under test."""
    kr, kb = (0.2126, 0.0722) if colour.bt709 else (0.299, 0.114)
    b, g, r = (value / 255 for value in bgr)
    y = kr * r + (1 - kr - kb) * g + kb * b
    u, v = (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
    levels = (255 * y, 128 + 255 * u, 128 + 255 * v) if colour.full else (16 + 219 * y, 128 + 224 * u, 128 + 224 * v)
    pixels = np.empty((height * 3 // 2, width), np.uint8)
    for plane, level in zip(planes(pixels), levels, strict=True):
        plane[:] = round(min(level, 255))
    return pixels


@pytest.mark.parametrize("rgb", COLOURS)
def test_an_opaque_sprite_puts_exactly_its_colour(rgb: tuple[int, int, int]) -> None:
    picture = noise(30, 40, 3)
    before = picture.copy()
    blend(picture, filled((*rgb, 255)), 5, 6)
    assert (picture[6:20, 5:25] == rgb[::-1]).all()
    before[6:20, 5:25] = rgb[::-1]
    assert np.array_equal(picture, before), "something around the sprite changed"


@pytest.mark.parametrize("colour", SPACES, ids=str)
def test_a_clear_sprite_leaves_every_bit_of_the_frame(colour: Colour) -> None:
    picture, video = noise(30, 40, 3), noise(45, 40)
    before, before_video = picture.copy(), video.copy()
    clear = filled((200, 100, 50, 0))
    blend(picture, clear, 5, 6)
    blend_planar(video, planar(clear, colour), 4, 6)
    assert np.array_equal(picture, before)
    assert np.array_equal(video, before_video)


@pytest.mark.parametrize("alpha", [1, 64, 128, 200, 254])
def test_a_half_transparent_sprite_mixes_by_its_alpha(alpha: int) -> None:
    rgb = (250, 120, 0)
    picture = noise(30, 40, 3)
    wanted = picture.astype(float)
    part = np.s_[6:20, 5:25]
    wanted[part] = wanted[part] * (1 - alpha / 255) + np.array(rgb[::-1]) * alpha / 255
    blend(picture, filled((*rgb, alpha)), 5, 6)
    assert np.abs(picture - wanted).max() <= 1


@pytest.mark.parametrize("rgb", COLOURS)
@pytest.mark.parametrize("colour", SPACES, ids=str)
def test_an_emoji_in_a_video_has_its_own_colour(colour: Colour, rgb: tuple[int, int, int]) -> None:
    video = noise(180, 160)
    emoji = turned(pyramid(disc(rgb)), 100, 20)
    lay(video, Frame(0, 0.0, video, Format.I420, colour), planar(emoji, colour), (80, 60))
    shown = i420_to_bgr(video, colour)
    y, x = np.indices((120, 160))
    within = np.hypot(x - 80, y - 60) < 44
    assert np.abs(shown[within].astype(int) - rgb[::-1]).max() <= 3


@pytest.mark.parametrize("alpha", [64, 128, 230])
@pytest.mark.parametrize("colour", SPACES, ids=str)
def test_transparency_mixes_in_a_video_as_in_a_photo(colour: Colour, alpha: int) -> None:
    ground, rgb = (200, 90, 40), (60, 200, 120)
    video = of_colour(ground, colour, 40, 32)
    blend_planar(video, planar(filled((*rgb, alpha)), colour), 4, 6)
    wanted = np.array(ground) * (1 - alpha / 255) + np.array(rgb[::-1]) * alpha / 255
    assert np.abs(i420_to_bgr(video, colour)[8:18, 6:22] - wanted).max() <= 4


@pytest.mark.parametrize("rgb", COLOURS)
@pytest.mark.parametrize("roll", [0, 33])
def test_the_edge_has_no_fringe(rgb: tuple[int, int, int], roll: float) -> None:
    """A disc over a ground of its own colour can't be seen."""
    emoji = turned(pyramid(disc(rgb)), 61, roll)
    bgr = rgb[::-1]
    picture = np.full((90, 90, 3), bgr, np.uint8)
    blend(picture, emoji, 0, 0)
    assert np.abs(picture.astype(int) - bgr).max() <= 2
    for colour in SPACES:
        video = of_colour((bgr[0], bgr[1], bgr[2]), colour, 90, 90)
        before = video.copy()
        blend_planar(video, planar(emoji, colour), 0, 0)
        assert np.abs(video.astype(int) - before).max() <= 2


PLACES = list(itertools.product((-40, -20, -18, -6, 0, 10, 30, 38, 40, 60), (-30, -14, -12, -2, 0, 8, 20, 30, 32, 44)))
"""Left and top of a sprite of 20x14 px in a picture of 40x32 px: within, over each border and corner, and outside."""


def test_what_reaches_over_a_border_is_cut_off() -> None:
    sprite = from_rgba(noise(14, 20, 4))
    for left, top in [*PLACES, (39, 31), (-19, -13), (-19, 3), (39, 5), (7, -13), (7, 31)]:
        picture, roomy = noise(32, 40, 3), np.zeros((32 + 200, 40 + 200, 3), np.uint8)
        roomy[100:132, 100:140] = picture
        blend(picture, sprite, left, top)
        blend(roomy, sprite, left + 100, top + 100)
        assert np.array_equal(picture, roomy[100:132, 100:140]), (left, top)


def test_what_reaches_over_a_border_of_a_video_is_cut_off() -> None:
    sprite = planar(from_rgba(noise(14, 20, 4)), Colour())
    for left, top in PLACES:
        video, roomy = noise(48, 40), np.zeros(((32 + 200) * 3 // 2, 40 + 200), np.uint8)
        parts = [np.s_[100:132, 100:140], np.s_[50:66, 50:70], np.s_[50:66, 50:70]]
        for plane, small, part in zip(planes(roomy), planes(video), parts, strict=True):
            plane[part] = small
        blend_planar(video, sprite, left, top)
        blend_planar(roomy, sprite, left + 100, top + 100)
        for plane, small, part in zip(planes(roomy), planes(video), parts, strict=True):
            assert np.array_equal(small, plane[part]), (left, top)


@pytest.mark.parametrize("size", [10, 47.3, 256, 300])
def test_a_turned_picture_keeps_its_size(size: float) -> None:
    levels = pyramid(disc((255, 205, 70), share=1.0))
    for roll in (0, 17, 90, -45, 180):
        alpha = (255 - turned(levels, size, roll).clear.astype(float)) / 255
        assert alpha.shape[0] == alpha.shape[1]
        assert alpha.shape[0] % 2 == 0
        # The covered area tells the diameter finer than any row of pixels.
        assert 2 * np.sqrt(alpha.sum() / np.pi) == pytest.approx(size, abs=0.6)
        y, x = np.indices(alpha.shape)
        middle = (alpha.shape[0] - 1) / 2
        assert (x * alpha).sum() / alpha.sum() == pytest.approx(middle, abs=0.1)
        assert (y * alpha).sum() / alpha.sum() == pytest.approx(middle, abs=0.1)


def centre_of(weight: npt.NDArray[np.uint8]) -> complex:
    y, x = np.indices(weight.shape) - (weight.shape[0] - 1) / 2
    total = float(weight.astype(float).sum())
    return complex(float((x * weight).sum()) / total, float((y * weight).sum()) / total)


@pytest.mark.parametrize(("roll", "way"), [(0, -1j), (90, 1), (180, 1j), (-90, -1), (45, 0.7071 - 0.7071j)])
def test_roll_turns_clockwise(roll: float, way: complex) -> None:
    """A red dot at the top goes to the right at 90 degrees."""
    picture = disc((0, 0, 255))
    cv2.circle(picture, (128, 40), 16, (255, 0, 0, 255), -1)
    at = centre_of(turned(pyramid(picture), 100, roll).colour[..., 2])
    assert abs(at / abs(at) - way) < 0.05
    assert abs(at) == pytest.approx(88 * 100 / 256, abs=1)


def test_a_picture_holds_its_corners_at_any_turn() -> None:
    square = np.full((64, 64, 4), 255, np.uint8)
    for roll in range(0, 90, 5):
        covered = (255 - turned(pyramid(square), 40, roll).clear.astype(float)).sum() / 255
        assert covered == pytest.approx(1600, rel=0.01)


def test_a_sprite_for_a_face_that_fills_a_large_photo_has_no_seams() -> None:
    ramp = np.full((64, 64, 4), 255, np.uint8)
    ramp[..., :3] = (4 * np.arange(64))[:, None, None]
    sprite = turned(pyramid(ramp), 2600, 0)
    middle = sprite.clear.shape[0] // 2
    inside = slice(middle - 1250, middle + 1250)  # the edge is as soft as the source's pixels are large
    assert (sprite.clear[inside, inside] == 0).all()
    column = sprite.colour[inside, middle, 0].astype(int)
    assert set(np.diff(column)) <= {0, 1}
    assert column[-1] - column[0] > 235
    video = planar(sprite, Colour(full=True))
    assert video.y.shape == sprite.clear.shape
    assert np.array_equal(video.y[:, middle], sprite.colour[:, middle, 0])
    assert (video.u[inside.start // 2 : inside.stop // 2, middle // 2] == 128).all()


def test_a_much_smaller_picture_is_averaged_not_sampled() -> None:
    picture = np.full((256, 256, 4), 255, np.uint8)
    picture[..., :3] = (255 * (np.indices((256, 256)).sum(0) % 2))[..., None]
    small = turned(pyramid(picture), 30, 10)
    solid = small.colour[small.clear == 0].astype(float)
    assert len(solid) > 500
    assert np.abs(solid - 127.5).max() <= 2


@pytest.mark.parametrize("side", [(13, 21), (14, 21), (13, 20)])
def test_a_sprite_for_video_has_even_sides_and_nothing_in_what_was_added(side: tuple[int, int]) -> None:
    sprite = planar(from_rgba(np.full((*side, 4), 255, np.uint8)), Colour())
    height, width = sprite.y.shape
    assert (height, width) == (side[0] + side[0] % 2, side[1] + side[1] % 2)
    assert sprite.u.shape == sprite.v.shape == sprite.clear_half.shape == (height // 2, width // 2)
    assert (sprite.clear[side[0] :] == 255).all()
    assert (sprite.clear[:, side[1] :] == 255).all()
    assert (sprite.y[:, side[1] :] == 0).all()


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("middle", [(30.0, 20.0), (33.4, 17.0), (31.0, 21.7)])
def test_lay_puts_the_middle_where_it_is_wanted(form: Format, middle: tuple[float, float]) -> None:
    pixels = np.zeros((48, 64, 3) if form is Format.BGR else (72, 64), np.uint8)
    if form is Format.I420:
        pixels[:48] = 16
    frame = Frame(0, 0.0, pixels, form)
    lay(pixels, frame, fitting(filled((255, 255, 255, 255), 20, 14), frame), middle)
    y, x = np.nonzero(frame.luma > 128)
    assert (int(np.ptp(x)) + 1, int(np.ptp(y)) + 1) == (20, 14)
    # In a video sprites lie on even pixels.
    within = 0.5 if form is Format.BGR else 1.0
    assert x.mean() + 0.5 == pytest.approx(middle[0], abs=within)
    assert y.mean() + 0.5 == pytest.approx(middle[1], abs=within)


@dataclass
class Maker:
    """Makes sprites of 10x10 px (400 bytes) and counts how often."""

    made: list[str] = field(default_factory=list)

    def get(self, cache: Cache, key: str) -> object:
        def make() -> Sprite:
            self.made.append(key)
            return filled((1, 2, 3, 255), 10, 10)

        return cache.get(key, make)


def test_a_cache_makes_a_sprite_once() -> None:
    cache, maker = Cache(), Maker()
    assert maker.get(cache, "a") is maker.get(cache, "a")
    assert maker.get(cache, "b") is not maker.get(cache, "a")
    assert maker.made == ["a", "b"]


def test_a_full_cache_throws_away_what_was_not_used_for_longest() -> None:
    cache, maker = Cache(3 * 400), Maker()
    for key in "abc":
        maker.get(cache, key)
    maker.get(cache, "a")
    maker.get(cache, "d")  # "b" has to go
    assert maker.made == list("abcd")
    for key in "acd":
        maker.get(cache, key)
    assert maker.made == list("abcd")
    maker.get(cache, "b")
    assert maker.made == list("abcdb")


def test_a_sprite_larger_than_the_cache_is_still_given() -> None:
    small = Maker()
    room = small.get(Cache(), "x").bytes
    cache, maker = Cache(room - 1), Maker()
    maker.get(cache, "a")
    maker.get(cache, "a")
    assert maker.made == list("aa")
    assert not cache._kept  # nor does it push out what is there


def test_sprites_tell_how_many_bytes_they_take() -> None:
    sprite = filled((1, 2, 3, 255), 10, 10)
    assert sprite.bytes == 400
    assert planar(sprite, Colour()).bytes == 100 + 100 + 3 * 25
