"""Write a few frames as a GIF that is shown again and again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from emojicam.errors import OutputError
from emojicam.files import Part
from emojicam.stream.media.gif import GifWriter
from emojicam.stream.types import Frame


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
            writer = GifWriter(part)
            for frame, shown in zip(frames, durations([frame.time for frame in frames]), strict=True):
                writer.add(np.ascontiguousarray(frame.bgr()[..., ::-1]), shown)
            writer.close()
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
