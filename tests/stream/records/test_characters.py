"""The characters that stand for emotions in text."""

from __future__ import annotations

import unicodedata

from emojicam.models.card import EMOTIONS
from emojicam.stream.records.characters import CHARACTERS, spelled


def test_every_emotion_has_a_face_of_its_own() -> None:
    assert set(CHARACTERS) == set(EMOTIONS)
    assert len(set(CHARACTERS.values())) == len(EMOTIONS)
    assert all("FACE" in unicodedata.name(character) for character in CHARACTERS.values())


def test_an_emotion_is_written_with_its_character_if_it_has_one() -> None:
    assert spelled("happiness") == "😀 happiness"
    assert spelled("bored") == "bored"
