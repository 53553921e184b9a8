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
from emojicam.stream.records.record import Record, Span, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EMOJI = 26.6
"""Width of an emoji in points."""

MOST = 12
"""The largest number of people who have a row of their own: those who were seen longest."""

COLUMNS = 1500
"""Columns over which a record is spread: what is finer can't be seen."""

HEIGHTS = 10
"""Heights of a ribbon besides the lowest."""

LOWEST = 0.25
"""Height of a ribbon where the emotion is weakest, and of neutral, as a share of the full one."""

LONGEST = 90
"""Characters of a title; of a longer one the middle is left out."""

WIDTH = 12.5
"""Width of the picture; this and all that follows in inches, so that one bar is as thick as one of many."""
LEFT, RIBBONS = 1.45, 7.4
"""The left end of the ribbons, and their width."""
BARS, FULL = 10.3, 1.6
"""The left end of the shares' bars, and the width of one for 100 %."""
TOP, BOTTOM = 1.0, 0.45
"""Height of the titles, and of the marks on the axis with what is below it."""
ROW, LINE = 0.62, 0.32
"""Height of a person's row, and of an emotion's."""


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
    left_out = len(people) - len(rows)
    below = BOTTOM + 0.25 * (left_out > 0)
    height = TOP + max(ROW * len(rows) + below, LINE * len(shares) + 0.15)
    with drawing(WIDTH, height, theme, layout=None) as figure:

        def place(left: float, width: float, tall: float) -> Axes:
            """Axes below the titles, so wide and tall."""
            return figure.add_axes((left / WIDTH, (height - TOP - tall) / height, width / WIDTH, tall / height))

        figure.text(0.15 / WIDTH, 1 - 0.3 / height, _shortened(title), va="center", size=14, weight="bold")
        figure.text(0.15 / WIDTH, 1 - 0.62 / height, _subtitle(record), va="center", size=10, color=theme.faint)
        _ribbons(place(LEFT, RIBBONS, ROW * len(rows)), record, rows)
        if left_out > 0:
            more = f"{left_out} more {'person' if left_out == 1 else 'people'}, seen for a shorter time, not drawn"
            figure.text(LEFT / WIDTH, 0.14 / height, more, va="center", size=10, color=theme.faint)
        if shares:
            _bars(place(BARS, FULL, LINE * len(shares)), shares, theme)
        return png(figure)


def _shortened(title: str) -> str:
    # A file's name may hold bytes that are no text, which no font can draw.
    title = title.encode(errors="backslashreplace").decode()
    half = LONGEST // 2
    return title if len(title) <= LONGEST else f"{title[:half]}…{title[-half:]}"


def _subtitle(record: Record) -> str:
    """Tell how long a record is and how many are in it, and how it is read."""
    seconds = record.last + record.step - record.start
    seen = len([track for track in record.people if track])
    people = f" · {seen} {'person' if seen == 1 else 'people'}" if seen else ""
    read = " · the higher a ribbon, the stronger the emotion" if record.people else ""
    return f"{_clock(seconds, seconds)} long{people}{read}"


def _ribbons(axes: Axes, record: Record, rows: list[int]) -> None:
    """Draw the row of each person, over time."""
    start, end = record.start, record.last + record.step
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

    art = assets.emoji(THEME, emotion)
    picture: Any = OffsetImage(np.asarray(art), zoom=EMOJI / len(art))
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
    """Draw the share of time of each emotion as a bar, before one for all time."""
    names = list(shares)
    axes.set_title("share of time", size=11, loc="left")
    axes.barh(names, [100.0] * len(names), color=theme.grid, height=0.5)
    axes.barh(names, [100 * share for share in shares.values()], color=[colour_of(name) for name in names], height=0.5)
    for place, name in enumerate(names):
        axes.text(104, place, percent(shares[name]), va="center", color=theme.ink, size=10)
    axes.set_xlim(0, 100)
    axes.set_ylim(len(names) - 0.5, -0.5)
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
    """The start, the end, and round moments between them, about eight, in seconds, for the marks on the axis."""
    # Of what lasts for weeks, whole days as many as are needed.
    days = STEPS[-1] * math.ceil((end - start) / STEPS[-1] / 9)
    step = next((step for step in STEPS if (end - start) / step <= 9), days)
    first = math.ceil(start / step - 1e-9)
    round_ones = [number * step for number in range(first, math.floor(end / step + 1e-9) + 1)]
    # Two marks that are closer have letters that touch: hours, and parts of a second, are longer than minutes.
    near = (0.06 if 5 <= end - start < 3600 else 0.1) * (end - start)
    return [start, *(one for one in round_ones if start + near < one < end - near), end]


def _clock(seconds: float, span: float) -> str:
    """A moment as a watch shows it; finer for short clips."""
    minutes, rest = divmod(max(0.0, seconds) + 1e-6, 60)
    if span < 5:
        return f"{int(minutes)}:{rest:05.2f}" if span < 0.5 else f"{int(minutes)}:{rest:04.1f}"
    if span < 3600:
        return f"{int(minutes)}:{int(rest):02}"
    return f"{int(minutes // 60)}:{int(minutes % 60):02}:{int(rest):02}"
