"""Turns photos as their cameras meant them. Imports Pillow alone, so that every other part may import it."""

import struct

from PIL import ExifTags, Image

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(image: Image.Image) -> Image.Image:
    """Turn a picture as its orientation tag says (`ImageOps.exif_transpose` fails where other tags are damaged).

    Args:
        image: The picture, loaded: a PNG may have its tags behind its pixels.
    """
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except (struct.error, OSError, ValueError, SyntaxError, TypeError, KeyError):
        return image
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
