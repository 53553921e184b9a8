"""The command `themes`: which emoji themes there are, what a theme of the user's own lacks, and a picture of them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from emojicam.console import say, show
from emojicam.files import Part, refuse_existing
from emojicam.settings import Settings
from emojicam.theme import Theme, pictures_of, refuse_empty, shipped, theme_notes, theme_of
from emojicam.theme_sheet import sheet


@dataclass(frozen=True)
class ThemesOptions:
    """The options of `emojicam themes`.

    Attributes:
        themes: Names or folders; none: all that come with emojicam.
        out: The picture of them, a PNG.
        overwrite: A file that is there may be replaced.
    """

    themes: list[str]
    out: Path
    overwrite: bool


def themes(options: ThemesOptions) -> int:
    """List themes, and draw them on one sheet; where its place is taken, the list is printed all the same."""
    listed = tuple(theme_of(word) for word in options.themes) or shipped()
    for theme in listed:
        _tell(theme)
    refuse_existing(options.out, options.overwrite)
    drawn = io.BytesIO()
    sheet(listed).save(drawn, "PNG", optimize=True)
    with Part(options.out, overwrite=options.overwrite) as part:
        part.write(drawn.getvalue())
    show(str(options.out))
    return 0


def _tell(theme: Theme) -> None:
    files = set(pictures_of(theme.folder).values())
    refuse_empty(theme.folder, files)
    own = sum(path.parent == theme.folder for path in files)
    about = f": {theme.about}" if theme.about else ""
    show(f"{theme.word}{about} ({own} picture{'' if own == 1 else 's'})")
    for note in theme_notes(Settings(theme=theme.word)):
        say(f"emojicam: {note}")
