"""SVG drawings made into pictures of any size."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image


def rasterize(svg: Path, size: int) -> Image.Image:
    """Make a picture of one SVG file.

    A second for one of `classic` at 2,048 px, and no other Python thread runs meanwhile.

    Args:
        svg: The SVG file.
        size: Width and height of the result, in pixels.

    Returns:
        An 8-bit RGBA image with straight (not premultiplied) alpha.

    Raises:
        OSError: The file can't be read.
        ValueError: It is no SVG that can be rendered.
    """
    import resvg_py  # late: it is needed for large faces alone

    png = resvg_py.svg_to_bytes(
        svg_string=svg.read_text(encoding="utf-8"),
        width=size,
        height=size,
        # The drawings hold no text, and scanning the fonts takes far longer than the rendering.
        skip_system_fonts=True,
    )
    return Image.open(io.BytesIO(png)).convert("RGBA")
