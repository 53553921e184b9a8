"""Plates for what is said on a live picture: words or a number on a dark, rounded ground, and how they fade."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from emojicam.stream.drawing.sprites import Sprite, from_rgba
from emojicam.stream.i420 import as_pixels
from emojicam.stream.live.words import FINER, INK, font_of

GROUND = (20, 21, 27, 205)
"""Colour of a plate, RGBA."""

ACCENT = (255, 205, 70, 255)
"""Colour of what is to be seen first, RGBA: the emoji's yellow."""

SHADES = 8
"""Steps in which a plate fades."""


def plate(text: str, size: int, widest: int) -> Sprite:
    """Draw a line on a plate; one that would be too wide gets smaller letters.

    Args:
        text: One line.
        size: Height of the font in px.
        widest: Px that the plate has at most.
    """
    font = font_of(FINER * size)
    around = 1.6 * size
    size = max(6, min(size, int(size * widest / (font.getlength(text) / FINER + around))))
    font = font_of(FINER * size)
    tall = round(1.9 * size)
    wide = min(round(font.getlength(text) / FINER + 1.6 * size), widest)
    image, draw = blank(wide, tall, tall / 2, FINER)
    draw.text((FINER * wide / 2, FINER * tall * 0.47), text, font=font, anchor="mm", fill=INK)
    return reduced(image, FINER)


def disc(text: str, side: int) -> Sprite:
    """Draw a number on a round plate.

    Args:
        text: A digit or two.
        side: Px of its diameter.
    """
    image, draw = blank(side, side, side / 2, FINER)
    middle = FINER * side / 2
    draw.text((middle, middle), text, font=font_of(round(0.62 * FINER * side)), anchor="mm", fill=ACCENT)
    return reduced(image, FINER)


def blank(wide: int, tall: int, radius: float, k: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Begin an empty plate.

    Args:
        wide: Its width in px.
        tall: Its height in px.
        radius: Px of its corners.
        k: Factor by which it is drawn larger, then reduced: Pillow's shapes have hard edges.

    Returns:
        The picture, RGBA, and what draws on it; both in px that are `k` times as fine.
    """
    image = Image.new("RGBA", (k * wide, k * tall), (*GROUND[:3], 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, k * wide - 1, k * tall - 1), radius=k * radius, fill=GROUND)
    return image, draw


def reduced(image: Image.Image, k: int) -> Sprite:
    """Finish a plate that was drawn `k` times as large."""
    return from_rgba(np.asarray(image.reduce(k)))


def faded(sprite: Sprite, strength: float) -> Sprite:
    """Make a sprite fainter.

    Args:
        sprite: What is to fade.
        strength: From 0, when it can't be seen, to 1, as it is.
    """
    if strength >= 1:
        return sprite
    clear = np.rint(255 - (255 - sprite.clear.astype(np.float32)) * strength)
    return Sprite(as_pixels(np.rint(sprite.colour * strength).astype(np.uint8)), as_pixels(clear.astype(np.uint8)))
