"""Few colours for many: the palette that fits some pictures, and which of its colours each pixel takes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from emojicam.stream.i420 import Pixels, as_pixels

MOST = 255
"""Colours of a palette: a GIF has 256, and one of them is for what is clear."""

LOOKED_AT = 1 << 16
"""Pixels, of all pictures together, that the choice of colours looks at."""

SETTLED = 10
"""Colours are moved until in a round fewer than one pixel in so many changes its own: the last ones take minutes."""

BITS = 6
"""Bits of each of red, green and blue by which a colour's nearest is looked up."""

UNKNOWN = -1
"""Mark of a place in the cube of colours whose nearest colour hasn't been asked for."""

DITHER = 1.0
"""Strength of the pattern, in the mean errors of the palette: with 0 soft light becomes steps, with 2 it is grainy."""


class Palette:
    """The colours of some pictures, and the nearest of them for each pixel.

    Attributes:
        colours: uint8 Nx3, RGB.
    """

    def __init__(self, pixels: Pixels, most: int = MOST) -> None:
        """Choose the colours that miss the pixels by the least.

        Args:
            pixels: uint8 1xNx3, RGB: those that are to be told apart, as `sample` gives them.
            most: Colours at most, 2 to 255.
        """
        image = Image.fromarray(pixels).quantize(most, Image.Quantize.MEDIANCUT, kmeans=1 + pixels.shape[1] // SETTLED)
        self.colours = np.asarray(image.getpalette(), np.uint8).reshape(-1, 3)[:most]
        self._nearest = np.full(1 << 3 * BITS, UNKNOWN, np.int16)
        self._strength = DITHER * self.error(pixels)

    def error(self, picture: Pixels) -> float:
        """Measure by how many levels the colours of a picture (uint8 HxWx3, RGB) are missed, on average."""
        told = self.colours[self._looked_up(picture)]
        return float(cv2.absdiff(picture, told).mean())

    def indices(self, picture: Pixels) -> Pixels:
        """Choose a colour for each pixel.

        A fixed pattern mixes neighbours where the colours are too few; what doesn't move keeps its pattern, so that it
        doesn't swarm.

        Args:
            picture: uint8 HxWx3, RGB.

        Returns:
            uint8 HxW: numbers of colours.
        """
        pattern = np.rint(2 * self._strength * _pattern(*picture.shape[:2]))[..., None].astype(np.int16)
        return self._looked_up(np.clip(picture + pattern, 0, 255).astype(np.uint8))

    def _looked_up(self, picture: Pixels) -> Pixels:
        red, green, blue = (picture[..., channel].astype(np.int32) >> (8 - BITS) for channel in range(3))
        places = (red << 2 * BITS) + (green << BITS) + blue
        self._find(places)
        return as_pixels(self._nearest[places])

    def _find(self, places: npt.NDArray[np.int32]) -> None:
        """Find the nearest colour to those places of the cube of colours that nobody has asked for yet."""
        asked = np.zeros(len(self._nearest), bool)
        asked[places] = True
        new = np.flatnonzero(asked & (self._nearest == UNKNOWN))
        known = self.colours.astype(np.float32)
        middle = 1 << 7 - BITS  # of the levels that share a place
        for some in np.array_split(new, len(new) // 8192 + 1):
            axes = [(some >> shift) & (1 << BITS) - 1 for shift in (2 * BITS, BITS, 0)]
            levels = (np.stack(axes, axis=1) << 8 - BITS) + np.float32(middle)
            self._nearest[some] = ((known**2).sum(axis=1) - 2 * levels @ known.T).argmin(axis=1)


def sample(pictures: list[Pixels]) -> Pixels:
    """Take pixels from all over some pictures.

    Args:
        pictures: uint8 HxWx3, or HxWx4 of which only what is at least half opaque is taken.

    Returns:
        uint8 1xNx3, at least one.
    """
    step = max(1, round((sum(one.shape[0] * one.shape[1] for one in pictures) / LOOKED_AT) ** 0.5))
    parts = [one[step // 2 :: step, step // 2 :: step].reshape(-1, one.shape[2]) for one in pictures]
    seen = np.concatenate([part if part.shape[1] == 3 else part[part[:, 3] >= 128][:, :3] for part in parts])
    return seen[None] if len(seen) else np.zeros((1, 1, 3), np.uint8)


def _pattern(height: int, width: int) -> npt.NDArray[np.float32]:
    """Make Bayer's pattern of 8x8 thresholds, -0.5 to 0.5, as large as a picture."""
    tile = np.zeros((1, 1))
    for _ in range(3):
        tile = np.block([[4 * tile, 4 * tile + 2], [4 * tile + 3, 4 * tile + 1]])
    tile = (tile + 0.5) / 64 - 0.5
    return np.tile(tile, (height // 8 + 1, width // 8 + 1))[:height, :width].astype(np.float32)
