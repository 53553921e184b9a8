"""The words on a theme of the user's own: what they should know of its pictures before they see the result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emojicam import assets
from emojicam.console import say
from emojicam.corrections import none_of
from emojicam.errors import UsageError
from emojicam.models.card import EMOTIONS
from emojicam.settings import Settings
from emojicam.stream.choices import Style
from emojicam.stream.drawing.cover import hides_face, squared
from emojicam.stream.i420 import Pixels


def say_of_theme(settings: Settings) -> None:
    """Say in a line each what the user's own pictures lack; of ours, or if nothing is to be said, print nothing.

    Raises:
        UsageError: There is no such theme.
    """
    if not settings.quiet:
        for note in theme_notes(settings):
            say(f"emojicam: {note}")


def theme_files(theme: str) -> list[Path]:
    """List the files of which a theme of the user's own is made, by path; of one of ours there are none.

    Raises:
        UsageError: There is no such theme, or it lacks a degree of an emotion.
    """
    folder = assets.theme_folder(theme)
    if not assets.is_own(folder):
        return []
    plain = [folder / f"{emotion}.png" for emotion in EMOTIONS]  # the web page shows them where there are degrees too
    drawn = [path for emotion in EMOTIONS for path in assets.emoji_files(folder, emotion)]
    return list(dict.fromkeys([*plain, *drawn]))


def theme_notes(settings: Settings) -> list[str]:
    """List what the user should know of their own theme, a line each.

    Raises:
        UsageError: There is no such theme.
    """
    folder = assets.theme_folder(settings.theme)
    pictures: dict[str, Pixels] = {}
    for emotion in EMOTIONS if assets.is_own(folder) else ():
        try:
            names = [path.name for path in assets.emoji_files(folder, emotion)]
            pictures |= zip(names, assets.emojis(str(folder), emotion), strict=True)
        except UsageError:  # which ends the run if it is to be drawn
            return []
    notes = []
    coarse = [f"{name} ({rgba.shape[1]}x{rgba.shape[0]})" for name, rgba in pictures.items() if _coarse(rgba)]
    if coarse:
        least = f"{assets.COARSE}x{assets.COARSE} px"
        notes.append(f"{folder}: less than {least}, so coarse on a large face: {_some(coarse)}")
    clear = [name for name, rgba in pictures.items() if _clear(squared(rgba), assets.disc(folder))]
    if clear and settings.style is Style.COVER:
        notes.append(f"{folder}: clear where the face is, so that a plain disc is laid under: {_some(clear)}")
    return notes


def refuse_unpictured(theme: str, emotion: str) -> None:
    """Check that a theme can show an emotion that a user has named.

    Args:
        theme: A name or a folder.
        emotion: What the user calls it. That one of ours has a picture isn't asked: the theme is to blame then.

    Raises:
        UsageError: It can't be shown; the message says which may have been meant.
    """
    if emotion in EMOTIONS:
        return
    try:
        assets.emojis(theme, emotion)
    except UsageError as error:
        raise UsageError(f"no emoji shows {emotion!r}: {none_of(emotion, EMOTIONS)}") from error


def _clear(rgba: Pixels, disc: float) -> bool:
    return bool((rgba[..., 3] < 255).any()) and not hides_face(rgba, disc)


def _coarse(rgba: Pixels) -> bool:
    return max(len(rgba), len(rgba[0])) < assets.COARSE


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
