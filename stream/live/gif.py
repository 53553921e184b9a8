"""Write a few frames as a GIF that is shown again and again."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from emojicam.errors import OutputError
from emojicam.files import Part
from emojicam.stream.i420 import Pixels, rounded
from emojicam.stream.types import Frame

SAMPLED = 6
"""Frames that the colours are taken from: one palette for all, or still ground would glitter."""


def write_gif(frames: Sequence[Frame], path: Path) -> None:
    """Write frames as a GIF; it appears under `path` only when it is whole, and replaces nothing.

    Args:
        frames: Two or more, all of one size.
        path: The file.

    Raises:
        OutputError: It can't be written.
    """
    with Part(path) as part:
        try:
            part.write(_encoded(frames))
        except (OSError, ValueError) as error:
            raise OutputError(f"{path}: can't be written as GIF: {error}") from error


def durations(times: Sequence[float]) -> list[int]:
    """Round the times of frames to a GIF's hundredths of a second, so that no error adds up.

    Args:
        times: Seconds, rising, two or more.

    Returns:
        For each frame the ms for which it is shown; the last one is shown for as long as the others are on average.
    """
    # Players take 0 and 1 for "as you like", which is slow.
    step = max(2, round(100 * (times[-1] - times[0]) / (len(times) - 1)))
    marks = [round(100 * (time - times[0])) for time in times]
    return [10 * max(2, after - before) for before, after in pairwise(marks)] + [10 * step]


def _encoded(frames: Sequence[Frame]) -> memoryview:
    pictures = [Image.fromarray(_rgb(frame)) for frame in frames]
    palette = _palette(pictures)
    first, *others = (one.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for one in pictures)
    data = BytesIO()
    times = durations([frame.time for frame in frames])
    first.save(data, "GIF", save_all=True, append_images=others, duration=times, loop=0)
    return data.getbuffer()


def _palette(pictures: Sequence[Image.Image]) -> Image.Image:
    """Choose 256 colours: what is rare counts for more than its share, or a wall takes all and leaves no yellow."""
    chosen = pictures[:: 1 + len(pictures) // SAMPLED]
    some = np.concatenate([np.asarray(one)[::2, ::2].reshape(-1, 3) for one in chosen])
    codes = (some // 8) @ np.array([1024, 32, 1])
    _, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
    sums = [np.bincount(places, weights=some[:, channel]) for channel in range(3)]
    colours = rounded(np.stack(sums, axis=1) / counts[:, None])
    weighed = colours.repeat(np.ceil(np.sqrt(counts)).astype(int), axis=0)
    return Image.fromarray(weighed[None]).quantize(256, Image.Quantize.MEDIANCUT)


def _rgb(frame: Frame) -> Pixels:
    return np.ascontiguousarray(frame.bgr()[..., ::-1])
