"""Palettes: few colours are kept as they are, many are mixed of neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from making import Picture

from emojicam.stream.media.palette import Palette, sample


def test_few_colours_are_kept_without_a_pattern() -> None:
    colours = np.array([(255, 205, 70), (20, 20, 30), (255, 255, 255), (90, 140, 200)], np.uint8)
    picture = colours[np.random.default_rng(0).integers(0, 4, (64, 64))]
    palette = Palette(sample([picture]))
    assert np.array_equal(palette.colours[palette.indices(picture)], picture)


def test_a_soft_ramp_is_mixed_so_that_from_afar_it_stays_soft() -> None:
    ramp = np.repeat(np.linspace(60, 120, 256).astype(np.uint8)[None], 64, axis=0)
    picture = np.dstack([ramp, ramp, ramp])
    palette = Palette(sample([picture]), most=4)
    told = palette.colours[palette.indices(picture)].astype(float)
    by_eights = [one.reshape(8, 8, 32, 8, 3).mean(axis=(1, 3)) for one in (told, picture.astype(float))]
    assert np.abs(by_eights[0] - by_eights[1]).mean() < 4
    assert len({tuple(colour) for colour in told[:, 100:132].reshape(-1, 3)}) > 1, "one step would be seen"


def test_what_does_not_change_keeps_its_pattern(portrait: Picture) -> None:
    palette = Palette(sample([portrait]), most=64)
    other = portrait.copy()
    other[:100] = 0
    assert np.array_equal(palette.indices(portrait)[100:], palette.indices(other)[100:])


def test_a_palette_has_as_many_colours_as_it_may_and_misses_by_little(portrait: Picture) -> None:
    pixels = sample([portrait])
    errors = [Palette(pixels, most).error(pixels) for most in (8, 32, 255)]
    assert [len(Palette(pixels, most).colours) for most in (8, 32, 255)] == [8, 32, 255]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 4


@pytest.mark.parametrize("alpha", [0, 255])
def test_what_is_clear_takes_no_colour(alpha: int) -> None:
    picture = np.full((16, 16, 4), (200, 10, 10, alpha), np.uint8)
    picture[:8] = (10, 10, 200, 255)
    colours = {tuple(colour) for colour in sample([picture])[0].tolist()}
    assert colours == ({(10, 10, 200)} if not alpha else {(10, 10, 200), (200, 10, 10)})


def test_pictures_that_are_wholly_clear_have_a_palette_too() -> None:
    assert len(Palette(sample([np.zeros((4, 4, 4), np.uint8)])).colours) == 1
