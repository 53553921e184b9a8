"""Encode stickers, still and moving, as large and as fine as the bound of messengers allows."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from emojicam.stream.i420 import Pixels
from emojicam.stream.media.gif import GifWriter

MOST_BYTES = 500_000
"""Bytes of a sticker at most."""

SUFFIXES = (".webp", ".gif", ".png")
"""Suffixes of stickers."""

MOVING = (".webp", ".gif")
"""Suffixes of those that may move."""

SIDES = (512, 448, 384, 320, 256, 192, 128)
"""Px of a sticker's sides, the first that fits."""

EVERY = (1, 2)
"""Steps from one picture of a moving sticker to the next that is taken: all are, or every second."""

LEVELS = 4
"""Qualities that are tried, from the best."""

WEBP_QUALITIES = (85, 70, 55, 40)
GIF_COLOURS = (255, 160, 96, 48)


@dataclass(frozen=True)
class Sticker:
    """A sticker's file.

    Attributes:
        data: Its content.
        side: Its width and height, px.
        pictures: How many it has.
        seconds: How long they are shown; 0 of a still one.
    """

    data: bytes
    side: int
    pictures: int
    seconds: float


def encode(pictures: Sequence[Pixels], shown: Sequence[int], suffix: str, most: int = MOST_BYTES) -> Sticker | None:
    """Encode a sticker: one that is too large loses quality first, then every second picture, then size.

    Args:
        pictures: RGBA, uint8 SxSx4 each, straight alpha.
        shown: Milliseconds for which each is shown, multiples of 10; of a single one they don't matter.
        suffix: One of `SUFFIXES`; several pictures are taken by those in `MOVING`.
        most: Bytes at most.

    Returns:
        The first that fits, or None: none does.
    """
    for level, every, side in _steps(len(pictures) > 1):
        times = [sum(shown[at : at + every]) for at in range(0, len(shown), every)]
        images = [_sized(picture, side) for picture in pictures[::every]]
        data = _ENCODERS[suffix](images, times, level)
        if len(data) <= most:
            return Sticker(data, images[0].width, len(images), sum(times) / 1000 if len(images) > 1 else 0.0)
    return None


def _steps(moves: bool) -> Iterator[tuple[int, int, int]]:
    """List what is tried: level of quality, share of the pictures, side."""
    for level in range(LEVELS):
        yield level, EVERY[0], SIDES[0]
    if moves:
        yield LEVELS - 1, EVERY[1], SIDES[0]
    for side in SIDES[1:]:
        yield LEVELS - 1, EVERY[1] if moves else EVERY[0], side


def _sized(picture: Pixels, side: int) -> Image.Image:
    image = Image.fromarray(picture)
    return image if image.width <= side else image.resize((side, side), Image.Resampling.LANCZOS)


def _webp(images: list[Image.Image], shown: list[int], level: int) -> bytes:
    memory = io.BytesIO()
    more = {"save_all": True, "append_images": images[1:], "duration": shown, "loop": 0} if len(images) > 1 else {}
    images[0].save(memory, "WEBP", quality=WEBP_QUALITIES[level], method=4, **more)
    return memory.getvalue()


def _gif(images: list[Image.Image], shown: list[int], level: int) -> bytes:
    memory = io.BytesIO()
    writer = GifWriter(memory, 0 if len(images) > 1 else 1, colours=GIF_COLOURS[level])
    for image, milliseconds in zip(images, shown, strict=True):
        writer.add(np.asarray(image), milliseconds)
    writer.close()
    return memory.getvalue()


def _png(images: list[Image.Image], shown: list[int], level: int) -> bytes:
    memory = io.BytesIO()
    image = images[0] if level == 0 else images[0].quantize(256, Image.Quantize.FASTOCTREE)
    image.save(memory, "PNG", optimize=True)
    return memory.getvalue()


_ENCODERS: dict[str, Callable[[list[Image.Image], list[int], int], bytes]] = {
    ".webp": _webp,
    ".gif": _gif,
    ".png": _png,
}
