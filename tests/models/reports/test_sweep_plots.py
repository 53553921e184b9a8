"""Pictures of a sweep, decoded."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sweeps import sweep

from emojicam.models.reports import sweep_plots
from emojicam.models.reports.figure import DARK, LIGHT

DRAW = {"course": sweep_plots.course, "importances": sweep_plots.importances, "slices": sweep_plots.slices}


def opened(png: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.array(Image.open(io.BytesIO(png)).convert("RGB"))


def has(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], colour: str) -> bool:
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return bool((np.abs(picture.astype(int) - wanted).max(2) < 6).any())


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("name", DRAW)
def test_a_picture_decodes_and_has_its_themes_colours(name: str, theme: sweep_plots.Theme) -> None:
    picture = opened(DRAW[name](sweep(), theme))
    assert picture.shape[0] > 200
    assert 900 < picture.shape[1] < 1300
    assert has(picture, theme.ground)
    assert has(picture, theme.series[0])
    assert has(picture, theme.ink)


def test_the_best_so_far_is_drawn_where_a_trial_came_to_its_end() -> None:
    whole = sweep()
    assert has(opened(sweep_plots.course(whole)), LIGHT.series[1])
    given_up = replace(whole, trials=[trial for trial in whole.trials if trial.state == "pruned"])
    assert not has(opened(sweep_plots.course(given_up)), LIGHT.series[1])


def test_a_slice_for_each_field_makes_the_picture_higher() -> None:
    whole = sweep()
    two = opened(sweep_plots.slices(replace(whole, dimensions=whole.dimensions[:2])))
    five = opened(sweep_plots.slices(whole))
    assert five.shape[0] > 2 * two.shape[0]
    assert five.shape[1] == two.shape[1]


def test_a_sweep_of_one_trial_can_be_drawn() -> None:
    assert opened(sweep_plots.course(sweep(1))).size
    assert opened(sweep_plots.slices(sweep(1))).size
