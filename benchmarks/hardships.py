"""How well models read faces that are covered, dark, blurred, turned away or small.

usage: python benchmarks/hardships.py DIR [MODEL ...]     (DIR holds fer2013.csv and fer2013new.csv)

PublicTest faces with a FER+ majority label and known eyes are pasted into pictures at four times their size, where one
thing is done to them, and cut again by their true eyes. MODEL is a shipped name, an ONNX file or a checkpoint; several
are shown side by side. The drawings are this file's own: training draws others (`models/data/occlude.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from emojicam import models
from emojicam.models.card import Crop
from emojicam.models.data.faces import Faces
from emojicam.models.evaluate import measure
from emojicam.stream.faces.align import align
from emojicam.training import aligned, data_set, opened

Pixels = npt.NDArray[np.uint8]
Eyes = npt.NDArray[np.float64]
Change = Callable[[Pixels, Eyes, np.random.Generator], tuple[Pixels, Eyes]]

LARGER = 4
"""Size of a pasted face beside FER2013's."""

SIDE = 48 * LARGER
MARGIN = SIDE // 2
"""Px of flat grey around a pasted face."""


class _Pen:
    """Draws in a face's own frame: the origin between the eyes, the unit their distance, x towards the right one."""

    def __init__(self, face: Pixels, eyes: Eyes) -> None:
        self.face = face
        self.middle, across = eyes.mean(0), eyes[1] - eyes[0]
        self.unit = float(np.hypot(*across))
        self.axes = np.stack([across, [-across[1], across[0]]]) / self.unit

    def at(self, points: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """The places of points, Nx2, in sixteenths of a px."""
        places = self.middle + np.asarray(points, float) @ self.axes * self.unit
        return np.rint(places * 16).astype(np.int32)

    def fill(self, points: npt.ArrayLike, level: float) -> None:
        cv2.fillPoly(self.face, [self.at(points)], (level,), cv2.LINE_AA, 4)

    def line(self, points: npt.ArrayLike, level: float, width: float, *, closed: bool = False) -> None:
        thick = max(1, round(width * self.unit))
        cv2.polylines(self.face, [self.at(points)], closed, (level,), thick, cv2.LINE_AA, 4)


def _round(x: float, y: float, wide: float, high: float) -> npt.NDArray[np.float64]:
    turn = np.linspace(0, 2 * np.pi, 40)
    return np.stack([x + wide * np.cos(turn), y + high * np.sin(turn)], 1)


def rims(face: Pixels, eyes: Eyes, rng: np.random.Generator) -> tuple[Pixels, Eyes]:
    """Glasses with dark rims, whose upper half hides the brows."""
    pen, level = _Pen(face, eyes), rng.uniform(10, 60)
    wide, high, width = rng.uniform(0.36, 0.44), rng.uniform(0.3, 0.38), rng.uniform(0.1, 0.16)
    for x in (-0.5, 0.5):
        lens = _round(x, -0.02, wide, high)
        pen.line(lens, level, width, closed=True)
        pen.line(lens[lens[:, 1] < -0.12], level, 1.7 * width)  # the upper half, where the brows are
        pen.line([(x + np.sign(x) * wide, -0.05), (np.sign(x) * 1.35, -0.1)], level, width)
    pen.line([(-0.5 + wide, -0.05), (0, -0.09), (0.5 - wide, -0.05)], level, width)
    return face, eyes


def sunglasses(face: Pixels, eyes: Eyes, rng: np.random.Generator) -> tuple[Pixels, Eyes]:
    """Dark glasses, as wide as the brows."""
    pen, level = _Pen(face, eyes), rng.uniform(10, 45)
    wide, high = rng.uniform(0.5, 0.58), rng.uniform(0.46, 0.6)
    for x in (-0.5, 0.5):
        pen.fill(_round(x, 0.03, wide, high), level)
        pen.line([(x + np.sign(x) * wide, -0.1), (np.sign(x) * 1.35, -0.12)], level, 0.08)
    pen.line([(-0.2, -0.08), (0.2, -0.08)], level, 0.09)
    return face, eyes


def mask(face: Pixels, eyes: Eyes, rng: np.random.Generator) -> tuple[Pixels, Eyes]:
    """A light mask from the nose to below the chin, with two folds and straps."""
    pen, level = _Pen(face, eyes), rng.uniform(170, 235)
    top, wide = rng.uniform(0.42, 0.6), rng.uniform(0.85, 1.05)
    outline = [(0, top), (0.45, top + 0.14), (wide, top + 0.3), (wide * 0.95, 1.35), (wide * 0.55, 1.85), (0, 2.05)]
    pen.fill(outline + [(-x, y) for x, y in outline[::-1]], level)
    for y in (top + 0.45, top + 0.8):
        pen.line([(-wide * 0.9, y - 0.08), (0, y), (wide * 0.9, y - 0.08)], level - 30, 0.03)
    for x in (-1, 1):
        pen.line([(x * wide, top + 0.3), (x * 1.4, 0.15)], level, 0.05)
    return face, eyes


def dark(left: float) -> Change:
    """Only a share of the light is left, in whole levels."""

    def change(face: Pixels, eyes: Eyes, rng: np.random.Generator) -> tuple[Pixels, Eyes]:
        return np.rint(face * left).astype(np.uint8), eyes

    return change


def flat(contrast: float) -> Change:
    """The contrast around middle grey is a share of what it was."""

    def change(face: Pixels, eyes: Eyes, rng: np.random.Generator) -> tuple[Pixels, Eyes]:
        return np.rint(128 + (face.astype(float) - 128) * contrast).astype(np.uint8), eyes

    return change


def blurred(sigma: float) -> Change:
    """A Gaussian blur, its deviation as a share of the face's side."""

    def change(face: Pixels, eyes: Eyes, rng: np.random.Generator) -> tuple[Pixels, Eyes]:
        return np.asarray(cv2.GaussianBlur(face, (0, 0), sigma * SIDE), np.uint8), eyes

    return change


def squeezed(share: float, *, near: bool = False) -> Change:
    """As narrow as a head that is turned away; `near`: and cut by the distance of its eyes, so that it is too large."""

    def change(face: Pixels, eyes: Eyes, rng: np.random.Generator) -> tuple[Pixels, Eyes]:
        width = round(SIDE * share)
        small = cv2.resize(face, (width, SIDE), interpolation=cv2.INTER_AREA)
        left = (SIDE - width) // 2
        wide = cv2.copyMakeBorder(small, 0, 0, left, SIDE - width - left, cv2.BORDER_REPLICATE)
        there = (eyes + 0.5) * [width / SIDE, 1] + [left - 0.5, -0.5]
        middle = there.mean(0)
        return np.asarray(wide, np.uint8), there if near else eyes - eyes.mean(0) + middle

    return change


def far(side: int) -> Change:
    """Seen with so few px along its side."""

    def change(face: Pixels, eyes: Eyes, rng: np.random.Generator) -> tuple[Pixels, Eyes]:
        small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8), eyes

    return change


def nothing(face: Pixels, eyes: Eyes, rng: np.random.Generator) -> tuple[Pixels, Eyes]:
    """As it is."""
    return face, eyes


HARDSHIPS: dict[str, Change] = {
    "plain": nothing,
    "rims": rims,
    "sunglasses": sunglasses,
    "mask": mask,
    "light x .12": dark(0.12),
    "light x .08": dark(0.08),
    "contrast x .1": flat(0.1),
    "blur .06": blurred(0.06),
    "squeezed to 60 %": squeezed(0.6),
    "squeezed to 45 %": squeezed(0.45),
    "to 60 %, cut near": squeezed(0.6, near=True),
    "24 px": far(24),
    "16 px": far(16),
}


def changed(face: Pixels, eyes: Eyes, change: Change, rng: np.random.Generator) -> Pixels:
    """Paste a face, do something to it, and cut it again.

    Args:
        face: uint8 48x48.
        eyes: float64 2x2, its eyes in px.
        change: What is done.
        rng: Draws its details.

    Returns:
        uint8 48x48, as a model gets it.
    """
    large = np.asarray(cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
    after, there = change(large, (eyes + 0.5) * LARGER - 0.5, rng)
    picture = cv2.copyMakeBorder(after, *(MARGIN,) * 4, cv2.BORDER_CONSTANT, value=(int(after.mean()),))
    (ax, ay), (bx, by) = (there + MARGIN).tolist()
    return align(np.asarray(picture, np.uint8), ((ax, ay), (bx, by)), Crop())


def with_eyes(folder: Path) -> tuple[Faces, npt.NDArray[np.float64]]:
    """The validation faces whose eyes are known, and these, Nx2x2 px."""
    faces = aligned(data_set("ferplus", folder, size=48, channels=1)["validation"])
    faces = faces.by("ferplus").with_majority()
    assert faces.matrices is not None
    known = np.abs(faces.matrices - np.eye(2, 3)).max((1, 2)) > 0
    faces = faces.where(known)
    assert faces.matrices is not None
    crop = Crop()
    there = np.array([crop.left_eye, crop.right_eye]).T
    back = np.linalg.inv(faces.matrices[:, :, :2].astype(float))
    return faces, (back @ (there - faces.matrices[:, :, 2:])).transpose(0, 2, 1)


def main() -> int:
    """Print the share that each model reads rightly under each hardship."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    chosen = [opened(name) for name in sys.argv[2:] or [models.DEFAULT]]
    faces, eyes = with_eyes(Path(sys.argv[1]))
    named = ", ".join(one.name for one in chosen)
    print(f"{len(faces)} faces of {len(faces.labels)} emotions; in %, with 95 % intervals: {named}")
    for name, change in HARDSHIPS.items():
        rng = np.random.default_rng(0)
        pairs = zip(tqdm(np.asarray(faces.images), desc=name, leave=False, disable=None), eyes, strict=True)
        cuts = np.stack([changed(image[0], two, change, rng) for image, two in pairs])[:, None]
        done = replace(faces, images=cuts, matrices=None)
        told = []
        for model in chosen:
            figures = measure(model.answers_by(done).decided, done)
            low, high = figures.interval
            told.append(f"{100 * figures.accuracy:5.1f} ({100 * low:.1f}-{100 * high:.1f})")
        print(f"{name:18}" + "   ".join(told), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
