"""Stickers as files: below the bound, clear where they were, fine while they can be."""

from __future__ import annotations

import io

import numpy as np
import pytest
from making import Picture
from PIL import Image

from emojicam.stream.media.stickers import MOST_BYTES, SUFFIXES, encode


def cutout(seed: int = 0, shift: int = 0, noise: int = 90) -> Picture:
    """A disc of grain on clear ground: RGBA 512x512."""
    chance = np.random.default_rng(seed)
    rows, columns = np.indices((512, 512))
    picture = np.zeros((512, 512, 4), np.uint8)
    picture[..., :3] = 120 + chance.integers(0, noise + 1, (512, 512, 3))
    picture[..., 3] = np.where(np.hypot(rows - 256, columns - 256 - shift) < 180, 255, 0)
    return picture


def read(data: bytes) -> tuple[list[Picture], list[int]]:
    with Image.open(io.BytesIO(data)) as image:
        pictures, shown = [], []
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            pictures.append(np.asarray(image.convert("RGBA")))
            shown.append(int(image.info.get("duration", 0)))
    return pictures, shown


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_still_one_is_clear_where_it_was(suffix: str) -> None:
    before = cutout(noise=0)
    made = encode([before], [0], suffix)
    assert made is not None
    assert (made.side, made.pictures, made.seconds) == (512, 1, 0.0)
    (after,), _ = read(made.data)
    assert np.array_equal(after[..., 3] > 127, before[..., 3] > 127)
    seen = before[..., 3] == 255
    assert np.abs(after[seen].astype(int) - before[seen]).mean() < 4


@pytest.mark.parametrize("suffix", [".webp", ".gif"])
def test_a_moving_one_keeps_its_times_and_its_ground(suffix: str) -> None:
    before = [cutout(noise=0, shift=shift) for shift in (-20, 0, 20)]
    made = encode(before, [70, 60, 400], suffix)
    assert made is not None
    assert (made.pictures, made.seconds) == (3, 0.53)
    after, shown = read(made.data)
    assert shown == [70, 60, 400]
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one[..., 3] > 127, other[..., 3] > 127)
    with Image.open(io.BytesIO(made.data)) as image:
        assert image.info["loop"] == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_bound_is_kept_and_the_same_is_made_each_time(suffix: str) -> None:
    pictures = [cutout(seed, noise=60) for seed in range(1 if suffix == ".png" else 2)]
    times = [100] * len(pictures)
    made = encode(pictures, times, suffix, most=60_000)
    assert made is not None
    assert len(made.data) <= 60_000
    assert made == encode(pictures, times, suffix, most=60_000)
    assert sum(read(made.data)[1]) == (200 if len(pictures) > 1 else 0)
    free = encode(pictures, times, suffix, most=10_000_000)
    assert free is not None
    assert free.side == 512
    assert len(free.data) > len(made.data)


def test_quality_goes_first_then_pictures_then_size() -> None:
    pictures, times = [cutout(seed) for seed in range(2)], [100] * 2
    sizes = []
    found = []
    most = 10_000_000
    while (made := encode(pictures, times, ".gif", most)) is not None and len(found) < 6:
        sizes.append(len(made.data))
        found.append((made.pictures, made.side))
        most = len(made.data) - 1
    assert found == [(2, 512)] * 4 + [(1, 512), (1, 448)]
    assert sizes == sorted(sizes, reverse=True)


def test_what_never_fits_is_none() -> None:
    assert encode([cutout()], [0], ".png", most=500) is None
    assert MOST_BYTES == 500_000
