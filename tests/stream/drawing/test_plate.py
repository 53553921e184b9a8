"""The picture of a label."""

from __future__ import annotations

import numpy as np
import pytest

from emojicam.models.card import EMOTIONS
from emojicam.stream.drawing.colours import colour_of, ink_of, rgb
from emojicam.stream.drawing.plate import AT, EMOJI, plate
from emojicam.stream.i420 import Pixels


def like(picture: Pixels, colour: str) -> Pixels:
    """Where a plate has a colour, and is opaque."""
    near = np.abs(picture[..., :3].astype(int) - rgb(colour)).max(axis=2) < 24
    return near & (picture[..., 3] > 250)


@pytest.mark.parametrize("emotion", [*EMOTIONS, "boredom"])
@pytest.mark.parametrize("tall", [28, 60])
def test_a_plate_wears_the_emotions_colour_and_says_its_word(emotion: str, tall: int) -> None:
    shown = plate(emotion, 0, tall, 60)
    assert len(shown) == tall
    assert like(shown, colour_of(emotion)).mean() > 0.4
    words = like(shown, ink_of(emotion))[: round(0.62 * tall)]
    assert words.sum() > 0.3 * tall
    # The emoji's place stays free, and the corners are round.
    emoji = like(shown, ink_of(emotion))[:, round((AT - EMOJI / 2) * tall) : round((AT + EMOJI / 2) * tall)]
    assert not emoji.any()
    assert not shown[[0, 0, -1, -1], [0, -1, 0, -1], 3].any()


def test_a_longer_bar_tells_of_more_confidence() -> None:
    bars = [like(plate("happiness", 0, 60, percent), ink_of("happiness"))[43:49].sum() for percent in (30, 60, 100)]
    assert 0 < bars[0] < bars[1] < bars[2]
    assert bars[1] / bars[2] == pytest.approx(0.6, abs=0.05)


def test_a_number_stands_before_the_word() -> None:
    without, first, twelfth = (plate("fear", number, 60, 60) for number in (0, 1, 12))
    assert without.shape[1] < first.shape[1] < twelfth.shape[1]
    assert like(first, ink_of("fear"))[:36].sum() > like(without, ink_of("fear"))[:36].sum()


def test_no_bar_is_drawn_of_nothing() -> None:
    nothing, little = (like(plate("fear", 0, 60, percent), ink_of("fear"))[43:49].sum() for percent in (0, 30))
    assert nothing == 0 < little
