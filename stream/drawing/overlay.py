"""Draw what was seen: the emoji over, or beside, each face."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from emojicam.stream.choices import STYLE, Style
from emojicam.stream.drawing.cover import COVER_RISE, COVER_SIZE, squared
from emojicam.stream.drawing.degrees import picture
from emojicam.stream.drawing.levels import Hidden, Larger, Levels
from emojicam.stream.drawing.sprites import Cache, PlanarSprite, Sprite, fitting, from_rgba, lay, turned
from emojicam.stream.i420 import Pixels, joined, planes
from emojicam.stream.types import Drawn, Format, Frame, Judged, JudgedFace

LARGER = 1.04
"""Factor by which a disc that covers a whole picture is larger than it: its border is soft, its size rounded."""
SIZE_STEP = 1.02
ROLL_STEP = 1.5
"""Sprites are kept by size in steps of 2 % and by roll in steps of 1.5 degrees: less is not seen."""


VEIL = 16
"""Number of squares along a veiled frame's longer side, each of nearly one colour: a face is a handful of them."""


class Overlay:
    """Draws every face of a judged frame, the nearest on top."""

    def __init__(
        self,
        emoji: Callable[[str], Sequence[Pixels]],
        style: Style = STYLE,
        *,
        disc: float,
        larger: Larger | None = None,
    ) -> None:
        """Choose what the emoji look like and where they go.

        Args:
            emoji: Gives one to three pictures of an emotion, from faint to strong: RGBA, uint8 HxWx4 each. Where one is
                clear over a face, a cover has a plain disc under it.
            style: Where the emoji goes.
            disc: Diameter of the part of an emoji that hides what is below, as a share of its width.
            larger: Gives a picture in a larger size; without it, it is scaled up.
        """
        self.style = style
        self._emoji, self._disc = emoji, disc
        self._levels = Levels(emoji, disc, larger)
        self._cache: Cache[Sprite | PlanarSprite] = Cache()

    def __call__(self, judged: Judged) -> Drawn:
        """Draw on a copy of the frame, or on itself if it is spare; one without faces stays as it is."""
        faces = self._to_draw(judged)
        if judged.veiled:
            pixels = blurred(judged.frame)
        elif faces:
            pixels = judged.frame.pixels if judged.frame.is_spare else judged.frame.pixels.copy()
        else:
            return Drawn(judged, judged.frame.pixels)
        for face in reversed(faces):
            draw = getattr(self, self._style(face).value)
            draw(pixels, judged.frame, face)
        return Drawn(judged, pixels)

    def _to_draw(self, judged: Judged) -> list[JudgedFace]:
        """The faces that something is drawn over, the topmost first, in the digits that a record holds."""
        known = [face.rounded() for face in judged.faces if face.confirmed and not face.alone]
        # What may be a face is covered, and not told of before that is sure.
        possible = [face.rounded() for face in judged.faces if not (face.confirmed or face.alone)]
        return known + [face for face in possible if self._style(face) is Style.COVER]

    def _style(self, face: JudgedFace) -> Style:
        return face.style or self.style

    def apart(self, style: Style | None = None) -> Overlay:
        """Give another that draws the same, or the same in another style, for another thread."""
        other = Overlay(self._emoji, style or self.style, disc=self._disc)
        other._levels = self._levels
        return other

    def cover(self, pixels: Pixels, frame: Frame, face: JudgedFace) -> None:
        """Lay the emoji over a face: the whole head is hidden."""
        _, _, width, height = face.box
        x, y = face.middle
        size = COVER_SIZE * max(width, height) / self._disc
        angle = math.radians(face.roll)
        rise = COVER_RISE * height
        middle = (x + rise * math.sin(angle), y - rise * math.cos(angle))
        whole = LARGER * math.hypot(frame.width, frame.height) / self._disc
        hides = Hidden.FACE
        if size > whole:  # nothing is larger than the picture
            size = whole
            if face.within(frame) > 0:  # all of it is covered
                middle, hides = (frame.width / 2, frame.height / 2), Hidden.HEAD
        self._put(pixels, frame, face, size, face.roll, middle, hides)

    def badge(self, pixels: Pixels, frame: Frame, face: JudgedFace) -> None:
        """Lay a smaller emoji beside a face."""
        left, top, width, height = face.box
        size = min(max(0.6 * height, 28), 0.9 * min(frame.width, frame.height))
        # To the right of the forehead; to its left where the picture ends.
        x = left + width + 0.35 * size
        if x + size / 2 > frame.width:
            x = left - 0.35 * size
        y = top - 0.05 * height
        x = min(max(x, size / 2), frame.width - size / 2)
        y = min(max(y, size / 2), frame.height - size / 2)
        self._put(pixels, frame, face, size, 0, (x, y), Hidden.NOTHING)

    def label(self, pixels: Pixels, frame: Frame, face: JudgedFace) -> None:
        """Lay a plate with emoji, word and bar above a face."""
        _, top, _, height = face.box
        tall = min(max(0.3 * height, 30), 120, frame.height / 3)
        tall = max(4, 4 * round(tall / 4))
        percent = 5 * round(20 * face.confidence)
        degree = self._degree(face)
        key = ("label", face.label, degree, tall, percent, frame.format, frame.colour)
        sprite = self._cache.get(key, lambda: fitting(from_rgba(self._plate(face.label, degree, tall, percent)), frame))
        wide = (sprite.clear).shape[1]
        x = min(max(face.middle[0], wide / 2), max(wide / 2, frame.width - wide / 2))
        # Above the hairline; below the chin where there is no room.
        y = top - 0.3 * height - tall / 2
        if y < tall / 2:
            y = min(top + 1.08 * height + tall / 2, frame.height - tall / 2)
        lay(pixels, frame, sprite, (x, y))

    def _plate(self, emotion: str, degree: int, tall: int, percent: int) -> Pixels:
        """Draw emoji, word and bar on a dark rounded plate: uint8 `tall` x W x 4, RGBA."""
        k = 4  # drawn larger, then reduced: Pillow's shapes have hard edges
        font = ImageFont.load_default(size=0.42 * tall * k)
        word = emotion
        wide = int(font.getlength(word)) + int(1.5 * tall * k)
        plate = Image.new("RGBA", (wide, tall * k), (24, 22, 34, 0))
        draw = ImageDraw.Draw(plate)
        draw.rounded_rectangle((0, 0, wide - 1, tall * k - 1), radius=tall * k / 2, fill=(24, 22, 34, 215))
        x0, x1 = 1.08 * tall * k, wide - 0.42 * tall * k
        draw.text((x0, 0.38 * tall * k), word, font=font, anchor="lm", fill=(255, 255, 255, 255))
        y0, y1 = 0.70 * tall * k, 0.82 * tall * k
        draw.rounded_rectangle((x0, y0, x1, y1), radius=(y1 - y0) / 2, fill=(255, 255, 255, 70))
        end = x0 + (x1 - x0) * percent / 100
        if end - x0 > y1 - y0:
            draw.rounded_rectangle((x0, y0, end, y1), radius=(y1 - y0) / 2, fill=(255, 205, 70, 255))
        small = plate.resize((wide // k, tall), Image.Resampling.LANCZOS)
        side = round(0.9 * tall)
        face = Image.fromarray(squared(self._emoji(emotion)[degree])).resize((side, side), Image.Resampling.LANCZOS)
        small.alpha_composite(face, (round(0.05 * tall), round(0.05 * tall)))
        return np.asarray(small)

    def _put(
        self,
        pixels: Pixels,
        frame: Frame,
        face: JudgedFace,
        size: float,
        roll: float,
        middle: tuple[float, float],
        hides: Hidden,
    ) -> None:
        step = round(math.log(max(size, 4), SIZE_STEP))
        turn = round(roll / ROLL_STEP)
        emotion, degree = face.label, self._degree(face)
        key = (emotion, degree, step, turn, hides, frame.format, frame.colour)

        def make() -> Sprite:
            levels = self._levels(emotion, degree, hides, SIZE_STEP**step)
            return turned(levels, SIZE_STEP**step, turn * ROLL_STEP)

        lay(pixels, frame, self._cache.get(key, lambda: fitting(make(), frame)), middle)

    def _degree(self, face: JudgedFace) -> int:
        """The number of the picture, of those that there are of the face's emotion."""
        return picture(face.drawn, len(self._emoji(face.label)))


def blurred(frame: Frame) -> Pixels:
    """Blur a copy of a frame until only light and colours are left."""
    if frame.format is Format.BGR:
        return _smeared(frame.pixels)
    y, u, v = planes(frame.pixels)
    return joined(_smeared(y), _smeared(u), _smeared(v))


def _smeared(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    side = max(1, max(height, width) // VEIL)
    small = cv2.resize(picture, (max(1, width // side), max(1, height // side)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
