"""The colour of each emotion, one for all that is drawn: labels on the picture, plots of a record."""

from __future__ import annotations

COLOURS = {
    "neutral": "#aab3bb",
    "happiness": "#f2b705",
    "surprise": "#2fb3a6",
    "sadness": "#3b6fb6",
    "anger": "#d1403f",
    "disgust": "#6f9a37",
    "fear": "#8a5bb0",
    "contempt": "#b0713f",
}
"""The colour of each emotion, as #rrggbb."""

OTHER = "#6c747b"
"""The colour of any other emotion that a model knows."""

DARK, LIGHT = "#14171a", "#ffffff"
"""The inks that words are written in on these colours: one of them can be read on each (contrast of 4.5 and more)."""

_LIGHT_ON = frozenset({"#3b6fb6", "#d1403f", "#8a5bb0", OTHER})

Rgb = tuple[int, int, int]
"""Red, green and blue, 0-255."""


def colour_of(emotion: str) -> str:
    """The colour of an emotion, as #rrggbb; grey if it is none of ours."""
    return COLOURS.get(emotion, OTHER)


def ink_of(emotion: str) -> str:
    """The ink that is read on an emotion's colour, as #rrggbb."""
    return LIGHT if colour_of(emotion) in _LIGHT_ON else DARK


def rgb(colour: str) -> Rgb:
    """The levels of a colour that is given as #rrggbb."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
