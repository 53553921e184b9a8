"""The help of a live stream's window: all keys on one plate, in as many columns and as small as the window wants it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from emojicam.stream.drawing.sprites import Sprite
from emojicam.stream.live.plates import ACCENT, blank, reduced
from emojicam.stream.live.words import INK, font_of, spaced

Row = tuple[str, str]
"""A key, and what it does."""

MOST_COLUMNS = 3

SMALLEST = 7
"""Px of the font below which nothing can be read: the panel is cut off rather than that."""

SMALL = 15
"""Px of the font below which the spaces between words have to be widened."""

LINE = 1.5
"""Height of a row, and below `GAP` and `AROUND` in the font's heights as well."""

GAP = 1.6
"""Width of the gap between two columns."""

AROUND = 1.0
"""Width of the margin inside the plate."""

FINE = 2
"""Factor by which the panel is drawn larger, then reduced."""


@dataclass(frozen=True)
class Layout:
    """The way in which rows fit into a picture.

    Attributes:
        size: Height of the font in px.
        columns: Number of columns.
        lines: Rows of a column.
        keys: Width of the keys' part of a column, in heights of the font.
        column: Width of a column, in heights of the font.
    """

    size: int
    columns: int
    lines: int
    keys: float
    column: float

    @property
    def wide(self) -> int:
        """Width of the plate in px."""
        inner = self.columns * self.column + (self.columns - 1) * GAP
        return math.ceil(self.size * (inner + 2 * AROUND))

    @property
    def tall(self) -> int:
        """Height of the plate in px."""
        return math.ceil(self.size * (self.lines * LINE + 2 * AROUND - LINE / 4))


def laid_out(rows: Sequence[Row], size: int, room: tuple[int, int]) -> Layout:
    """Find the largest letters, up to a size, with which all rows fit; then the fewest columns.

    Where they fit in no way, the smallest letters that can be read are taken, in as many columns as lose least.

    Args:
        rows: What is to be shown.
        size: Height of the font in px, at most.
        room: Width and height that there are, px.
    """
    fine = font_of(100)
    keys = max(fine.getlength(key) for key, _ in rows) / 100 + 0.8
    column = keys + max(fine.getlength(spaced(about)) for _, about in rows) / 100
    layouts = [
        Layout(letters, columns, math.ceil(len(rows) / columns), keys, column)
        for letters in range(max(size, SMALLEST), SMALLEST - 1, -1)
        for columns in range(1, MOST_COLUMNS + 1)
    ]

    def excess(layout: Layout) -> float:
        return max(1, layout.wide / max(room[0], 1), layout.tall / max(room[1], 1))

    return min(layouts, key=excess)  # of those that fit, the first


def panel(rows: Sequence[Row], size: int, room: tuple[int, int]) -> Sprite:
    """Draw the plate with all rows; arguments as for `laid_out`."""
    layout = laid_out(rows, size, room)
    unit = FINE * layout.size
    image, draw = blank(layout.wide, layout.tall, 0.8 * layout.size, FINE)
    font = font_of(unit)
    widened = spaced if layout.size < SMALL else str
    for number, (key, about) in enumerate(rows):
        column, line = divmod(number, layout.lines)
        left = unit * (AROUND + column * (layout.column + GAP))
        middle = unit * (AROUND - LINE / 8 + (line + 0.5) * LINE)
        draw.text((left, middle), key, font=font, anchor="lm", fill=ACCENT)
        draw.text((left + unit * layout.keys, middle), widened(about), font=font, anchor="lm", fill=INK)
    return reduced(image, FINE)
