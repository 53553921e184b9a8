"""The style that all our pictures share: colours, letters, and a figure to draw on. matplotlib is imported late.

The colours of series are those of Okabe and Ito (2008), which people with any kind of colour blindness tell apart; they
differ in lightness as well.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from emojicam.errors import DeviceError, MissingExtra, first_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.typing import ColorType

DPI = 180


@dataclass(frozen=True)
class Theme:
    """The colours that a picture is drawn in, as #rrggbb.

    Attributes:
        ground: The ground behind everything.
        ink: Letters.
        faint: Axes and side notes.
        grid: Lines of the grid, and empty cells.
        deep: The end of a sequential scale.
        series: One a curve or bar, at most four at a time.
        gap: What is missing or too much.
    """

    ground: str
    ink: str
    faint: str
    grid: str
    deep: str
    series: tuple[str, str, str, str]
    gap: str


LIGHT = Theme(
    "#ffffff", "#1c2126", "#5c6670", "#e3e7eb", "#0b4f80", ("#0072b2", "#e69f00", "#4d5761", "#009e73"), "#d55e00"
)
DARK = Theme(
    "#15191e", "#e6e9ec", "#98a2ad", "#2c333b", "#8fd0f7", ("#56b4e9", "#e69f00", "#b4bcc5", "#2fc79b"), "#f08a4b"
)


def mixed(colour: str, other: str, share: float) -> str:
    """Mix a share of one colour into another, all as #rrggbb."""
    from matplotlib.colors import to_hex, to_rgb

    mean = [share * one + (1 - share) * two for one, two in zip(to_rgb(colour), to_rgb(other), strict=True)]
    return to_hex((mean[0], mean[1], mean[2]))


def contrast(one: ColorType, other: ColorType) -> float:
    """The contrast of one colour on another: 1 (it can't be read) to 21 (WCAG 2.2)."""
    from matplotlib.colors import to_rgb

    levels = []
    for colour in (one, other):
        c = np.array(to_rgb(colour))
        levels.append(float(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)))
    return (max(levels) + 0.05) / (min(levels) + 0.05)


def need_matplotlib() -> None:
    """Find out early whether pictures can be drawn.

    Raises:
        MissingExtra: matplotlib is not installed.
        DeviceError: It can't be loaded.
    """
    try:
        with _without_wishes():
            import matplotlib.backends.backend_agg
            import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingExtra("matplotlib", "train") from error
    except (OSError, ValueError) as error:  # a settings file that is no text is the folder's, or the user's
        raise DeviceError(f"matplotlib can't be loaded, perhaps for a matplotlibrc: {first_line(error)}") from error


@contextmanager
def _without_wishes() -> Iterator[None]:
    """Import matplotlib without the backend that the environment asks for, and without its word on settings files.

    A backend that isn't there would be an error; what the files say is replaced when we draw.
    """
    log = logging.getLogger("matplotlib")
    level, backend = log.level, os.environ.pop("MPLBACKEND", None)
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
        if backend is not None:
            os.environ["MPLBACKEND"] = backend


@contextmanager
def drawing(
    width: float, height: float, theme: Theme, layout: Literal["constrained"] | None = "constrained"
) -> Iterator[Figure]:
    """A figure of so many inches, in our style; nothing of matplotlib's global state is left changed.

    What a matplotlibrc says, in the current folder or the user's, is for the user's own pictures.
    """
    need_matplotlib()
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 11,
        "text.parse_math": False,  # a label may hold a dollar sign
        "text.color": theme.ink,
        "figure.constrained_layout.w_pad": 0.1,
        "figure.constrained_layout.h_pad": 0.1,
        "axes.titlesize": 12.5,
        "axes.titleweight": "bold",
        "axes.titlepad": 10,
        "axes.labelcolor": theme.ink,
        "axes.edgecolor": theme.faint,
        "axes.facecolor": theme.ground,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": theme.grid,
        "xtick.color": theme.faint,
        "ytick.color": theme.faint,
        "xtick.labelcolor": theme.ink,
        "ytick.labelcolor": theme.ink,
        "figure.facecolor": theme.ground,
        "legend.frameon": False,
        "legend.fontsize": 10.5,
        "lines.linewidth": 2,
        "hatch.linewidth": 0.8,
        "savefig.dpi": DPI,
    }
    default: dict[Any, Any] = {name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"}
    with matplotlib.rc_context({**default, **style}):
        figure = Figure(figsize=(width, height), dpi=DPI, layout=layout)
        FigureCanvasAgg(figure)
        yield figure


def png(figure: Figure, *, grow: bool = False) -> bytes:
    """A figure as a PNG; it may grow to hold letters that stand outside it."""
    file = io.BytesIO()
    box = "tight" if grow else None
    figure.savefig(file, format="png", metadata={"Software": None}, bbox_inches=box, pad_inches=0.1)
    return file.getvalue()


def pixels(figure: Figure) -> npt.NDArray[np.uint8]:
    """A figure as a picture, uint8 HxWx3 RGB."""
    file = io.BytesIO()
    figure.savefig(file, format="rgba")
    width, height = figure.canvas.get_width_height()
    return np.frombuffer(file.getvalue(), np.uint8).reshape(height, width, 4)[..., :3].copy()
