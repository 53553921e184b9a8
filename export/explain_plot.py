"""The picture that `emojicam explain` leaves: each face, where the net looked, and what it answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emojicam.models.reports.figure import LIGHT, Theme, drawing, png

BARS = 1.3
"""Width of the bars, as a share of a picture's."""


@dataclass(frozen=True)
class Explained:
    """One face that is explained, with the net's answer to it.

    Attributes:
        face: uint8 SxS or SxSx3 RGB, as the net sees it.
        labels: K emotions.
        p: K probabilities.
        heats: float32 SxS, 0-1, where the evidence lies, for each of the likeliest emotions, the first first.
        number: The face's in its photo.
    """

    face: npt.NDArray[np.uint8]
    labels: tuple[str, ...]
    p: tuple[float, ...]
    heats: tuple[npt.NDArray[np.float32], ...]
    number: int = 1

    @property
    def order(self) -> list[int]:
        """The emotions' numbers, the likeliest first."""
        return sorted(range(len(self.p)), key=self.p.__getitem__, reverse=True)


def explanation(faces: Sequence[Explained], title: str, theme: Theme = LIGHT) -> bytes:
    """Draw a row for each face: as the net sees it, where the evidence for its likeliest emotions lies, all scores.

    Args:
        faces: The faces, at least one.
        title: The heading over all.
        theme: Colours.

    Returns:
        A PNG.
    """
    shown = len(faces[0].heats)
    with drawing(2.3 * (1 + shown) + 3.2, 0.7 + 2.6 * len(faces), theme) as figure:
        grid = figure.subplots(len(faces), 2 + shown, squeeze=False, width_ratios=[*[1] * (1 + shown), BARS])
        figure.suptitle(title, x=0.01, ha="left")
        for row, face in zip(grid, faces, strict=True):
            picture = face.face if face.face.ndim == 3 else np.repeat(face.face[..., None], 3, 2)
            row[0].imshow(picture, interpolation="nearest")
            row[0].set_title(
                f"face {face.number}, as the net sees it" if len(faces) > 1 else "as the net sees it", size=9
            )
            for place, (axes, heat) in enumerate(zip(row[1:], face.heats, strict=False)):
                at = face.order[place]
                axes.imshow(picture, interpolation="bilinear")
                axes.imshow(heat, cmap="inferno", alpha=0.25 + 0.5 * heat, vmin=0, vmax=1, interpolation="bilinear")
                axes.set_title(f"for {face.labels[at]} ({_percent(face.p[at])} %)", size=9)
            for axes in row[:-1]:
                axes.set_axis_off()
            bars = row[-1]
            ordered = face.order[::-1]
            colours = [theme.faint] * len(ordered)
            colours[len(ordered) - shown :] = [theme.series[0]] * shown
            bars.barh([face.labels[at] for at in ordered], [100 * face.p[at] for at in ordered], color=colours)
            for y, at in enumerate(ordered):
                bars.text(100 * face.p[at] + 1.5, y, _percent(face.p[at]), va="center", size=8.5, color=theme.ink)
            bars.set_xlim(0, 112)
            bars.set_box_aspect(1 / BARS)  # as high as the pictures, which are square
            bars.grid(visible=False)
            bars.set_xticks([])
            bars.tick_params(length=0, labelsize=9)
            bars.set_title("score, %", size=9)
            for side in bars.spines.values():
                side.set_visible(False)
        return png(figure)


def _percent(p: float) -> str:
    return f"{100 * p:.0f}" if p >= 0.005 else "< 1"
