"""Draw what was seen: the emoji over, or beside, each face."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from emojicam.stream.choices import SCALE, SHADOW, STYLE, Style
from emojicam.stream.drawing import obscure, shadow
from emojicam.stream.drawing.degrees import picture
from emojicam.stream.drawing.layout import BADGES, CORE, Layout, Size
from emojicam.stream.drawing.levels import Hidden, Larger, Levels
from emojicam.stream.drawing.place import head
from emojicam.stream.drawing.plate import AT, EMOJI, plate
from emojicam.stream.drawing.sprites import Cache, PlanarSprite, Sprite, fitting, from_rgba, lay, turned
from emojicam.stream.i420 import Pixels, joined, planes
from emojicam.stream.types import Drawn, Format, Frame, Judged, JudgedFace

SIZE_STEP = 1.02
ROLL_STEP = 1.5
"""Sprites are kept by size in steps of 2 % and by roll in steps of 1.5 degrees: less is not seen."""

SHADOW_SIZE_STEP, SHADOW_ROLL_STEP = 1.08, 30
"""The same of shadows, which are soft."""

SHADOW_LEAST = 24
"""Px of an emoji below which its shadow can't be seen."""

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
        scale: float = SCALE,
        shadow: bool = SHADOW,
        larger: Larger | None = None,
    ) -> None:
        """Choose what the emoji look like and where they go.

        Args:
            emoji: Gives one to three pictures of an emotion, from faint to strong: RGBA, uint8 HxWx4 each. Where one is
                clear over a face, a cover has a plain disc under it.
            style: Where the emoji goes.
            disc: Diameter of the part of an emoji that hides what is below, as a share of its width.
            scale: Factor of the usual size.
            shadow: A cover casts a soft shadow.
            larger: Gives a picture in a larger size; without it, it is scaled up.
        """
        self.style = style
        self._emoji, self._disc, self._scale, self._shadow = emoji, disc, scale, shadow
        self._levels = Levels(emoji, disc, larger)
        self._cache: Cache[Any] = Cache()
        self._layout, self._badge_layout = Layout(), Layout(BADGES)
        self._labels: dict[JudgedFace, tuple[Sprite | PlanarSprite, tuple[float, float]]] = {}
        self._badges: dict[JudgedFace, tuple[float, float]] = {}

    def __call__(self, judged: Judged, *, shadow: bool = True) -> Drawn:
        """Draw on a copy of the frame, or on itself if it is spare; one without faces stays as it is.

        Args:
            judged: The frame and its faces.
            shadow: Draw shadows too, if there are to be any: of a picture that is clear in parts they would remain.
        """
        faces = self._to_draw(judged)
        if judged.veiled:
            pixels = blurred(judged.frame)
        elif faces:
            pixels = judged.frame.pixels if judged.frame.is_spare else judged.frame.pixels.copy()
        else:
            return Drawn(judged, judged.frame.pixels)
        labelled = [face for face in faces if self._style(face) is Style.LABEL]
        # One who is left bare has a number as well.
        self._labels = self._labelled(judged.frame, labelled, several=sum(face.confirmed for face in judged.faces) > 1)
        self._badges = self._placed(judged.frame, [face for face in faces if self._style(face) is Style.BADGE])
        for face in reversed(faces):
            style = self._style(face)
            if shadow and self._shadow and style is Style.COVER:
                self._shade(pixels, judged.frame, face)
            draw = getattr(self, style.value)
            draw(pixels, judged.frame, face)
        return Drawn(judged, pixels)

    def _to_draw(self, judged: Judged) -> list[JudgedFace]:
        """The faces that something is drawn over, the topmost first, in the digits that a record holds."""
        known = [face.rounded() for face in judged.faces if face.confirmed and not face.alone]
        # What may be a face is covered, and not told of before that is sure.
        possible = [face.rounded() for face in judged.faces if not (face.confirmed or face.alone)]
        return known + [face for face in possible if self._style(face).hides]

    def _style(self, face: JudgedFace) -> Style:
        return face.style or self.style

    def apart(self, style: Style | None = None) -> Overlay:
        """Give another that draws the same, or the same in another style, for another thread."""
        other = Overlay(self._emoji, style or self.style, disc=self._disc, scale=self._scale, shadow=self._shadow)
        other._levels = self._levels
        return other

    def cover(self, pixels: Pixels, frame: Frame, face: JudgedFace) -> None:
        """Lay the emoji over a face: the whole head is hidden."""
        place = head(face, frame, self._scale)
        hides = Hidden.HEAD if place.whole else Hidden.FACE
        self._put(pixels, frame, face, place.size / self._disc, place.middle, hides)

    def badge(self, pixels: Pixels, frame: Frame, face: JudgedFace) -> None:
        """Lay a smaller emoji beside a face."""
        self._put(pixels, frame, face, self._badge_size(frame, face), self._badges[face], Hidden.NOTHING)

    def label(self, pixels: Pixels, frame: Frame, face: JudgedFace) -> None:
        """Lay a plate with emoji, word and bar beside a face."""
        sprite, (x, y) = self._labels[face]
        tall, wide = sprite.clear.shape
        lay(pixels, frame, sprite, (x, y))
        self._put(pixels, frame, face, EMOJI * tall, (x - wide / 2 + AT * tall, y), Hidden.NOTHING)

    def blur(self, pixels: Pixels, frame: Frame, face: JudgedFace) -> None:
        """Blur a head until only light and colours are left."""
        self._hide(pixels, frame, face, obscure.BLUR)

    def pixelate(self, pixels: Pixels, frame: Frame, face: JudgedFace) -> None:
        """Make a few blocks of a head."""
        self._hide(pixels, frame, face, obscure.PIXELATE)

    def solid(self, pixels: Pixels, frame: Frame, face: JudgedFace) -> None:
        """Lay a plain colour over a head."""
        self._hide(pixels, frame, face, obscure.SOLID)

    def _hide(self, pixels: Pixels, frame: Frame, face: JudgedFace, way: obscure.Way) -> None:
        place = head(face, frame, self._scale)
        square = obscure.square(place, way, self._scale)
        turn = round(face.roll / ROLL_STEP)
        key = way.name, square.side, square.cells, turn, place.whole
        over = self._cache.get(key, lambda: obscure.mask(square, way, turn * ROLL_STEP, whole=place.whole))
        obscure.hide(pixels, frame, square, over, way)

    def _shade(self, pixels: Pixels, frame: Frame, face: JudgedFace) -> None:
        """Lay the shadow of a face's cover."""
        place = head(face, frame, self._scale)
        if place.whole or place.size < SHADOW_LEAST:
            return
        strength = shadow.strength(pixels, frame, place)
        step = round(math.log(place.size / self._disc, SHADOW_SIZE_STEP))
        turn = round(face.roll / SHADOW_ROLL_STEP)
        emotion, degree = face.label, self._degree(face)
        key = ("shadow", emotion, degree, strength, step, turn, frame.format, frame.colour)

        def make() -> Sprite | PlanarSprite:
            size = SHADOW_SIZE_STEP**step
            levels = self._levels(emotion, degree, Hidden.FACE, 0)  # soft: the picture at hand is enough
            return shadow.cast(levels, frame, size, turn * SHADOW_ROLL_STEP, shadow.opacity(strength))

        lay(pixels, frame, self._cache.get(key, make), shadow.middle(place))

    def _badge_size(self, frame: Frame, face: JudgedFace) -> float:
        return min(self._scale * max(0.6 * face.box[3], 28), 0.9 * min(frame.width, frame.height))

    def _placed(self, frame: Frame, faces: Sequence[JudgedFace]) -> dict[JudgedFace, tuple[float, float]]:
        """Find the middle of each face's badge."""
        cores = [CORE * self._badge_size(frame, face) for face in faces]
        sizes = [Size(core, core) for core in cores]
        return dict(zip(faces, self._badge_layout(frame, faces, sizes), strict=True))

    def _labelled(
        self, frame: Frame, faces: Sequence[JudgedFace], *, several: bool
    ) -> dict[JudgedFace, tuple[Sprite | PlanarSprite, tuple[float, float]]]:
        """Make each face's plate, and find its place."""
        plates = [self._plate(frame, face, several * (face.track or place)) for place, face in enumerate(faces, 1)]
        sizes = [Size(*plate.clear.shape[::-1]) for plate in plates]
        return dict(zip(faces, zip(plates, self._layout(frame, faces, sizes), strict=True), strict=True))

    def _plate(self, frame: Frame, face: JudgedFace, number: int) -> Sprite | PlanarSprite:
        tall = min(self._scale * min(max(0.3 * face.box[3], 30), 120), frame.height / 3)
        tall = max(4, 4 * round(tall / 4))
        percent = 5 * round(20 * face.confidence)
        key = ("label", face.label, number, tall, percent, frame.format, frame.colour)
        made: Sprite | PlanarSprite = self._cache.get(
            key, lambda: fitting(from_rgba(plate(face.label, number, tall, percent)), frame)
        )
        return made

    def _put(
        self,
        pixels: Pixels,
        frame: Frame,
        face: JudgedFace,
        size: float,
        middle: tuple[float, float],
        hides: Hidden,
    ) -> None:
        """Lay a face's emoji, turned as the face is, its middle at a place in px."""
        step = round(math.log(max(size, 4), SIZE_STEP))
        turn = round(face.roll / ROLL_STEP)
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
