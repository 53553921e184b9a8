"""The pictures of a theme as an overlay asks for them: small ones kept, large ones made when they are needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from emojicam import assets
from emojicam.errors import UsageError
from emojicam.stream.i420 import Pixels
from emojicam.theme import refuse_empty

KEPT = 512
"""Px of a picture's longer side from which on it is kept at half the size or less: a quarter of the memory, and most
faces are smaller."""


class Pictures:
    """A theme's pictures by emotion. May be used by several threads."""

    def __init__(self, folder: Path, labels: Sequence[str]) -> None:
        """Read the user's own pictures, so that what is wrong with them is known now; ours are read when needed.

        Args:
            folder: The theme's.
            labels: The emotions that there must be pictures of.

        Raises:
            UsageError: The theme has none at all, it and `classic` lack one, or one can't be read.
        """
        self._files = {label: assets.emoji_files(folder, label) for label in labels}
        self._folder = folder
        if labels:
            refuse_empty(folder, (path for paths in self._files.values() for path in paths))
        whole = all(os.path.isfile(path) for paths in self._files.values() for path in paths)
        eager = assets.is_own(folder) or not whole
        self._read = {label: self._small(label) for label in labels} if eager else {}

    def __call__(self, emotion: str) -> tuple[Pixels, ...]:
        """Give an emotion's pictures, from faint to strong, with less than twice `KEPT` px: uint8 HxWx4, RGBA."""
        if emotion not in self._read:
            self._read[emotion] = self._small(emotion)
        return self._read[emotion]

    def drawn(self, emotion: str, degree: int, size: int) -> Pixels | None:
        """Read one picture, or draw it where its file has less than `size` px.

        Returns:
            uint8 HxWx4, RGBA; as large as it can be made, if that is less. None if its file is gone.
        """
        try:
            return assets.picture(self._folder, self._files[emotion][degree], size)
        except UsageError:
            return None

    def stored(self, emotion: str, degree: int, size: int) -> Pixels | None:
        """Read one picture as large as its file has it, whatever the size that is wanted."""
        return self.drawn(emotion, degree, 0)

    def _small(self, emotion: str) -> tuple[Pixels, ...]:
        return tuple(_reduced(assets.picture(self._folder, path)) for path in self._files[emotion])


def _reduced(rgba: Pixels) -> Pixels:
    factor = max(rgba.shape[:2]) // KEPT
    return np.asarray(Image.fromarray(rgba).reduce(factor)) if factor > 1 else rgba


@lru_cache(maxsize=64)
def shipped_pictures(folder: Path, labels: tuple[str, ...]) -> Pictures:
    """Give the pictures of one of our themes, the same to all who ask."""
    return Pictures(folder, labels)
