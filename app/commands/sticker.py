"""The command `sticker`: a head with its emoji, cut out of a photo or a clip, as messengers take it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from emojicam.console import show
from emojicam.errors import OutputError, UsageError
from emojicam.files import Part, refuse_existing, refuse_same
from emojicam.plan import folder, is_folder, none_left_empty
from emojicam.progress import say_what_runs
from emojicam.settings import Settings
from emojicam.sticker import MOST_SECONDS, Cutout, of_clip, of_photo
from emojicam.stream.choices import Style
from emojicam.stream.media.container import Kind, kind
from emojicam.stream.media.stickers import MOST_BYTES, MOVING, SUFFIXES, Sticker, encode
from emojicam.theme import say_of_theme
from emojicam.wiring import Annotator, one_thread_each


@dataclass(frozen=True)
class StickerOptions:
    """The options of `emojicam sticker`.

    Attributes:
        source: A photo or a clip.
        settings: How faces are found, judged and drawn.
        out: A file, or a folder; None: NAME-sticker.webp in the current folder.
        person: The number of the face; None: the largest.
        start: Where a clip's sticker begins, seconds; None: where the first face is seen.
        seconds: How long a clip's sticker is.
        overwrite: A file that is there may be replaced.
    """

    source: Path
    settings: Settings
    out: str | None = None
    person: int | None = None
    start: float | None = None
    seconds: float = MOST_SECONDS
    overwrite: bool = False


def sticker(options: StickerOptions) -> int:
    """Cut a head with its emoji out of a photo or a clip."""
    one_thread_each()
    _refuse_options(options)
    with none_left_empty(options.out):
        return _made(options)


def _made(options: StickerOptions) -> int:
    what = kind(options.source)
    out = _checked(options, what)
    say_of_theme(options.settings)
    with Annotator(options.settings) as annotator:
        say_what_runs(annotator.classifiers, annotator.detect.looks, options.settings)
        cutout = _cutout(annotator, options, what)
    made = encode(cutout.pictures, cutout.shown, out.suffix.lower())
    if made is None:
        raise OutputError(
            f"{out}: takes more than {MOST_BYTES // 1000} kB however coarse it is; --seconds makes it shorter"
        )
    with Part(out, overwrite=options.overwrite) as part:
        part.write(made.data)
    if not options.settings.quiet:
        show(f"{out}: {_told(made, cutout)}")
    return 0


def _refuse_options(options: StickerOptions) -> None:
    if options.settings.style in (Style.BADGE, Style.LABEL):
        raise UsageError(f"--style {options.settings.style.value}: lies beside the face, and so outside of a sticker")
    if not 0 < options.seconds <= MOST_SECONDS:
        raise UsageError(f"--seconds {options.seconds:g}: more than 0, at most {MOST_SECONDS:g}")
    if options.start is not None and not 0 <= options.start < math.inf:
        raise UsageError(f"--start {options.start:g}: seconds, from 0 on")


def _checked(options: StickerOptions, what: Kind) -> Path:
    """Refuse a place where the sticker can't be before anything is loaded.

    Returns:
        Where the sticker goes.
    """
    out = _place(options)
    takes = SUFFIXES if what is Kind.PHOTO else MOVING
    if out.suffix.lower() not in takes:
        raise UsageError(f"{out}: a {what.value}'s sticker is written as {', '.join(takes)}")
    refuse_same(options.source, out)
    if options.out is not None and is_folder(options.out):
        folder(options.out, several=False)
    refuse_existing(out, options.overwrite)
    return out


def _place(options: StickerOptions) -> Path:
    name = f"{options.source.stem}-sticker{SUFFIXES[0]}"
    if options.out is None:
        return Path(name)
    return Path(options.out) / name if is_folder(options.out) else Path(options.out)


def _cutout(annotator: Annotator, options: StickerOptions, what: Kind) -> Cutout:
    if what is Kind.PHOTO:
        return of_photo(annotator, options.source, options.person)
    return of_clip(annotator, options.source, options.start, options.seconds, options.person)


def _told(made: Sticker, cutout: Cutout) -> str:
    size = f"{cutout.emotion}, {made.side}x{made.side} px, {math.ceil(len(made.data) / 1000)} kB"
    return size if made.pictures == 1 else f"{size}, {made.pictures} pictures in {made.seconds:.1f} s"
