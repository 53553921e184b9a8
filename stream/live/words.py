"""Lines of text for pictures that are shown live: bright, with one dark outline, each drawn once and kept."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from emojicam.stream.drawing.sprites import Sprite, blend, from_rgba
from emojicam.stream.i420 import Pixels

INK = (235, 235, 235, 255)
OUTLINE = (16, 18, 20, 230)

FINER = 3
"""Factor by which a line is drawn larger, then reduced: at 15 px the font's own spaces are rounded away."""

KEPT = 64
"""Lines that are kept: the figures of a status line come again and again."""


class Words:
    """Writes lines into pictures, in Pillow's own font."""

    def __init__(self) -> None:
        """Draw nothing yet; the font is loaded with the first line."""
        self._kept: OrderedDict[tuple[str, int], Sprite] = OrderedDict()

    def write(self, bgr: Pixels, text: str, size: int, left: int, bottom: int) -> int:
        """Write a line into a picture; what reaches over the border is cut off.

        Args:
            bgr: uint8 HxWx3, written to.
            text: One line.
            size: Height of the font in px.
            left: Px from the left edge to the line's.
            bottom: Px from the top edge to the line's foot.

        Returns:
            Px from the left edge to the line's end.
        """
        sprite = self._line(text, size)
        tall, wide = map(int, sprite.clear.shape)
        blend(bgr, sprite, left, bottom - tall)
        return left + wide

    def write_in_middle(self, bgr: Pixels, text: str, size: int) -> None:
        """Write a line into the middle of a picture: arguments as for `write`."""
        tall, wide = self._line(text, size).clear.shape
        self.write(bgr, text, size, (bgr.shape[1] - wide) // 2, (bgr.shape[0] + tall) // 2)

    def _line(self, text: str, size: int) -> Sprite:
        key = text, size
        if key not in self._kept:
            self._kept[key] = _drawn(text, size)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _drawn(text: str, size: int) -> Sprite:
    k = FINER
    text = spaced(text)
    font = font_of(k * max(6, size))
    around = max(k, round(k * size / 11))
    rise, fall = font.getmetrics() if isinstance(font, ImageFont.FreeTypeFont) else (k * size, k * size // 4)
    wide, tall = int(font.getlength(text)) // k + 2 * around // k + 2, (rise + fall + 2 * around) // k + 1
    # The ground has the outline's colour, though it is clear: what lies between is made of both.
    line = Image.new("RGBA", (k * wide, k * tall), (*OUTLINE[:3], 0))
    draw = ImageDraw.Draw(line)
    draw.text((around, around), text, font=font, fill=INK, stroke_width=around, stroke_fill=OUTLINE)
    return from_rgba(np.asarray(line.resize((wide, tall), Image.Resampling.BOX)))


@lru_cache(256)
def length(text: str, size: int) -> int:
    """The width of a line in px, or a little more: arguments as for `Words.write`."""
    return int(font_of(FINER * max(6, size)).getlength(spaced(text))) // FINER + max(1, round(size / 11)) * 2 + 2


def spaced(text: str) -> str:
    """Widen the spaces of a line: the font's own get lost in small letters and between outlines."""
    return text.replace(" ", "  ")


@lru_cache(16)
def font_of(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Load Pillow's own font in a size in px: Aileron where Pillow has FreeType, else one that has a single size."""
    return ImageFont.load_default(size=size)
