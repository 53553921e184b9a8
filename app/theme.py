"""The themes that there are, and the words on one of the user's own: what they should know before they see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from emojicam import assets
from emojicam.assets.manifest import FILE, manifest
from emojicam.console import say
from emojicam.corrections import none_of
from emojicam.errors import UsageError
from emojicam.models.card import EMOTIONS
from emojicam.settings import Settings
from emojicam.stream.choices import Style
from emojicam.stream.drawing.cover import hides_face, squared
from emojicam.stream.i420 import Pixels


@dataclass(frozen=True)
class Theme:
    """A theme, as it is offered.

    Attributes:
        word: What is typed to have it: a name of ours, or a path.
        name: What people read.
        about: One line on what it looks like; may be empty.
        folder: Where its pictures are.
        flat: The art is flat: no shadow lies under it.
    """

    word: str
    name: str
    about: str
    folder: Path
    flat: bool


def shipped() -> tuple[Theme, ...]:
    """List the themes that come with emojicam, in the order in which they are offered."""
    return tuple(theme_of(word) for word in assets.themes())


def theme_of(word: str) -> Theme:
    """Find out about a theme: one of ours by name, or the user's own by path.

    Raises:
        UsageError: There is no such theme, or its `theme.toml` is wrong.
    """
    folder = assets.theme_folder(word)
    said = manifest(folder)
    return Theme(word, said.name, said.about, folder, said.flat)


def pictures_of(folder: Path) -> dict[str, Path]:
    """List the pictures that a theme is drawn with: the file of each by `EMOTION` or `EMOTION-DEGREE`, in order.

    Raises:
        UsageError: There are too many degrees of an emotion.
    """
    named = {}
    for emotion in EMOTIONS:
        files = assets.emoji_files(folder, emotion)
        for degree, path in enumerate(files, 1):
            named[emotion if len(files) == 1 else f"{emotion}-{degree}"] = path
    return named


def refuse_empty(folder: Path, files: Iterable[Path]) -> None:
    """Check that of the files which a theme is drawn with at least one is its own.

    Raises:
        UsageError: All are of another theme.
    """
    if not any(path.parent == folder for path in files):
        raise UsageError(f"{folder}: has no picture of any emotion, such as happiness.png")


def lacking(folder: Path) -> list[str]:
    """Name the pictures that a theme has not, and that others stand in for."""
    return [name for name, path in pictures_of(folder).items() if path != folder / f"{name}.png"]


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
        UsageError: There is no such theme, or it has too many degrees of an emotion.
    """
    folder = assets.theme_folder(theme)
    if not assets.is_own(folder):
        return []
    plain = [folder / f"{emotion}.png" for emotion in EMOTIONS]  # the web page shows them where there are degrees too
    drawn = [path for emotion in EMOTIONS for path in assets.emoji_files(folder, emotion) if path.parent == folder]
    pictures = list(dict.fromkeys([*plain, *drawn]))
    return [*pictures, *(path.with_suffix(".svg") for path in pictures), folder / FILE]


def theme_notes(settings: Settings) -> list[str]:
    """List what the user should know of their own theme, a line each.

    Raises:
        UsageError: There is no such theme.
    """
    folder = assets.theme_folder(settings.theme)
    if not assets.is_own(folder):
        return []
    try:
        own = [path for path in dict.fromkeys(pictures_of(folder).values()) if path.parent == folder]
        refuse_empty(folder, own)
        pictures = {path.name: assets.picture(folder, path) for path in own}
    except UsageError:  # which ends the run if it is to be drawn
        return []
    notes = [f"{folder}: {note}" for note in [_lacking(folder)] if note]
    coarse = [f"{name} ({rgba.shape[1]}x{rgba.shape[0]})" for name, rgba in pictures.items() if _coarse(rgba)]
    if coarse:
        least = f"{assets.COARSE}x{assets.COARSE} px"
        notes.append(f"{folder}: less than {least}, so coarse on a large face: {_some(coarse)}")
    clear = [name for name, rgba in pictures.items() if _clear(squared(rgba), assets.disc(folder))]
    if clear and settings.style is Style.COVER:
        notes.append(f"{folder}: clear where the face is, so that a plain disc is laid under: {_some(clear)}")
    return notes


def _lacking(folder: Path) -> str:
    """Say in a line what others stand in for in a theme of the user's own; nothing if it is whole."""
    names = lacking(folder)
    if not names:
        return ""
    ours = [path.parent != folder for name, path in pictures_of(folder).items() if name in names]
    whose = f"{assets.FALLBACK}'s" if all(ours) else f"its own or {assets.FALLBACK}'s" if any(ours) else "its own"
    return f"has no picture of {_listed(names)}, for which {whose} stand in"


def _listed(names: Sequence[str]) -> str:
    shown = [*names[:3], f"{len(names) - 3} more"] if len(names) > 4 else names
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


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
