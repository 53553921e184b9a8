"""The window of several streams: a grid of cells, each with its stream's newest picture and its name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from emojicam.stream.i420 import Pixels
from emojicam.stream.live import view
from emojicam.stream.live.plates import ACCENT
from emojicam.stream.live.words import Words, length

SHAPE = 16 / 9
"""Width of a picture by its height, as long as none has come."""

GAP = 4
"""Px between two cells."""

NEARLY = 8
"""Px by which two widths must differ to make a difference."""

GROUND = (34, 24, 22)
"""Colour around the pictures, BGR: that of the cards that say why there is none."""

RED = (60, 60, 230)
"""Colour of the spot that says that a stream is recorded, BGR."""


@dataclass(frozen=True)
class Layout:
    """The way in which cells of one size fill a picture.

    Attributes:
        size: Width and height of the whole, px.
        columns: Number of cells beside each other.
        rows: Number of cells above each other.
    """

    size: view.Size
    columns: int
    rows: int

    @property
    def cell(self) -> view.Size:
        """Width and height of a cell, px; even."""
        wide = (self.size[0] - GAP * (self.columns - 1)) // self.columns
        tall = (self.size[1] - GAP * (self.rows - 1)) // self.rows
        return max(2, wide & ~1), max(2, tall & ~1)

    def corner(self, number: int) -> tuple[int, int]:
        """Px from the left and from the top to a cell; the cells are counted from 0, row by row."""
        row, column = divmod(number, self.columns)
        return column * (self.cell[0] + GAP), row * (self.cell[1] + GAP)


def laid_out(count: int, size: view.Size, shape: float = SHAPE) -> Layout:
    """Choose the columns with which the pictures get largest; where it makes no difference, they lie side by side.

    Args:
        count: Number of cells.
        size: Width and height that there are for all, px.
        shape: Width of a picture by its height.
    """
    layouts = [Layout(size, columns, math.ceil(count / columns)) for columns in range(1, count + 1)]
    return max(layouts, key=lambda one: (round(min(one.cell[0], one.cell[1] * shape) / NEARLY), one.columns))


def opened(count: int, shape: float = SHAPE) -> view.Size:
    """Choose the size that the window opens with: as large as that of one stream at most, without empty borders."""
    layout = laid_out(count, view.OPENED, shape)
    wide = min(layout.cell[0], layout.cell[1] * shape)
    across, down = round(wide), round(wide / shape)
    return layout.columns * (across + GAP) - GAP, layout.rows * (down + GAP) - GAP


def letters(size: view.Size) -> int:
    """Choose the height in px of the font of what is said of all streams, in a window of any shape.

    Args:
        size: Width and height of the whole picture, px.
    """
    return view.letters((size[0], round(min(size[1], size[0] / SHAPE))), None)


@dataclass(frozen=True)
class Caption:
    """The words in a cell's corner.

    Attributes:
        name: The stream's.
        figures: How quick it is.
        recording: It is being recorded.
        chosen: The keys are for it alone.
    """

    name: str
    figures: str = ""
    recording: bool = False
    chosen: bool = False


class Grid:
    """Keeps the newest picture of each stream, and lays them beside each other.

    Attributes:
        layout: Where the cells lie. Other threads may read it.
    """

    def __init__(self, count: int) -> None:
        """Begin with empty cells.

        Args:
            count: Number of streams.
        """
        self._pictures: list[Pixels | None] = [None] * count
        self._words = Words()
        self._shape = SHAPE
        self._ground = np.zeros((0, 0, 3), np.uint8)
        self.layout = laid_out(count, opened(count))

    @property
    def size(self) -> view.Size:
        """The size that the window opens with, in the shape of the pictures that have come."""
        return opened(len(self._pictures), self._shape)

    @property
    def complete(self) -> bool:
        """Whether each stream has given a picture."""
        return all(one is not None for one in self._pictures)

    def put(self, number: int, picture: Pixels) -> None:
        """Take a stream's next picture: uint8 HxWx3, BGR, in the size of its cell or less."""
        before = self._pictures[number]
        self._pictures[number] = picture
        if before is None or before.shape != picture.shape:
            shapes = sorted(one.shape[1] / one.shape[0] for one in self._pictures if one is not None)
            self._shape = shapes[len(shapes) // 2]

    def composed(self, captions: Sequence[Caption], room: view.Size | None) -> Pixels:
        """Lay all pictures beside each other, each with its caption.

        Args:
            captions: One for each stream.
            room: Width and height that there are in the window, px; None where that isn't known.

        Returns:
            uint8 HxWx3, BGR, of the window's size, or smaller in its shape.
        """
        self.layout = laid_out(len(self._pictures), _shown(room or self.size), self._shape)
        width, height = self.layout.size
        if self._ground.shape[:2] != (height, width):  # which takes longer to make than to copy
            self._ground = np.full((height, width, 3), GROUND, np.uint8)
        whole = self._ground.copy()
        for number, (picture, caption) in enumerate(zip(self._pictures, captions, strict=True)):
            left, top = self.layout.corner(number)
            wide, tall = self.layout.cell
            cell = whole[top : top + tall, left : left + wide]
            if picture is not None:
                _lay(cell, picture)
            self._write(cell, caption)
        return whole

    def _write(self, cell: Pixels, caption: Caption) -> None:
        height, width = cell.shape[:2]
        size = round(min(max(height / 20, 11), 22))
        at, foot = round(0.45 * size), round(1.5 * size)
        if caption.recording:
            middle = at + size // 2, foot - round(0.55 * size)
            cv2.circle(cell, middle, round(0.38 * size), RED, -1, cv2.LINE_AA)
            at += round(1.3 * size)
        for text in (_cut(caption.name, size, width - at), *caption.figures.split("  ")):
            if at + length(text, size) <= width:
                at = self._words.write(cell, text, size, at, foot) + round(0.7 * size)
        if caption.chosen:
            red, green, blue, _ = ACCENT
            cv2.rectangle(cell, (1, 1), (width - 2, height - 2), (blue, green, red), 3)


def _shown(room: view.Size) -> view.Size:
    """The size in which the whole is made for a window: no larger than what is shown of one stream."""
    scale = min(1.0, view.SHOWN[0] / room[0], view.SHOWN[1] / room[1])
    return max(2, round(room[0] * scale)), max(2, round(room[1] * scale))


def _lay(cell: Pixels, picture: Pixels) -> None:
    """Lay a picture in the middle of its cell, as large as it gets there."""
    height, width = cell.shape[:2]
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = min(width, max(1, round(picture.shape[1] * scale))), min(height, max(1, round(picture.shape[0] * scale)))
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    cell[top : top + size[1], left : left + size[0]] = view.fitted(picture, size)


def _cut(text: str, size: int, room: int) -> str:
    """Leave out the end of a name that is too long."""
    kept = len(text)
    while kept > 1 and length(text[:kept], size) > room:
        kept -= 1
    return text[:kept]
