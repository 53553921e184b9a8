"""The keys of the window of a live stream: what each does, and how the help tells of it. One table holds both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from emojicam.stream.choices import Style


class Action(Enum):
    """An action that a key asks for."""

    QUIT = auto()
    BACK = auto()
    PAUSE = auto()
    STILL = auto()
    COUNTDOWN = auto()
    GIF = auto()
    RECORD = auto()
    CAMERA = auto()
    CHOOSE = auto()
    MIRROR = auto()
    FULL_SCREEN = auto()
    THEME = auto()
    STYLE = auto()
    HELP = auto()


@dataclass(frozen=True)
class Binding:
    """Keys that ask for the same action.

    Attributes:
        action: What they ask for.
        keys: Each character is a key; which of them it is, an action may want to know.
        shown: How the help names them.
        about: What they do, in the help.
    """

    action: Action
    keys: str
    shown: str
    about: str


STYLES = {style.key: style for style in Style}
"""The style that each key chooses."""

BINDINGS = (
    Binding(Action.STILL, "s", "s", "save a still"),
    Binding(Action.COUNTDOWN, "t", "t", "still after 3, 2, 1"),
    Binding(Action.GIF, "g", "g", "save last 3 s as GIF"),
    Binding(Action.RECORD, "r", "r", "record, stop"),
    Binding(Action.PAUSE, " ", "space", "pause, go on"),
    Binding(Action.THEME, "123456789", "1-9", "theme"),
    *(Binding(Action.STYLE, key, key, style.value) for key, style in STYLES.items()),
    Binding(Action.MIRROR, "m", "m", "mirror on, off"),
    Binding(Action.CAMERA, "n", "n", "next camera"),
    Binding(Action.FULL_SCREEN, "f", "f", "full screen"),
    Binding(Action.BACK, "\x1b", "Esc", "back, never quits"),
    Binding(Action.HELP, "h", "h", "this help"),
    Binding(Action.QUIT, "q", "q", "quit"),
)

SEVERAL = tuple(
    Binding(Action.CHOOSE, "\t", "Tab", "choose a stream") if one.action is Action.CAMERA else one for one in BINDINGS
)
"""The keys of the window of several streams: no camera follows another there, and one of them may be chosen."""

PAUSED, GOES_ON = "paused: space goes on", "goes on"
"""Notices, of which each takes the other's place."""

NO_SUCH_KEY = "no such key: h shows help"


def action_of(key: str, bindings: Sequence[Binding] = BINDINGS) -> Action | None:
    """Look up what a key asks for; None if nothing. Capital letters are as good as small ones."""
    return next((binding.action for binding in bindings if key.lower() in binding.keys), None) if key else None
