"""The overlays that draw for all visitors, each in their own theme and style."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from emojicam.stream.choices import SCALE, SHADOW, Style
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.types import Drawn, Judged
from emojicam.wiring import overlay


class Overlays:
    """An overlay for each theme and style. May be used by any thread; each overlay draws for one at a time."""

    def __init__(
        self, themes: Mapping[str, Path], labels: Sequence[str], *, scale: float = SCALE, shadow: bool = SHADOW
    ) -> None:
        """Read the pictures of all themes.

        Args:
            themes: Folders by name.
            labels: The emotions.
            scale: Factor of the usual size.
            shadow: Covers cast a soft shadow.

        Raises:
            UsageError: A theme lacks a picture.
        """
        self._overlays: dict[tuple[str, Style], tuple[threading.Lock, Overlay]] = {
            (name, style): (threading.Lock(), overlay(folder, labels, style, scale=scale, shadow=shadow))
            for name, folder in themes.items()
            for style in Style
        }

    def __call__(self, judged: Judged, theme: str, style: Style, *, shadow: bool = True) -> Drawn:
        """Draw on a copy of the frame, with shadows if there are to be any and `shadow` is said."""
        lock, draw = self._overlays[theme, style]
        with lock:
            return draw(judged, shadow=shadow)
