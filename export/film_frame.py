"""One picture of the film that `emojicam train --film` makes: faces, what the net says of them, and how far it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emojicam.export.explain_plot import Explained
from emojicam.models.history import History
from emojicam.models.reports.figure import DPI, LIGHT, Theme, drawing, pixels
from emojicam.models.reports.plots import percent, resized, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Picture = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
ROWS = 4
MOST = 2 * ROWS
"""Faces that there is room for."""

BARS = 10
"""Emotions that there is room for beside a face."""

FACE = 124
LEFT, TOP, GAP = 20, 66, 8
COLUMN, ROW = 472, 162
PANEL = 978
"""Places and sizes, px: a column of faces, a row of them, and where the panel at the right begins."""


@dataclass(frozen=True)
class Watched:
    """A face that the film shows, with the net's answer to it.

    Attributes:
        explained: The face and the answer; the first of its `heats` is shown.
        truth: Number of the right emotion.
    """

    explained: Explained
    truth: int


def film_frame(faces: Sequence[Watched], history: History, title: str, theme: Theme = LIGHT) -> Picture:
    """Draw what a net says of some faces after an epoch, and its curves until then.

    Args:
        faces: At most `MOST`, all with the same labels.
        history: The epochs until now, at least one.
        title: What is trained.
        theme: Colours.

    Returns:
        uint8 720x1280x3, RGB.
    """
    with drawing(WIDTH / DPI, HEIGHT / DPI, theme, layout=None) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(HEIGHT, 0)
        axes.text(LEFT, 34, title, size=_size(22), weight="bold", va="center")
        note = "Each face and its label; beside it where the evidence for the net's answer lies. Orange: it is wrong."
        axes.text(LEFT, HEIGHT - 10, note, size=_size(12), color=theme.faint, va="center")
        for number, face in enumerate(faces):
            column, row = divmod(number, ROWS)
            _face(axes, face, LEFT + column * COLUMN, TOP + row * ROW, theme)
        _panel(figure, axes, history, theme)
        return pixels(figure)


def _face(axes: Axes, face: Watched, left: int, top: int, theme: Theme) -> None:
    told, truth = face.explained, face.truth
    answer = told.order[0]
    right = answer == truth
    colour = theme.series[3] if right else theme.gap
    seen = resized(told.face if told.face.ndim == 3 else np.repeat(told.face[..., None], 3, 2), FACE)
    for at, picture in enumerate((seen, _heated(seen, told.heats[0]))):
        x = left + at * (FACE + GAP)
        axes.imshow(picture, extent=(x, x + FACE, top + FACE, top), interpolation="nearest", aspect="auto")
    said = top + FACE + 13
    axes.text(left, said, shortened(told.labels[truth]), size=_size(14), va="center")
    mark = "✓" if right else "→"
    words = f"{mark} {shortened(told.labels[answer])}"
    axes.text(left + FACE + GAP, said, words, size=_size(14), va="center", color=colour)
    shown = list(range(len(told.labels)))
    if len(shown) > BARS:  # the truth, and the likeliest others
        shown = sorted([truth, *[at for at in told.order if at != truth][: BARS - 1]])
    names, bars, full = left + 2 * (FACE + GAP) + 82, left + 2 * (FACE + GAP) + 88, 62
    step = FACE / len(shown)
    for place, at in enumerate(shown):
        y, p = top + (place + 0.5) * step, told.p[at]
        mine = at == truth
        weight, ink = ("bold", theme.ink) if mine else ("normal", theme.faint)
        size = _size(min(12.5, step * 0.9))
        look: dict[str, Any] = {"size": size, "va": "center", "color": ink, "weight": weight}
        axes.text(names, y, shortened(told.labels[at], 10), ha="right", **look)
        filled = colour if at == answer else theme.series[3] if mine else theme.faint
        for width, shade in ((full, theme.grid), (full * p, filled)):
            axes.fill_between([bars, bars + width], y - step * 0.36, y + step * 0.36, color=shade, linewidth=0)
        axes.text(bars + full + 5, y, percent(p), **look)


def _heated(face: Picture, heat: npt.NDArray[np.float32]) -> Picture:
    """A face, uint8 SxSx3, under the heat, float32 TxT, of what speaks for an emotion."""
    import cv2
    from matplotlib import colormaps

    heat = np.clip(cv2.resize(heat, face.shape[:2], interpolation=cv2.INTER_LINEAR), 0, 1)
    share = (0.25 + 0.5 * heat)[..., None]
    return np.asarray(np.rint(face * (1 - share) + 255 * colormaps["inferno"](heat)[..., :3] * share), np.uint8)


def _panel(figure: Figure, axes: Axes, history: History, theme: Theme) -> None:
    """The number of the epoch, the accuracies, and their curves."""
    from matplotlib.ticker import MaxNLocator

    epoch = history.epochs[-1]
    there = history.curve("epochs")[-1]
    most = max(epoch, int(there) if math.isfinite(there) else 0)
    axes.text(PANEL, 96, f"epoch {epoch}", size=_size(40), weight="bold", va="center")
    axes.text(PANEL, 134, f"of {most}", size=_size(18), va="center", color=theme.faint)
    found = history.accuracies
    first = next(iter(history.sets), "")
    curves = {"training": found.get("training"), "validation": found.get(first)}
    colours = {"training": theme.series[1], "validation": theme.series[0]}
    place = 190
    for name, curve in curves.items():
        if curve:
            axes.text(PANEL, place, name, size=_size(17), va="center", color=colours[name], weight="bold")
            number = f"{100 * curve[-1]:.1f} %" if math.isfinite(curve[-1]) else "–"
            axes.text(WIDTH - LEFT, place, number, size=_size(22), va="center", ha="right", weight="bold")
            place += 36
    left, bottom, width, height = PANEL + 44, 90, WIDTH - LEFT - PANEL - 44, 350
    inner = figure.add_axes((left / WIDTH, bottom / HEIGHT, width / WIDTH, height / HEIGHT))
    for name, curve in curves.items():
        if curve:
            inner.plot(history.epochs, curve, color=colours[name], linewidth=1.6, clip_on=False)
            inner.plot(history.epochs[-1:], curve[-1:], "o", color=colours[name], markersize=3.5, clip_on=False)
    inner.set_xlim(1, max(most, 2))
    inner.set_ylim(0, 1)
    inner.set_yticks(np.linspace(0, 1, 6), [f"{share:.0f} %" for share in np.linspace(0, 100, 6)])
    inner.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    inner.tick_params(labelsize=_size(13), width=0.5, length=2)
    inner.grid(linewidth=0.5)
    inner.spines[:].set_linewidth(0.5)
    inner.set_title("accuracy", size=_size(14), loc="left", weight="normal", color=theme.faint, pad=4)
    inner.set_xlabel("epoch", size=_size(13))


def _size(pixels: float) -> float:
    """The size of letters in points that makes them so many px high."""
    return pixels * 72 / DPI
