"""Write GIFs: few colours, and of each picture only what has changed since the one before."""

from __future__ import annotations

import struct
from typing import BinaryIO, Protocol

import cv2
import numpy as np
from PIL import GifImagePlugin, Image

from emojicam.stream.i420 import Pixels
from emojicam.stream.media.palette import MOST, Palette, sample

TOGETHER = 32
"""Pictures that are looked at together to choose their colours."""

PIXELS_TOGETHER = 16_000_000
"""Pixels of these at most: they are held in memory."""

WORSE = 1.3
"""Factor by which old colours may be worse than new ones would be: a change of them is seen as a flicker."""

LONGEST = 655_350
"""Milliseconds for which a picture is shown at most."""

SAME = 5
"""Levels by which a pixel may change and be left as it is: noise would make a file twice as large."""

CLEAR = 255
"""The number of the colour that isn't drawn."""


class Output(Protocol):
    """A file that bytes are appended to."""

    def write(self, data: bytes, /) -> object:
        """Append bytes to the file."""
        ...


class GifWriter:
    """Writes a GIF into an open file, picture by picture."""

    tick = 10
    """Milliseconds: a GIF's times are multiples of it."""

    least = 20
    """Milliseconds that a picture must be shown: browsers show what is shorter for 100."""

    def __init__(self, file: Output | BinaryIO, plays: int = 0, *, colours: int = MOST, same: int = SAME) -> None:
        """Begin; nothing is written before the first pictures' colours are chosen.

        Args:
            file: Takes the bytes.
            plays: How many times it is shown; 0: again and again.
            colours: Colours at most, 2 to 255.
            same: Levels by which a pixel may change and be left as it is.
        """
        self._file, self._plays, self._most, self._same = file, plays, colours, same
        self._waiting: list[tuple[Pixels, int]] = []
        self._palette: Palette | None = None
        self._global: Palette | None = None
        self._shown: Pixels | None = None

    def add(self, picture: Pixels, shown: int) -> None:
        """Append a picture.

        Args:
            picture: uint8 HxWx3 RGB, or HxWx4 RGBA, all of one size; of RGBA what is less than half opaque is clear,
                and each picture stands for itself.
            shown: Milliseconds for which it is shown, a multiple of `tick`.
        """
        self._waiting.append((picture, shown))
        together = max(1, min(TOGETHER, PIXELS_TOGETHER // (picture.shape[0] * picture.shape[1])))
        if len(self._waiting) >= together:
            self._flush()

    def close(self) -> None:
        """Write what waits, and the end; the file stays open."""
        self._flush()
        if self._global is not None:
            self._file.write(b";")

    def _flush(self) -> None:
        if not self._waiting:
            return
        palette = self._choose([picture for picture, _ in self._waiting])
        if self._global is None:
            self._global = palette
            self._head(self._waiting[0][0], palette)
        for picture, shown in self._waiting:
            self._write(picture, shown, palette)
        self._waiting = []

    def _choose(self, pictures: list[Pixels]) -> Palette:
        """Choose the colours for some pictures: those before, unless others were clearly better."""
        pixels = sample(pictures)
        fresh = Palette(pixels, self._most)
        old = self._palette
        if old is not None and old.error(pixels) <= WORSE * fresh.error(pixels) + 1:
            return old
        self._palette = fresh
        return fresh

    def _head(self, picture: Pixels, palette: Palette) -> None:
        height, width = picture.shape[:2]
        self._file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0))
        self._file.write(_table(palette))
        if self._plays != 1:
            more = min(max(0, self._plays - 1), 0xFFFF)
            self._file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", more) + b"\0")

    def _write(self, picture: Pixels, shown: int, palette: Palette) -> None:
        indices = palette.indices(picture[..., :3])
        moves = picture.shape[2] == 3
        if moves:
            self._leave_out_same(picture, indices)
        else:
            indices[picture[..., 3] < 128] = CLEAR
        left, top, width, height = cv2.boundingRect((indices != CLEAR).astype(np.uint8))
        part = indices[top : top + height, left : left + width] if width else np.full((1, 1), CLEAR, np.uint8)
        image = Image.fromarray(np.ascontiguousarray(part)).convert("P")
        image.putpalette(_table(palette))
        pieces = GifImagePlugin.getdata(
            image,
            (left, top),
            duration=min(shown, LONGEST),
            transparency=CLEAR,
            disposal=1 if moves else 2,
            include_color_table=palette is not self._global,
        )
        for piece in pieces:
            self._file.write(piece)

    def _leave_out_same(self, picture: Pixels, indices: Pixels) -> None:
        """Make clear, in place, what is as it was when it was drawn last."""
        if self._shown is None:
            self._shown = picture.copy()
            return
        same = cv2.absdiff(picture, self._shown).max(axis=2) <= self._same
        indices[same] = CLEAR
        np.copyto(self._shown, picture, where=~same[..., None])


def _table(palette: Palette) -> bytes:
    """Write a palette's colours, and black for the rest of 256."""
    return palette.colours.tobytes().ljust(768, b"\0")
