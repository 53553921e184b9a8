"""The keys of the window of a live stream: what each does, and how the help tells of it. One table holds both."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from emojicam.stream.choices import Style


class Action(Enum):
    """An action that a key asks for."""

    QUIT = auto()
    PAUSE = auto()
    STILL = auto()
    RECORD = auto()
    MIRROR = auto()
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

    def __str__(self) -> str:
        return f"{self.shown}  {self.about}"


STYLES = {style.key: style for style in Style}
"""The style that each key chooses."""

BINDINGS = (
    Binding(Action.QUIT, "q\x1b", "q", "quit"),
    Binding(Action.PAUSE, " ", "space", "pause"),
    Binding(Action.STILL, "s", "s", "still to a file"),
    Binding(Action.RECORD, "r", "r", "record, and stop recording"),
    Binding(Action.MIRROR, "m", "m", "mirror"),
    Binding(Action.THEME, "123456789", "1-9", "theme"),
    Binding(Action.STYLE, "".join(STYLES), " ".join(STYLES), ", ".join(style.value for style in Style)),
    Binding(Action.HELP, "h", "h", "this help"),
)

_ACTIONS = {key: binding.action for binding in BINDINGS for key in binding.keys}


def action_of(key: str) -> Action | None:
    """Look up what a key asks for; None if nothing. Capital letters are as good as small ones."""
    return _ACTIONS.get(key.lower())
