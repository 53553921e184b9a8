"""The one home of the settings by which faces are found, judged and drawn: for the command line, the page and Python.

A setting is a field of `Settings`; its words and its default are in `emojicam.stream.choices`, its flag is added here,
and `settings_of` makes a `Settings` of what was typed, which is all that goes further. This module needs neither NumPy
nor a model: the command line reads it to print help.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from emojicam import models
from emojicam.corrections import corrections_of
from emojicam.errors import UsageError
from emojicam.meant import meant
from emojicam.parser import experts
from emojicam.stream.choices import (
    CORRECTIONS,
    DECODER,
    ENCODER,
    EXPRESSIVE,
    FAST_MATH,
    LOOKAHEAD,
    LOOKAHEAD_MOST,
    NONE,
    PRESET,
    PRESETS,
    PROVIDER,
    RANGE,
    RESTING_FACE,
    SCALE,
    SCALE_LEAST,
    SCALE_MOST,
    SCAN,
    SHADOW,
    STEADINESS,
    STYLE,
    THEME,
    THRESHOLD,
    Corrections,
    Decoder,
    Encoder,
    Provider,
    Range,
    Scans,
    Steadiness,
    Style,
)

E = TypeVar("E", bound=Enum)
Options = TypeVar("Options")


@dataclass(frozen=True)
class Settings:
    """The settings by which faces are found, judged and drawn.

    Attributes:
        style: Where the emoji goes.
        scale: Size of what is drawn, as a factor of the usual.
        shadow: An emoji that covers a face casts a soft shadow.
        theme: One of ours by name, or a folder of PNGs named by emotion (fear.png), or emotion and degree (fear-1.png).
        model: A shipped model's name, or an ONNX file.
        provider: What the model runs on.
        fast_math: A GPU may round the factors of products (TF32).
        range: How far away faces are looked for.
        scan: Which frames of a stream the second face detector sees.
        threshold: Least score of a face, 0-1.
        min_face: Least width of a face, px.
        expressive: How readily an expression is seen, 0-1; 0.5 is as the model decides.
        detector_files: Folder with the detectors' two files, instead of the cache.
        preset: x264's, for videos.
        encoder: What writes the pictures of videos.
        decoder: What reads the pictures of files.
        steadiness: How steady what is shown is to be, in videos.
        resting_face: Read each person of a stream against their own face at rest.
        every_frame: Judge every face in every frame, not each person some ten times a second.
        lookahead: Seconds that a file is looked ahead, so that a face is covered before it is detected.
        veil: Blur the whole frame of a live stream while a face that was lost is still covered.
        corrections: What the user says of faces, in place of what is read in them.
        cores: How many of the machine's to use; 0 is all.
        quiet: Say nothing while the detector's files are fetched.
    """

    style: Style = STYLE
    scale: float = SCALE
    shadow: bool = SHADOW
    theme: str = THEME
    model: str = models.DEFAULT
    provider: Provider = PROVIDER
    fast_math: bool = FAST_MATH
    range: Range = RANGE
    scan: Scans = SCAN
    threshold: float = THRESHOLD
    min_face: float = 0.0
    expressive: float = EXPRESSIVE
    detector_files: Path | None = None
    preset: str = PRESET
    encoder: Encoder = ENCODER
    decoder: Decoder = DECODER
    steadiness: Steadiness = STEADINESS
    resting_face: bool = RESTING_FACE
    every_frame: bool = False
    lookahead: float = LOOKAHEAD
    veil: bool = False
    corrections: Corrections = CORRECTIONS
    cores: int = 0
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise UsageError(
                f"{self.preset!r} is none of x264's presets: {', '.join(PRESETS)}{meant(self.preset, PRESETS)}"
            )
        if not SCALE_LEAST <= self.scale <= SCALE_MOST:
            raise UsageError(f"--scale {self.scale:g}: from {SCALE_LEAST:g} to {SCALE_MOST:g}")
        if not 0 <= self.threshold <= 1:
            raise UsageError(f"--threshold {self.threshold:g}: from 0 to 1")
        if not 0 <= self.expressive <= 1:
            raise UsageError(f"--expressive {self.expressive:g}: from 0 to 1")
        if not 0 <= self.min_face < math.inf:
            raise UsageError(f"--min-face {self.min_face:g}: a width in px, from 0 on")
        if not 0 <= self.lookahead <= LOOKAHEAD_MOST:
            raise UsageError(f"--lookahead {self.lookahead:g}: from 0 to {LOOKAHEAD_MOST:g} seconds")


DEFAULTS = Settings()


def choice(kind: type[E], word: E | str) -> E:
    """The member of an enum that a word stands for.

    Args:
        kind: The enum.
        word: The value of a member, or the member itself.

    Raises:
        UsageError: There is none; the message lists the words there are.
    """
    try:
        return kind(word)
    except ValueError as error:
        raise UsageError(f"{word!r} is none of {', '.join(map(str, words(kind)))}") from error


def words(kind: type[Enum]) -> list[Any]:
    """The words that can be typed for an enum's members, in order."""
    return [member.value for member in kind]


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the flags of all settings that photos and streams share."""
    styles = "; ".join(f"{style.value}: {style.about}" for style in Style)
    _add_choice(parser, "style", DEFAULTS.style, f"how an emotion is shown; {styles}")
    parser.add_argument(
        "--scale",
        type=float,
        default=DEFAULTS.scale,
        metavar="X",
        help=f"size of what is drawn, {SCALE_LEAST:g} to {SCALE_MOST:g}; below 1 some of a face "
        "may be seen (default: %(default)g)",
    )
    parser.add_argument(
        "--shadow",
        action=argparse.BooleanOptionalAction,
        default=DEFAULTS.shadow,
        help="a soft shadow under an emoji that covers a face (default: on)",
    )
    parser.add_argument(
        "--theme",
        default=DEFAULTS.theme,
        metavar="NAME|DIR",
        help="emoji, as `emojicam themes` lists them, or a folder of your own PNGs (default: %(default)s)",
    )
    parser.add_argument(
        "--expressive",
        type=float,
        default=DEFAULTS.expressive,
        metavar="E",
        help="how readily an expression is seen: 0 calm, 0.5 as the model decides, 1 lively (default: %(default)g)",
    )
    ranges = "; ".join(f"{range.value}: {range.about}" for range in Range)
    _add_choice(parser, "range", DEFAULTS.range, f"how far away faces are; {ranges}")
    _add_expert_settings(experts(parser))


def _add_expert_settings(group: argparse._ArgumentGroup) -> None:
    add_model(group)
    _add_choice(
        group,
        "provider",
        DEFAULTS.provider,
        "what the model runs on; auto is the CPU, and where there is a GPU, that for streams and long videos",
    )
    group.add_argument(
        "--fast-math",
        dest="fast_math",
        action="store_true",
        help="let a GPU round (TF32): quicker, and scores differ by up to 0.001; it changes nothing on a CPU",
    )
    group.add_argument(
        "--threshold",
        type=float,
        default=DEFAULTS.threshold,
        metavar="P",
        help="least score of a face, 0-1: lower finds more, and more that are none (default: %(default)g)",
    )
    group.add_argument(
        "--min-face",
        dest="min_face",
        type=float,
        default=DEFAULTS.min_face,
        metavar="PX",
        help="least width of a face from ear to ear, px (default: %(default)g)",
    )
    group.add_argument(
        "--resting-face",
        action=argparse.BooleanOptionalAction,
        default=DEFAULTS.resting_face,
        help="read each person of a stream against their own face at rest (default: on)",
    )
    group.add_argument(
        "--detector-models",
        dest="detector_files",
        type=Path,
        metavar="DIR",
        help="folder with the face detector's files (default: where `emojicam fetch` puts them)",
    )


def add_video_settings(parser: argparse.ArgumentParser) -> None:
    """Add the flags of all settings: those of videos, too."""
    add_settings(parser)
    experts(parser).add_argument(
        "--codec-preset",
        dest="preset",
        default=DEFAULTS.preset,
        metavar="PRESET",
        help=f"how x264 writes videos: {PRESETS[0]} (larger files) to {PRESETS[-1]} (default: %(default)s)",
    )
    scans = "; ".join(f"{scans.value}: {scans.about}" for scans in Scans)
    help = f"which frames the detector of small faces sees; {scans}"
    _add_choice(experts(parser), "scan", DEFAULTS.scan, help)
    about = "what writes videos; hardware is the graphics chip's, where one works"
    _add_choice(experts(parser), "encoder", DEFAULTS.encoder, about)
    add_quiet(parser)
    steady = parser.add_argument_group("for experts: how steady what is shown is, in videos")
    for name, unit, text in (
        ("memory", "S", "seconds that are judged together; 0 takes every frame for itself"),
        ("lead", "P", "probability by which another emotion must lead before it is shown"),
        ("patience", "S", "seconds for which it must lead"),
        ("sure", "P", "confidence below which a face is shown as neutral"),
        ("still", "HZ", "how quickly the emoji follows a face at rest"),
        ("swift", "HZ", "how much more quickly for each width that the face moves in a second"),
    ):
        steady.add_argument(
            f"--{name}",
            type=float,
            default=getattr(DEFAULTS.steadiness, name),
            metavar=unit,
            help=f"{text} (default: %(default)g)",
        )
    steady.add_argument("--every-frame", action="store_true", help="judge every face in every frame, not ten a second")


def add_file_settings(parser: argparse.ArgumentParser) -> None:
    """Add the flags of all settings: those of files, too."""
    add_video_settings(parser)
    experts(parser).add_argument(
        "--lookahead",
        type=float,
        default=DEFAULTS.lookahead,
        metavar="S",
        help="seconds that a video is looked ahead and back, to cover faces where they are not detected: 0 to "
        f"{LOOKAHEAD_MOST:g} (default: %(default)g)",
    )
    about = "what reads videos; hardware is the graphics chip's, auto takes it above Full HD"
    _add_choice(experts(parser), "decoder", DEFAULTS.decoder, about)


def add_corrections(parser: argparse.ArgumentParser) -> None:
    """Add the flags by which the user says of faces what they know better."""
    correcting = parser.add_argument_group("to correct what was seen (docs/correcting.md)")
    correcting.add_argument(
        "--person",
        dest="persons",
        action="append",
        default=[],
        metavar="N=WORD",
        help=f"what person N shows: an emotion, a style for them alone, or {NONE}, which leaves them bare; "
        "N is the number in the record, in photos counted from left to right; may be given several times",
    )
    correcting.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="EMOTIONS",
        help="leave all faces bare but those that show these, parted by commas",
    )
    correcting.add_argument(
        "--except",
        dest="leave",
        action="append",
        default=[],
        metavar="EMOTIONS",
        help="leave faces bare that show these",
    )


def add_live_settings(parser: argparse.ArgumentParser) -> None:
    """Add the flags of all settings: those of live streams, too."""
    add_video_settings(parser)
    parser.add_argument(
        "--cover-all-on-loss",
        dest="veil",
        action="store_true",
        help="blur the whole picture while a face is suddenly not seen",
    )


def add_model(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the flag that names the emotion model."""
    parser.add_argument(
        "--model",
        default=DEFAULTS.model,
        metavar="NAME|F.onnx",
        help="the emotion model: one of ours, or a file (default: %(default)s)",
    )


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add the flag that leaves out everything but errors."""
    parser.add_argument("--quiet", action="store_true", help="print only errors")


def _add_choice(parser: argparse.ArgumentParser | argparse._ArgumentGroup, name: str, default: Enum, text: str) -> None:
    parser.add_argument(
        f"--{name}", choices=words(type(default)), default=default.value, help=f"{text} (default: %(default)s)"
    )


def settings_of(given: argparse.Namespace) -> Settings:
    """The settings that were asked for; those whose flags a command doesn't have are as they always are.

    Raises:
        UsageError: A value can't be; the message names its flag.
    """
    typed = vars(given)
    own = {field.name: typed[field.name] for field in fields(Settings) if field.name in typed}
    for name, kind in get_type_hints(Settings).items():
        if name in own and isinstance(kind, type) and issubclass(kind, Enum):
            own[name] = choice(kind, own[name])
    if "persons" in typed:
        own["corrections"] = corrections_of(typed["persons"], typed["only"], typed["leave"])
    steady = {field.name: typed[field.name] for field in fields(Steadiness) if field.name in typed}
    try:
        return Settings(**own, steadiness=Steadiness(**steady))
    except UsageError:
        raise
    except ValueError as error:
        raise UsageError(f"--{error}") from error


def options_of(kind: type[Options], given: argparse.Namespace) -> Options:
    """A command's options, typed: a field `settings` is made by `settings_of`, every other is the flag of its name.

    Args:
        kind: A dataclass.
        given: What was typed.

    Raises:
        UsageError: A setting can't be as it was asked for.
    """
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: settings_of(given) if name == "settings" else getattr(given, name) for name in names})
