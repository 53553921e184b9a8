"""Animated WebP files written, read back by Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from videofiles import moving

from emojicam.stream.media.webp import WebpWriter


@pytest.mark.parametrize("plays", [0, 1, 3])
def test_pictures_times_and_how_often_come_back(tmp_path: Path, plays: int) -> None:
    path = tmp_path / "a.webp"
    pictures, shown = moving(6), [40, 53, 67, 1000, 21, 700]
    writer = WebpWriter(path, plays)
    for picture, milliseconds in zip(pictures, shown, strict=True):
        writer.add(picture, milliseconds)
    writer.close()
    with Image.open(path) as image:
        assert image.info["loop"] == plays
        for index, before in enumerate(pictures):
            image.seek(index)
            now = np.asarray(image.convert("RGB"))
            assert image.info["duration"] == shown[index]
            assert np.abs(before.astype(int) - now).mean() < 4


def test_without_a_picture_nothing_is_written(tmp_path: Path) -> None:
    WebpWriter(tmp_path / "a.webp").close()
    assert not (tmp_path / "a.webp").exists() or not (tmp_path / "a.webp").stat().st_size
