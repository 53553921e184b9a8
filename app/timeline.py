"""The picture of a record: who showed what, and when."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from emojicam import assets
from emojicam.models.card import EMOTIONS
from emojicam.models.reports.figure import LIGHT, Theme, drawing, png
from emojicam.stream.choices import THEME
from emojicam.stream.drawing.colours import colour_of
from emojicam.stream.records.record import Record, Span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 12
"""The largest number of people who have a row of their own: those who were seen longest."""

COLUMNS = 1500
"""Columns over which a record is spread: what is finer can't be seen."""


HEIGHTS = 10
"""Heights of a ribbon besides the lowest."""

LOWEST = 0.25
"""Height of a ribbon where the emotion is weakest, and of neutral, as a share of the full one."""


def timeline(record: Record, title: str, theme: Theme = LIGHT) -> bytes:
    """Draw who showed what, when, and how strongly, and the share of time of each emotion.

    Each person has a ribbon, as high as the emotion is strong, and the emoji of what they showed most.

    Args:
        record: What was seen in one video, with at least one frame.
        title: The heading above it.
        theme: The colours of all but the emotions.

    Returns:
        A PNG.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    people = sorted(record.people, key=lambda track: -record.seconds(track))
    rows = sorted(people[:MOST]) or [0]
    shares = record.shares()
    start, end = record.start, record.last + record.step
    with drawing(12.5, 1.9 + 0.62 * len(rows) + 0.34 * max(0, len(shares) - 2 * len(rows)), theme) as figure:
        grid = figure.add_gridspec(1, 2, width_ratios=[4.6, 1])
        axes, bars = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
        # A file's name may hold bytes that are no text, which no font can draw.
        figure.suptitle(title.encode(errors="backslashreplace").decode(), x=0.01, ha="left", size=14, weight="bold")
        for place, track in enumerate(rows):
            _ribbon(axes, record, track, place, start, end)
        axes.set_xlim(start, end)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks(range(len(rows)), [_name(track, record) for track in rows])
        axes.tick_params(axis="y", length=0, pad=34)
        axes.set_xticks(_ticks(start, end))
        axes.xaxis.set_major_formatter(lambda value, _: _clock(value, end - start))
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        left_out = len(people) - len(rows)
        if left_out > 0:
            axes.set_xlabel(f"{left_out} more people, seen for a shorter time, have no row", color=theme.faint)
        _bars(bars, shares, theme)
        return png(figure)


def _ribbon(axes: Axes, record: Record, track: int, place: int, start: float, end: float) -> None:
    """Draw what one person showed over time."""
    if track not in record.people:
        axes.text((start + end) / 2, place, "no face was seen", ha="center", va="center")
        return
    spans = record.spans(track)
    finest = (end - start) / COLUMNS
    for number, step in sorted({(span.emotion, _step(span)) for span in spans}):
        parts: list[list[float]] = []
        for span in spans:
            if (span.emotion, _step(span)) != (number, step):
                continue
            a, b = span.start, span.end
            if parts and a - sum(parts[-1]) < finest:  # what can't be told apart is drawn as one
                parts[-1][1] = b - parts[-1][0]
            else:
                parts.append([a, b - a])
        height = 0.66 * (LOWEST + (1 - LOWEST) * step / HEIGHTS)
        axes.broken_barh(
            [(a, max(width, finest)) for a, width in parts],
            (place + 0.33 - height, height),
            facecolors=colour_of(record.emotions[number]),
            linewidth=0,
        )
    _thumbnail(axes, record.main_emotion(track), place)


def _step(span: Span) -> int:
    return round(HEIGHTS * span.degree)


def _thumbnail(axes: Axes, emotion: str, place: int) -> None:
    """Put an emotion's emoji to the left of a row, if it has one."""
    if emotion not in EMOTIONS:
        return
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    picture: Any = OffsetImage(np.asarray(assets.emoji(THEME, emotion)), zoom=0.052)
    axes.add_artist(
        AnnotationBbox(
            picture,
            (0, place),
            xybox=(-17, 0),
            xycoords=("axes fraction", "data"),
            boxcoords="offset points",
            frameon=False,
        )
    )


def _bars(axes: Axes, shares: dict[str, float], theme: Theme) -> None:
    """Draw the share of time of each emotion as bars."""
    names = list(shares)[::-1]
    axes.set_title("share of time", size=11, loc="left")
    axes.barh(names, [100 * shares[name] for name in names], color=[colour_of(name) for name in names], height=0.62)
    for place, name in enumerate(names):
        share = 100 * shares[name]
        axes.text(
            share + 2, place, f"{share:.0f} %" if share >= 0.5 else "< 1 %", va="center", color=theme.ink, size=10
        )
    axes.set_xlim(0, 128)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _name(track: int, record: Record) -> str:
    if not record.people:
        return ""
    return f"person {track}" if track else "all faces"


STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400)
"""Seconds that may lie between two marks on the axis."""


def _ticks(start: float, end: float) -> list[float]:
    """Round moments in seconds, about eight of them, for the marks on the axis."""
    # Of what lasts for weeks, whole days as many as are needed.
    days = STEPS[-1] * math.ceil((end - start) / STEPS[-1] / 9)
    step = next((step for step in STEPS if (end - start) / step <= 9), days)
    first = math.ceil(start / step - 1e-9)
    return [number * step for number in range(first, math.floor(end / step + 1e-9) + 1)]


def _clock(seconds: float, span: float) -> str:
    """A moment as a watch shows it; finer for short clips."""
    minutes, rest = divmod(max(0.0, seconds) + 1e-6, 60)
    if span < 5:
        return f"{int(minutes)}:{rest:04.1f}"
    if span < 3600:
        return f"{int(minutes)}:{int(rest):02}"
    return f"{int(minutes // 60)}:{int(minutes % 60):02}:{int(rest):02}"
