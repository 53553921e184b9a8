"""The promise of a cover, whatever the art is like: where it is clear over the face, a plain disc lies under it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from emojicam.stream.i420 import Pixels

COVER_SIZE = 1.55
"""Diameter of the disc in box widths. The detector's box goes from the brows to the chin; with the hairline the head is
about 1.3 boxes high, and ears to ears it is about 1.1 boxes wide."""
COVER_RISE = 0.10
"""Height of the disc's middle above the box's, towards the hairline, in box heights."""

FACE = (0.56, 0.60)
"""Half the width and height of the ellipse that must not be seen through, in boxes, around the box's middle: the box's
own, brows to chin, and as much of what is around it as a border is soft where the emoji is small."""

GROUND = (255, 205, 70)
"""The plain disc's colour, RGB: that of an emoji, on which dark lines are seen."""

LEAST = 32
"""Side of an emoji in px, at least, that hides a face as it is: the borders of coarser ones fade over the face."""

FINEST = 256
"""Side of an emoji in px, at least, that a disc is laid under: its border is not to be coarse, whatever the art is."""

Mask = npt.NDArray[np.bool_]


def squared(rgba: Pixels) -> Pixels:
    """Lay a picture in the middle of a clear square.

    Args:
        rgba: uint8 HxWx4.

    Returns:
        uint8 SxSx4, S the longer side; the picture itself if it is square.
    """
    height, width = rgba.shape[:2]
    if height == width:
        return rgba
    side = max(height, width)
    square = np.zeros((side, side, 4), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = rgba
    return square


def hides_face(rgba: Pixels, disc: float) -> bool:
    """Whether an emoji is opaque wherever the face lies that it is drawn over.

    Args:
        rgba: uint8 SxSx4.
        disc: Diameter of its disc, as a share of its width.
    """
    unit = disc / COVER_SIZE
    return len(rgba) >= LEAST and _opaque(rgba, (FACE[0] * unit, FACE[1] * unit), COVER_RISE * unit)


def hides_head(rgba: Pixels, disc: float) -> bool:
    """Whether an emoji is opaque on all of its disc: `rgba` and `disc` are those of `hides_face`."""
    edge = disc / 2 - 1.5 / len(rgba)  # a disc's border is soft
    return len(rgba) >= LEAST and _opaque(rgba, (edge, edge), 0.0)


def grounded(rgba: Pixels, disc: float) -> Pixels:
    """Lay a plain disc under an emoji, which is opaque on all of it then.

    Args:
        rgba: uint8 SxSx4.
        disc: The disc's diameter, as a share of the width.

    Returns:
        uint8 TxTx4, T at least `FINEST`.
    """
    side = max(FINEST, len(rgba))
    art = Image.fromarray(rgba).resize((side, side), Image.Resampling.BILINEAR)
    y, x = np.indices((side, side), np.float32) + 0.5 - side / 2
    # Half a pixel of a soft border, outside of the disc itself.
    border = np.clip(disc * side / 2 + 0.5 - np.hypot(x, y), 0, 1)
    ground = np.empty((side, side, 4), np.uint8)
    ground[..., :3] = GROUND
    ground[..., 3] = np.rint(255 * border)
    return np.asarray(Image.alpha_composite(Image.fromarray(ground), art))


def _opaque(rgba: Pixels, half: tuple[float, float], down: float) -> bool:
    """Whether a picture is opaque within an ellipse that lies so far below its middle; all in shares of its side."""
    side = len(rgba)
    # Of each pixel the point that is nearest to the ellipse's middle: one that is touched counts, in 1x1 px too.
    places = np.arange(side + 1) / side - 0.5
    across = np.clip(0.0, places[:-1], places[1:])
    along = np.clip(down, places[:-1], places[1:]) - down
    inside: Mask = (across / half[0])[None, :] ** 2 + (along / half[1])[:, None] ** 2 <= 1
    return bool((rgba[..., 3][inside] == 255).all())
