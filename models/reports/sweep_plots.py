"""Pictures of a sweep, as PNG, in light and in dark colours. Needs matplotlib, which is imported late."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from emojicam.models.reports.figure import LIGHT, Theme, drawing, png
from emojicam.models.space import Dimension, Value
from emojicam.models.sweep import COMPLETE, METRICS, PRUNED, Sweep, Trial, said

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def course(sweep: Sweep, theme: Theme = LIGHT) -> bytes:
    """The metric of every trial in the order in which they were begun, and the best so far.

    Args:
        sweep: What was found.
        theme: Colours.

    Returns:
        A PNG.
    """
    with drawing(5.6, 3.2, theme) as figure:
        from matplotlib.ticker import MaxNLocator

        axes = figure.add_subplot()
        done, given_up = _scored(sweep, COMPLETE), _scored(sweep, PRUNED)
        _dots(axes, [t.number for t in done], [t.score for t in done], theme, label="trial")
        _dots(axes, [t.number for t in given_up], [t.score for t in given_up], theme, label="given up", hollow=True)
        if done:
            best = np.maximum.accumulate([t.score for t in done])
            last = max(t.number for t in sweep.trials)
            axes.step(
                [*(t.number for t in done), last],
                [*best, best[-1]],
                where="post",
                color=theme.series[1],
                label="best so far",
            )
        axes.set_xlabel("trial")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        _metric_axis(axes, sweep)
        handles, names = axes.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper center", ncols=3, columnspacing=1.4)
        return png(figure)


def importances(sweep: Sweep, theme: Theme = LIGHT) -> bytes:
    """A bar for each field: its share in what tells the best trials from the others.

    Args:
        sweep: What was found, with importances.
        theme: Colours.

    Returns:
        A PNG.
    """
    names, shares = list(sweep.importances), list(sweep.importances.values())
    with drawing(5.6, 0.9 + 0.36 * len(names), theme) as figure:
        axes = figure.add_subplot()
        places = list(range(len(names)))
        axes.barh(places, shares, 0.62, color=theme.series[0])
        for place, share in zip(places, shares, strict=True):
            axes.text(share + 0.01, place, f"{100 * share:.0f} %", va="center", color=theme.ink, size=10)
        axes.set_yticks(places, names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(0, 1.12 * max(shares) + 0.02)
        axes.tick_params(axis="y", length=0)
        axes.grid(False, axis="y")
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")
        axes.set_xlabel("share of what tells the best from the others")
        return png(figure)


def slices(sweep: Sweep, theme: Theme = LIGHT, columns: int = 2) -> bytes:
    """The metric of every trial by the value of each field; where there are few values, with their medians.

    Args:
        sweep: What was found.
        theme: Colours.
        columns: Fields beside each other.

    Returns:
        A PNG.
    """
    order = sorted(sweep.dimensions, key=lambda dimension: -sweep.importances.get(dimension.name, 0.0))
    rows = math.ceil(len(order) / columns)
    with drawing(6.6, 0.5 + 2.3 * rows, theme) as figure:
        grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
        for axes, dimension in zip(grid.flat, order, strict=False):
            _slice(axes, sweep, dimension, theme)
        for axes in grid.flat[len(order) :]:
            axes.set_axis_off()
        for row in grid:
            _metric_axis(row[0], sweep)
        keys = {
            label: handle for axes in grid.flat for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        if keys:
            figure.legend(list(keys.values()), list(keys), loc="outside upper center", ncols=3, columnspacing=1.4)
        return png(figure)


def _slice(axes: Axes, sweep: Sweep, dimension: Dimension, theme: Theme) -> None:
    name = dimension.name
    axes.set_title(name, size=11.5)
    chance = np.random.default_rng(0)  # dots that would lie on each other lie beside each other
    levels: list[Value] = list(dimension.values)
    for state, hollow, label in ((COMPLETE, False, "trial"), (PRUNED, True, "given up")):
        trials = [trial for trial in _scored(sweep, state) if name in trial.values]
        values = [trial.values[name] for trial in trials]
        x = [levels.index(v) + chance.uniform(-0.13, 0.13) if levels else float(v) for v in values]
        _dots(axes, x, [trial.score for trial in trials], theme, label=label, hollow=hollow)
    if levels:
        done = _scored(sweep, COMPLETE)
        tried = [(at, [t.score for t in done if t.values.get(name) == level]) for at, level in enumerate(levels)]
        middles = [(at, float(np.median(scores))) for at, scores in tried if scores]
        if middles:
            places, heights = zip(*middles, strict=True)
            starts, ends = [at - 0.3 for at in places], [at + 0.3 for at in places]
            axes.hlines(heights, starts, ends, color=theme.series[1], linewidth=2, label="median of a value")
        axes.set_xticks(range(len(levels)), [said(level) for level in levels])
        axes.set_xlim(-0.5, len(levels) - 0.5)
        return
    low, high = dimension.low, dimension.high
    if dimension.log:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_formatter(lambda value, _: f"{value:g}" if high < 10 * low else "")
        axes.set_xlim(low / (high / low) ** 0.05, high * (high / low) ** 0.05)
    else:
        axes.set_xlim(low - 0.05 * (high - low), high + 0.05 * (high - low))


def _scored(sweep: Sweep, state: str) -> list[Trial]:
    return [trial for trial in sweep.trials if trial.state == state and math.isfinite(trial.score)]


def _dots(
    axes: Axes, x: list[float] | list[int], y: list[float], theme: Theme, *, label: str, hollow: bool = False
) -> None:
    if x:
        face = theme.ground if hollow else theme.series[0]
        edge = theme.faint if hollow else theme.ground
        axes.scatter(x, y, s=34, color=face, edgecolors=edge, linewidths=1.1, label=label, zorder=3)


def _metric_axis(axes: Axes, sweep: Sweep) -> None:
    axes.set_ylabel(METRICS[sweep.metric])
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")
