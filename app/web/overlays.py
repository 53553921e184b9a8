"""The overlays that draw for all visitors, each in their own theme and style."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from emojicam import assets
from emojicam.stream.choices import SCALE, SHADOW, Style
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.types import Drawn, Judged
from emojicam.wiring import overlay


class Overlays:
    """An overlay for each theme and style. May be used by any thread; each overlay draws for one at a time."""

    def __init__(
        self,
        themes: Mapping[str, Path],
        labels: Sequence[str],
        *,
        sharp: bool = False,
        scale: float = SCALE,
        shadow: bool = SHADOW,
    ) -> None:
        """Take note of the themes; the pictures of each are read when somebody first wants it.

        Args:
            themes: Folders by name.
            labels: The emotions.
            sharp: The emoji of large faces are drawn anew, a second in which all other visitors wait.
            scale: Factor of the usual size.
            shadow: Covers cast a soft shadow.

        Raises:
            UsageError: A theme lacks a picture.
        """
        self._themes, self._labels, self._sharp = themes, labels, sharp
        self._scale, self._shadow = scale, shadow
        self._making = threading.Lock()
        self._overlays: dict[tuple[str, Style], tuple[threading.Lock, Overlay]] = {}
        for folder in themes.values():
            _refuse_gaps(folder, labels)

    def __call__(self, judged: Judged, theme: str, style: Style, *, shadow: bool = True) -> Drawn:
        """Draw on a copy of the frame, with shadows if there are to be any and `shadow` is said."""
        lock, draw = self._overlay(theme, style)
        with lock:
            return draw(judged, shadow=shadow)

    def _overlay(self, theme: str, style: Style) -> tuple[threading.Lock, Overlay]:
        with self._making:
            if (theme, style) not in self._overlays:
                kin = next((one for (name, _), (_, one) in self._overlays.items() if name == theme), None)
                made = kin.apart(style) if kin else self._first(theme, style)
                self._overlays[theme, style] = threading.Lock(), made
            return self._overlays[theme, style]

    def _first(self, theme: str, style: Style) -> Overlay:
        folder = self._themes[theme]
        return overlay(folder, self._labels, style, sharp=self._sharp, scale=self._scale, shadow=self._shadow)


def _refuse_gaps(folder: Path, labels: Sequence[str]) -> None:
    """Look whether a theme has all pictures; those of ours aren't read for it.

    Raises:
        UsageError: It lacks one.
    """
    for label in labels:
        if assets.is_own(folder) or not all(os.path.isfile(path) for path in assets.emoji_files(folder, label)):
            assets.emojis(str(folder), label)  # it says what is missing
