"""The colours of emotions: one each, on which words can be read."""

from __future__ import annotations

import itertools

import pytest

from emojicam.models.card import EMOTIONS
from emojicam.models.reports.figure import contrast
from emojicam.stream.drawing.colours import COLOURS, OTHER, colour_of, ink_of, rgb


def test_every_emotion_has_a_colour_of_its_own() -> None:
    assert set(COLOURS) == set(EMOTIONS)
    for one, other in itertools.combinations([*COLOURS.values(), OTHER], 2):
        assert max(abs(a - b) for a, b in zip(rgb(one), rgb(other), strict=True)) > 30


@pytest.mark.parametrize("emotion", [*EMOTIONS, "boredom"])
def test_words_can_be_read_on_each_colour(emotion: str) -> None:
    assert contrast(colour_of(emotion), ink_of(emotion)) >= 4.5


def test_an_emotion_of_another_model_is_grey() -> None:
    assert colour_of("boredom") == OTHER
    assert max(rgb(OTHER)) - min(rgb(OTHER)) < 20


def test_a_colour_is_taken_apart() -> None:
    assert rgb("#0180ff") == (1, 128, 255)
