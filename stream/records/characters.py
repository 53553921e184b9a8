"""The emoji characters of Unicode that stand for emotions in text. Needs the standard library alone."""

from __future__ import annotations

CHARACTERS = {
    "anger": "😠",
    "contempt": "🤨",
    "disgust": "🤢",
    "fear": "😨",
    "happiness": "😀",
    "neutral": "😐",
    "sadness": "😢",
    "surprise": "😮",
}
"""The character of each emotion, by its name."""


def spelled(emotion: str) -> str:
    """Write an emotion as its character and its name; as its name alone where a model knows others than these."""
    return f"{CHARACTERS[emotion]} {emotion}" if emotion in CHARACTERS else emotion
