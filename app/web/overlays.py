"""The overlays that draw for all visitors, each in their own theme and style."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from emojicam.stream.choices import Style
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.types import Drawn, Judged
from emojicam.wiring import overlay


class Overlays:
    """An overlay for each theme and style. May be used by any thread; each overlay draws for one at a time."""

    def __init__(self, themes: Mapping[str, Path], labels: Sequence[str], *, sharp: bool = False) -> None:
        """Read the pictures of all themes.

        Args:
            themes: Folders by name.
            labels: The emotions.
            sharp: The emoji of large faces are drawn anew, a second in which all other visitors wait.

        Raises:
            UsageError: A theme lacks a picture.
        """
        first = {name: overlay(folder, labels, Style.COVER, sharp=sharp) for name, folder in themes.items()}
        self._overlays: dict[tuple[str, Style], tuple[threading.Lock, Overlay]] = {
            (name, style): (threading.Lock(), draw.apart(style)) for name, draw in first.items() for style in Style
        }

    def __call__(self, judged: Judged, theme: str, style: Style) -> Drawn:
        """Draw on a copy of the frame."""
        lock, draw = self._overlays[theme, style]
        with lock:
            return draw(judged)
