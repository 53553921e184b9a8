from __future__ import annotations

import pytest

from emojicam.models.data.nouns import noun_of, places_of


@pytest.mark.parametrize(
    ("name", "noun"),
    [
        *(("Happy", "happiness"), (" ANGRY ", "anger"), ("surprised", "surprise"), ("neutral", "neutral")),
        *(("0_angry", "anger"), ("3 - Sad", "sadness"), ("06.neutral", "neutral")),
        *(("bored", "bored"), ("Very Bored", "very bored"), ("7", "7"), ("2_hands", "2_hands")),
    ],
)
def test_an_emotion_has_one_noun(name: str, noun: str) -> None:
    assert noun_of(name) == noun


def test_labels_are_found_by_their_nouns() -> None:
    assert places_of(("anger", "sadness", "joy"), ("Sad", "Happy", "neutral", "0_angry")) == [3, 0, 1]
    assert places_of(("anger", "bored"), ("bored", "fear")) == [-1, 0]
