from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from emojicam.models.card import EMOTIONS
from emojicam.theme import theme_of
from emojicam.theme_sheet import CELL, EMOJI, GROUND, HEAD, MARGIN, NAME, ROW, SMALL, sheet


def theme(folder: Path, rgb: tuple[int, int, int], size: tuple[int, int] = (200, 200)) -> str:
    folder.mkdir()
    for emotion in EMOTIONS:
        Image.new("RGB", size, rgb).save(folder / f"{emotion}.png")
    return str(folder)


def _names(drawn: np.ndarray) -> list[np.ndarray]:
    """The places of the first row's names."""
    top = MARGIN + HEAD + CELL + SMALL + 4
    return [
        drawn[top : top + NAME, MARGIN + CELL * column : MARGIN + CELL * (column + 1)]
        for column in range(len(EMOTIONS))
    ]


def test_a_sheet_has_a_row_for_each_theme_and_each_emoji_twice(tmp_path: Path) -> None:
    red, blue = theme(tmp_path / "red", (200, 0, 0)), theme(tmp_path / "blue", (0, 0, 200), (100, 200))
    drawn = np.asarray(sheet([theme_of(red), theme_of(blue)]))
    assert drawn.shape == (2 * MARGIN + 2 * ROW, 2 * MARGIN + CELL * len(EMOTIONS), 3)
    for row, rgb, wide in ((0, (200, 0, 0), 1.0), (1, (0, 0, 200), 0.5)):
        part = (drawn[MARGIN + row * ROW : MARGIN + (row + 1) * ROW] == rgb).all(axis=2)
        assert part.sum() == len(EMOTIONS) * wide * (EMOJI**2 + SMALL**2)
        assert not part[:HEAD].any(), "the name has its own place"
    assert all(np.abs(cell.astype(int) - GROUND).sum() > 1000 for cell in _names(drawn)), "each emotion's name is there"
    name = drawn[MARGIN : MARGIN + HEAD, : 3 * CELL]
    assert (name.min(axis=2) < 80).sum() > 50, "and is written there"
