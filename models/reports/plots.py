"""Pictures of an evaluation, as PNG, in light and in dark colours. Needs matplotlib, which is imported late.

Each is narrow for the size of its letters, so that it can still be read on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.models.data.rows import Images
from emojicam.models.evaluate import Bins, Figures, Mistake, wilson
from emojicam.models.history import Best, History
from emojicam.models.reports.figure import DPI, LIGHT, Theme, contrast, drawing, mixed, png

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axis import Axis

TILE = 176
"""Width and height of a face on the sheet of mistakes, px."""


def confusion(figures: Figures, theme: Theme = LIGHT) -> bytes:
    """The confusion matrix: in each cell the share of its row in per cent, and below it the count.

    Args:
        figures: What was measured.
        theme: Colours.

    Returns:
        A PNG.
    """
    counts, support = figures.confusion, figures.support
    shares = counts / np.maximum(1, support)[:, None]
    names = [shortened(label) for label in figures.labels]
    k = len(names)
    side = max(3.2, 0.66 * k)
    with drawing(side, side, theme, layout=None) as figure:
        from matplotlib.colors import LinearSegmentedColormap

        axes = figure.add_axes((0, 0, 1, 1))  # the letters stand outside; the PNG grows to hold them
        scale = LinearSegmentedColormap.from_list("shares", [theme.ground, theme.deep])
        axes.imshow(shares, cmap=scale, vmin=0, vmax=1, aspect="equal")
        for row in range(k):
            for column in range(k):
                count, share = int(counts[row, column]), float(shares[row, column])
                if not count:
                    axes.text(column, row, "0" if support[row] else "–", ha="center", va="center", color=theme.faint)
                    continue
                ground = scale(share)
                colour = max((theme.ink, theme.ground), key=lambda letters: contrast(letters, ground))
                weight = "bold" if row == column else "normal"
                said = percent(share) if share >= 0.005 else "< 1 %"
                axes.text(column, row - 0.13, said, ha="center", va="center", color=colour, size=12, weight=weight)
                axes.text(column, row + 0.24, f"{count:,}", ha="center", va="center", color=colour, size=9.5)
        axes.set_xticks(range(k), names, rotation=40, ha="left", rotation_mode="anchor")
        axes.set_yticks(range(k), [f"{name}\n{_faces(n)}" for name, n in zip(names, support.tolist(), strict=True)])
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set_xlabel("answer", color=theme.faint)
        axes.set_ylabel("truth", color=theme.faint)
        axes.tick_params(length=0)
        axes.set_xticks(np.arange(k + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(k + 1) - 0.5, minor=True)
        axes.grid(False)
        axes.grid(which="minor", color=theme.grid, linewidth=1)
        axes.tick_params(which="minor", length=0)
        axes.spines[:].set_visible(False)
        return png(figure, grow=True)


def reliability(bins: Bins, error: float, theme: Theme = LIGHT) -> bytes:
    """The reliability diagram (Niculescu-Mizil and Caruana 2005): accuracy by confidence, the gap, how many faces.

    Args:
        bins: Bins of confidences.
        error: Expected calibration error, 0-1, for the title.
        theme: Colours.

    Returns:
        A PNG.
    """
    width = 1 / len(bins.faces)
    middles = (bins.edges[:-1] + bins.edges[1:]) / 2
    some = bins.faces > 0
    x, right, sure, faces = middles[some], bins.accuracy[some], bins.confidence[some], bins.faces[some]
    ends = np.array([wilson(round(share * n), n) for share, n in zip(right, faces.tolist(), strict=True)]).reshape(
        -1, 2
    )
    less, more = np.minimum(right, sure), np.maximum(right, sure)
    with drawing(5.6, 6.0, theme) as figure:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        bar = 0.9 * width
        above.bar(x, less, bar, color=theme.series[0])
        keys: list[Artist] = [Patch(color=theme.series[0], label="accuracy")]
        for over, colour, hatch, label in (
            (True, theme.gap, "////", "too sure: confidence higher"),
            (False, theme.series[0], "\\\\\\\\", "too modest: confidence lower"),
        ):
            these = (sure > right) == over
            look: dict[str, Any] = {
                "facecolor": mixed(colour, theme.ground, 0.3),
                "edgecolor": colour,
                "hatch": hatch,
                "linewidth": 0.8,
            }
            above.bar(x[these], (more - less)[these], bar, bottom=less[these], **look)
            keys.append(Patch(label=label, **look))
        above.vlines(x, ends[:, 0], ends[:, 1], color=theme.ink, linewidth=1.3)
        keys.insert(1, Line2D([], [], color=theme.ink, linewidth=1.3, label="its 95 % interval"))
        above.plot([0, 1], [0, 1], color=theme.faint, linestyle=(0, (4, 3)), linewidth=1.2)
        above.set_ylim(0, 1.02)
        above.set_ylabel("accuracy")
        above.set_title(f"Expected calibration error {'unknown' if math.isnan(error) else f'{100 * error:.1f} %'}")
        figure.legend(handles=keys, loc="outside lower center", ncols=2, columnspacing=1.4, fontsize=9.5)
        below.bar(middles, bins.faces / max(1, bins.faces.sum()), 0.92 * width, color=theme.series[2])
        below.set_ylabel("share of\nthe faces")
        below.set_xlabel("confidence")
        below.set_xlim(0, 1)
        below.set_xticks(np.linspace(0, 1, 6))
        for axes in (above, below):
            _percent_axis(axes.yaxis)
        _percent_axis(below.xaxis)
        figure.align_ylabels([above, below])
        return png(figure)


def by_class(figures: Figures, theme: Theme = LIGHT) -> bytes:
    """Bars of precision, recall (with its 95 % interval) and F1 of each class, with its number of faces.

    Args:
        figures: What was measured.
        theme: Colours.

    Returns:
        A PNG.
    """
    k = len(figures.labels)
    ends = np.array(
        [wilson(int(hits), int(n)) for hits, n in zip(np.diag(figures.confusion), figures.support, strict=True)]
    )
    series = (("precision", figures.precision), ("recall", figures.recall), ("F1", figures.f1))
    with drawing(5.6, 1.3 + 0.62 * k, theme) as figure:
        axes = figure.add_subplot()
        for number, (name, values) in enumerate(series):
            y = np.arange(k) + 0.26 * (number - 1)
            axes.barh(y, np.nan_to_num(values), 0.23, color=theme.series[number], label=name)
            for place in y[np.isnan(values)]:
                axes.text(0.008, place, "–", va="center", color=theme.faint, size=9)
            if name == "recall":
                there = figures.support > 0
                axes.hlines(
                    y[there], ends[there, 0], ends[there, 1], color=theme.ink, linewidth=1.4, label="95 % interval"
                )
        counts = figures.support.tolist()
        names = [f"{shortened(label)}\n{_faces(n)}" for label, n in zip(figures.labels, counts, strict=True)]
        axes.set_yticks(range(k), names)
        axes.set_ylim(k - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.tick_params(axis="y", length=0)
        axes.grid(False, axis="y")
        _percent_axis(axes.xaxis)
        handles, names = axes.get_legend_handles_labels()
        order = sorted(range(len(names)), key=lambda at: names[at] == "95 % interval")
        figure.legend(
            [handles[at] for at in order],
            [names[at] for at in order],
            loc="outside upper center",
            ncols=4,
            columnspacing=1.2,
            handlelength=1.4,
            handletextpad=0.5,
        )
        return png(figure)


def curves(history: History, choose: str = "accuracy", theme: Theme = LIGHT) -> bytes:
    """Curves of loss and accuracy over the epochs; rings mark the epoch that was kept for each label set.

    Args:
        history: The epochs of a run.
        choose: What the best epoch was chosen by: "accuracy", "macro_f1" or "loss".
        theme: Colours.

    Returns:
        A PNG.
    """
    colours = {name: theme.series[number % 4] for number, name in enumerate(history.sets)}
    colours["training"] = theme.series[2] if len(colours) < 3 else theme.faint
    kept = {name: best for name in history.sets if (best := history.best(name, choose))}
    parts = [("loss", history.losses), ("accuracy", history.accuracies)]
    parts = [(name, found) for name, found in parts if found]
    with drawing(5.6, 0.6 + 2.7 * max(1, len(parts)), theme) as figure:
        from matplotlib.ticker import MaxNLocator

        rows = figure.subplots(max(1, len(parts)), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (title, found) in zip(rows, parts, strict=False):
            for name, curve in found.items():
                training = name == "training"
                label = name if training or name == "validation" else f"{name}, validation"
                dot = "o" if len(curve) == 1 else ""
                style = (0, (4, 2)) if training and len(found) > 1 else "-"
                axes.plot(history.epochs, curve, color=colours[name], label=label, marker=dot, linestyle=style)
                if name in kept:
                    at = kept[name].epoch
                    value = curve[history.epochs.index(at)]
                    axes.axvline(at, color=colours[name], linewidth=1, linestyle=(0, (1, 2)))
                    axes.plot(
                        [at],
                        [value],
                        "o",
                        color=theme.ground,
                        markeredgecolor=colours[name],
                        markersize=8,
                        markeredgewidth=2,
                    )
            axes.set_ylabel(title)
            axes.margins(y=0.12)
            axes.legend(loc="best")
            if title == "accuracy":
                _percent_axis(axes.yaxis)
        if kept:
            rows[0].set_title("\n".join(_kept(name, best, choose) for name, best in kept.items()))
        rows[-1].set_xlabel("epoch")
        rows[-1].set_xlim(history.epochs[0] - 1, history.epochs[-1] + 1)
        rows[-1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        return png(figure)


def mistakes(images: Images, found: Sequence[Mistake], theme: Theme = LIGHT, columns: int = 8) -> bytes:
    """A sheet of faces, each with its truth, the wrong answer and how sure it was.

    Args:
        images: uint8 NxCxSxS, grey or RGB; the mistakes' indices point into it.
        found: The mistakes, at least one.
        theme: Colours.
        columns: Faces a row.

    Returns:
        A PNG.
    """
    columns = min(columns, len(found))
    rows = math.ceil(len(found) / columns)
    gap, caption, margin = 18, 60, 18
    width = 2 * margin + columns * (TILE + gap) - gap
    height = 2 * margin + rows * (TILE + caption)
    with drawing(width / DPI, height / DPI, theme, layout=None) as figure:
        from matplotlib.colors import to_rgb

        sheet = np.empty((height, width, 3), np.uint8)
        sheet[:] = np.round(255 * np.array(to_rgb(theme.ground)))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(-0.5, width - 0.5)
        axes.set_ylim(height - 0.5, -0.5)
        for number, mistake in enumerate(found):
            row, column = divmod(number, columns)
            left, top = margin + column * (TILE + gap), margin + row * (TILE + caption)
            sheet[top : top + TILE, left : left + TILE] = resized(rgb(images[mistake.index]), TILE)
            size = 16.8 * 72 / DPI
            axes.text(left, top + TILE + 6, shortened(mistake.truth), va="top", size=size)
            axes.text(left, top + TILE + 27, f"→ {shortened(mistake.answer, 10)}", va="top", size=size, color=theme.gap)
            said, right = percent(mistake.confidence), left + TILE - 1
            axes.text(right, top + TILE + 27, said, va="top", ha="right", size=size, color=theme.gap)
        axes.imshow(sheet, extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="nearest", aspect="auto")
        return png(figure)


def rgb(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A face as an RGB picture.

    Args:
        image: uint8 CxSxS, one channel (grey) or three (RGB).

    Returns:
        uint8 SxSx3, RGB.
    """
    return np.ascontiguousarray(np.moveaxis(np.broadcast_to(image, (3, *image.shape[1:])), 0, 2))


def resized(picture: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """A picture, uint8 HxWx3, at another size: low-passed where it shrinks, smooth where it grows."""
    how = cv2.INTER_AREA if picture.shape[0] > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (size, size), interpolation=how), np.uint8)


def shortened(label: str, most: int = 16) -> str:
    """A label in one line, cut to at most so many letters."""
    label = " ".join(label.split())
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"


def percent(share: float) -> str:
    """A share, 0-1, as text: whole per cents, or tenths where it would look like certainty."""
    return f"{100 * share:.1f} %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def _percent_axis(axis: Axis) -> None:
    axis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")


def _kept(name: str, best: Best, choose: str) -> str:
    value = f"{best.value:.3f}" if choose == "loss" else f"{100 * best.value:.1f} %"
    start = "Best" if name == "validation" else f"{shortened(name)}: best"
    return f"{start} epoch {best.epoch}, {choose.replace('_', ' ')} {value}"


def _faces(count: int) -> str:
    return f"{count:,} face{'' if count == 1 else 's'}"
