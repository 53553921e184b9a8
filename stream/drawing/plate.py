"""The picture of a label: a plate in the emotion's colour, with a word, a bar, and a number where faces are several."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from emojicam.stream.drawing.colours import DARK, colour_of, ink_of, rgb
from emojicam.stream.i420 import Pixels

LARGER = 4
"""Factor by which a plate is drawn larger, then reduced: Pillow's shapes have hard edges."""

EMOJI = 0.84
"""Side of the emoji on a plate, in heights of the plate."""

AT = 0.5
"""Distance of the emoji's middle from the plate's left end, in its heights."""

LETTERS, WORDS_AT, END = 0.42, 1.06, 0.42
"""Size of the letters, where they begin, and what is left at the plate's end, in its heights."""


def plate(emotion: str, number: int, tall: int, percent: int) -> Pixels:
    """Draw a plate, with room for the emoji at its left end.

    Args:
        emotion: The word.
        number: The face's number, or 0 where it needs none.
        tall: The plate's height in px.
        percent: Length of the bar.

    Returns:
        uint8 HxWx4, RGBA; H is `tall`.
    """
    k = LARGER * tall
    font = ImageFont.load_default(size=LETTERS * k)
    word = f"{number}  {emotion}" if number else emotion
    wide = LARGER * round((font.getlength(word) + (WORDS_AT + END) * k) / LARGER)
    ground, ink = rgb(colour_of(emotion)), rgb(ink_of(emotion))
    image = Image.new("RGBA", (wide, k), (*rgb(DARK), 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, wide - 1, k - 1), radius=k / 2, fill=(*rgb(DARK), 150))
    edge = max(LARGER, round(0.03 * k))
    inner = (edge, edge, wide - 1 - edge, k - 1 - edge)
    draw.rounded_rectangle(inner, radius=k / 2 - edge, fill=(*ground, 255))
    draw.text((WORDS_AT * k, 0.40 * k), word, font=font, anchor="lm", fill=(*ink, 255))
    _bar(draw, (WORDS_AT * k, 0.71 * k, wide - END * k, 0.81 * k), percent / 100, _mixed(ground, ink), ink)
    return np.asarray(image.resize((wide // LARGER, tall), Image.Resampling.BOX))


def _bar(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    share: float,
    ground: tuple[int, ...],
    ink: tuple[int, ...],
) -> None:
    left, top, right, bottom = box
    radius = (bottom - top) / 2
    draw.rounded_rectangle(box, radius=radius, fill=(*ground, 255))
    if (right - left) * share > 2 * radius:
        draw.rounded_rectangle((left, top, left + (right - left) * share, bottom), radius=radius, fill=(*ink, 255))


def _mixed(ground: tuple[int, ...], ink: tuple[int, ...]) -> tuple[int, ...]:
    """A quarter of the ink on the ground."""
    return tuple(round(0.75 * one + 0.25 * other) for one, other in zip(ground, ink, strict=True))
