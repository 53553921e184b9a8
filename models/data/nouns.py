"""The names that data sets and models give to emotions, and the nouns that the project uses for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from emojicam.models.card import EMOTIONS

SYNONYMS = {
    "angry": "anger",
    "contemptuous": "contempt",
    "disgusted": "disgust",
    **dict.fromkeys(("afraid", "fearful", "scared"), "fear"),
    **dict.fromkeys(("happy", "joy", "joyful"), "happiness"),
    "neutrality": "neutral",
    "sad": "sadness",
    **dict.fromkeys(("suprise", "surprised"), "surprise"),
}
"""Other names of emotions, each with its noun."""


def noun_of(name: str) -> str:
    """The noun that the project uses for a class of this name; of one that isn't known, the name in small letters."""
    plain = name.strip().lower()
    bare = re.sub(r"^\d+[ _.-]+", "", plain)  # 0_angry, 1 - disgust
    noun = SYNONYMS.get(bare, bare)
    return noun if noun in EMOTIONS else SYNONYMS.get(plain, plain)


def places_of(labels: Sequence[str], among: Sequence[str]) -> list[int]:
    """Find each label among others by its noun, whatever their order.

    Args:
        labels: K labels.
        among: L labels.

    Returns:
        For each of `labels` its place in `among`, or -1 where it isn't there.
    """
    there = [noun_of(label) for label in among]
    return [there.index(noun) if (noun := noun_of(label)) in there else -1 for label in labels]
