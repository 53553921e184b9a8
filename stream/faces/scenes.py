"""Tell where another scene begins: where a stream is cut, and where one picture has faded into another."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Box, Frame

Thumbnail = npt.NDArray[np.float32]

CUT_CORRELATION, CUT_DIFFERENCE = 0.5, 12.0
"""Two frames in a row are of two scenes if their thumbnails correlate less than that and differ by more grey levels."""

FADES = 2.0
"""Seconds that a fade from one scene to another takes at most."""

KEPT = 0.1
"""Seconds between two thumbnails that are kept to notice a fade."""

FLAT = 6.0
"""Grey levels (standard deviation) below which a thumbnail shows nothing: black, or a lens that is covered."""

MIXED, RESIDUE = 0.2, 0.25
"""Share of either scene that a picture in the middle of a fade must hold; and how far it may be from their mixture, as
a share of how far they are from each other."""

OLD = 0.05
"""Share of the scene before below which the fade is over."""

PANNED, SETTLED = 160, 0.8
"""Px of the sides of the pictures that are compared to tell how far the camera turned; and their correlation, laid over
each other, from which on that explains what has changed."""

STIRRED = 2.0
"""Grey levels by which two thumbnails differ between which the camera may have turned."""

CHANGE, CHANGED = 16.0, 0.02
"""Grey levels by which a place in a thumbnail differs that has changed; and the share of such places that tells."""


class Scenes:
    """Tells where a stream's scenes begin, by small copies of its frames.

    Attributes:
        thumbnail: The last frame's: float32.
        stirred: It differs from the frame before by so much that the camera may have turned.
        faded: Time when a fade from another scene to this one began, seconds, if it has just ended.
    """

    def __init__(self) -> None:
        self.thumbnail: Thumbnail | None = None
        self.stirred = False
        self.faded: float | None = None
        self._kept: deque[tuple[float, Thumbnail]] = deque()

    def cut(self, frame: Frame) -> bool:
        """Whether another scene begins with this frame."""
        now, before = thumbnail(frame.luma).astype(np.float32), self.thumbnail
        self.thumbnail, self.stirred, self.faded = now, False, None
        if before is None or before.shape != now.shape:
            self._kept.clear()
            return False
        difference = np.abs(now - before).mean()
        self.stirred = bool(difference > STIRRED)
        if difference > CUT_DIFFERENCE and _correlation(now, before) < CUT_CORRELATION:
            self._kept.clear()
            return True
        self.faded = self._fades(frame.time)
        return False

    def _fades(self, now: float) -> float | None:
        """Keep the thumbnail, and tell when the fade that ends with it began."""
        kept, last = self._kept, self.thumbnail
        assert last is not None
        if kept and not 0 <= now - kept[-1][0] < 1:
            kept.clear()
        if kept and now - kept[-1][0] < KEPT - 1e-3:
            return None
        while kept and now - kept[0][0] > FADES:
            kept.popleft()
        began = None
        if len(kept) > 3 and last.std() > FLAT:
            began = _fading(kept, last) or _fading(list(kept)[len(kept) // 2 :], last)
        if began is not None:
            kept.clear()  # it is told once
        kept.append((now, last))
        return began


def _fading(kept: Sequence[tuple[float, Thumbnail]], now: Thumbnail) -> float | None:
    """Tell when the first of some pictures began to fade into the last one, which stands alone.

    Args:
        kept: Times and thumbnails.
        now: The last one.

    Returns:
        Seconds; None if it isn't so.
    """
    then = kept[0][1]
    way = then - now
    if np.abs(way).mean() <= CUT_DIFFERENCE or then.std() < FLAT or _correlation(then, now) >= CUT_CORRELATION:
        return None
    whole = float((way * way).sum())
    shares = [float(((one - now) * way).sum()) / whole for _, one in kept]
    if abs(shares[-1]) > OLD:
        return None
    middle = min(range(len(kept)), key=lambda place: abs(shares[place] - 0.5))
    share = shares[middle]
    left = kept[middle][1] - now - share * way
    if not MIXED < share < 1 - MIXED or float((left * left).sum()) > RESIDUE**2 * whole:
        return None
    return max(time for (time, _), share in zip(kept, shares, strict=True) if share > 1 - OLD)


def changed(now: Thumbnail, then: Thumbnail, known: Sequence[Box] = ()) -> bool:
    """Whether something came, went or moved between two frames: a part of the picture is another.

    Args:
        now: A frame's thumbnail.
        then: An earlier frame's.
        known: Boxes of faces, as shares of the picture: what these people do, and their bodies, doesn't count.
    """
    if now.shape != then.shape:
        return True
    other = np.abs(now - then) > CHANGE
    height, width = other.shape
    for left, top, wide, high in known:
        columns = slice(max(0, int((left - wide) * width)), max(0, math.ceil((left + 2 * wide) * width)))
        other[max(0, int((top - high / 2) * height)) :, columns] = False
    return bool(other.mean() > CHANGED)


def panned(before: Pixels, now: Pixels) -> tuple[float, float]:
    """Tell how far everything in the picture moved from one frame to the next: a camera that was turned, or shook.

    By phase correlation (Kuglin and Hines 1975).

    Args:
        before: Grey levels, uint8 HxW.
        now: Those of the next frame, of the same size.

    Returns:
        Px across and down; (0, 0) where that doesn't explain what is seen.
    """
    k = max(1, math.ceil(max(now.shape) / PANNED))
    rows, columns = (_even(len(range(k // 2, side, k))) for side in now.shape)
    if min(rows, columns) < 16:
        return 0.0, 0.0
    one, two = (
        np.ascontiguousarray(luma[k // 2 :: k, k // 2 :: k][:rows, :columns], np.float32) for luma in (before, now)
    )
    (dx, dy), _ = cv2.phaseCorrelate(one, two, cv2.createHanningWindow(one.shape[::-1], cv2.CV_32F))
    x, y = round(dx), round(dy)
    height, width = one.shape
    if not (x or y) or 2 * abs(x) > width or 2 * abs(y) > height:
        return 0.0, 0.0
    there = two[max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)]
    here = one[max(0, -y) : height + min(0, -y), max(0, -x) : width + min(0, -x)]
    return (dx * k, dy * k) if _correlation(here, there) >= SETTLED else (0.0, 0.0)


def _even(side: int) -> int:
    """The longest side that OpenCV's phase correlation fills up to an even one: of odd ones it is off by half a px."""
    while side > 1 and cv2.getOptimalDFTSize(side) % 2:
        side -= 1
    return side


def _correlation(one: Thumbnail, two: Thumbnail) -> float:
    """Tell how alike two pictures are, -1 to 1; 0 where one of them shows nothing."""
    a, b = one - one.mean(), two - two.mean()
    size = math.sqrt(float((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 1e-6 else 0.0


def thumbnail(luma: Pixels) -> Pixels:
    """Make a small copy of a grey picture, some 32x18 px.

    Args:
        luma: uint8 HxW.

    Returns:
        uint8, with at most 40 px a side.
    """
    k = 1
    while max(luma.shape) > 40 * k:
        k *= 2
    # Of a large picture a few rows say as much as all, at a fraction of the memory that is read.
    skipped = max(1, k // 4)
    small, across, down = luma[::skipped], k, k // skipped
    while across > 1:  # by halves: OpenCV does that several times as fast as all at once
        half = max(1, small.shape[1] // 2)
        tall = max(1, small.shape[0] // 2) if down > 1 else small.shape[0]
        small = np.asarray(cv2.resize(small, (half, tall), interpolation=cv2.INTER_AREA), np.uint8)
        across, down = across // 2, max(1, down // 2)
    return small
