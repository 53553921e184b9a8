"""Clips for the benchmarks, made from the sample portrait: a still room, a camera's noise, heads that sway."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import av.video.stream
import cv2
import numpy as np

from emojicam import assets
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.photos import read_photo

RATE = 30
HEAD = (slice(18, 208), slice(130, 320))
"""Of the sample portrait: its head with little room around it, 190x190 px."""


def write_clip(path: Path, width: int, height: int, heads: int, frames: int, *, places: int = 0) -> None:
    """Write an H.264 mp4 without sound.

    Args:
        path: Where to.
        width: Px, even.
        height: Px, even.
        heads: How many, side by side in rows.
        frames: At 30 a second.
        places: Room for so many heads, which decides how large they are; by default for those that there are.
    """
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "23"}
        rng = np.random.default_rng(0)
        noise = [rng.normal(0, 2.5, (height, width, 1)).astype(np.float32) for _ in range(5)]
        room = _room(width, height)
        for index in range(frames):
            picture = room + noise[index % len(noise)]
            for place in range(heads):
                _add_head(picture, place, max(places, heads), index)
            frame = av.VideoFrame.from_ndarray(np.clip(picture, 0, 255).astype(np.uint8), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _room(width: int, height: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.float32]]:
    """A wall with soft light and some edges: float32 HxWx3."""
    rng = np.random.default_rng(1)
    light = rng.uniform(70, 170, (9, 16, 1)) + rng.uniform(-12, 12, (9, 16, 3))
    coarse = cv2.resize(light.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(rng.uniform(-12, 12, (height // 6, width // 6, 1)).astype(np.float32), (width, height))
    return np.asarray(coarse + fine[..., None], np.float32)


def _add_head(
    picture: np.ndarray[tuple[int, int, int], np.dtype[np.float32]], place: int, places: int, index: int
) -> None:
    """Lay one head on; each sways in its own time."""
    height, width = picture.shape[:2]
    x, y, side = where(place, places, width, height)
    phase = 2 * math.pi * index / (4 * RATE) + place
    roll = math.radians(8 * math.sin(phase))
    x += 0.04 * side * math.sin(0.7 * phase)
    y += 0.03 * side * math.cos(phase)
    k = side / 240
    cos, sin = k * math.cos(roll), k * math.sin(roll)
    half = side / 2 * 1.2
    left, top = max(0, int(x - half)), max(0, int(y - half))
    right, bottom = min(width, int(x + half)), min(height, int(y + half))
    matrix = np.array([[cos, -sin, x - left - 120 * (cos - sin)], [sin, cos, y - top - 120 * (sin + cos)]])
    head = cv2.warpAffine(_head(), matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR).astype(np.float32)
    weight = head[..., 3:] / 255
    part = picture[top:bottom, left:right]
    part += (head[..., :3] - part) * weight


def where(place: int, places: int, width: int, height: int) -> tuple[float, float, float]:
    """The middle around which a head sways, and the side of the square that it fills, in px."""
    columns = min(places, math.ceil(math.sqrt(places * width / height)))
    rows = math.ceil(places / columns)
    x = (place % columns + 0.5) * width / columns
    y = (place // columns + 0.5) * height / rows
    return x, y, 0.98 * min(width / columns, height / rows)


@cache
def _head() -> Pixels:
    """The portrait's head with a soft oval border: BGRA uint8 240x240."""
    bgr = cv2.resize(read_photo(assets.sample_photo()).bgr[HEAD], (240, 240), interpolation=cv2.INTER_CUBIC)
    mask = np.zeros((240, 240), np.uint8)
    cv2.ellipse(mask, (120, 120), (92, 112), 0, 0, 360, 255, -1)
    return np.dstack([bgr, cv2.GaussianBlur(mask, (0, 0), 5)])
