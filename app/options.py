"""The options of the Python API: named, typed and told of here, for all functions and classes that take them.

Each `TypedDict` is a group of keywords. `settings_from` makes `Settings` of what was given, where the defaults are and
the bounds are held; `explained` writes the keywords into a function's signature and docstring, for `help`.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypedDict, TypeVar, get_args, get_type_hints

from emojicam.errors import UsageError
from emojicam.meant import meant
from emojicam.settings import DEFAULTS, Settings, choice
from emojicam.stream.choices import Corrections, Decoder, Encoder, Provider, Range, Style

F = TypeVar("F", bound=Callable[..., Any])


class Looking(TypedDict, total=False):
    """The options by which faces are found and read.

    Attributes:
        model: A model's name, or an ONNX file that `emojicam export` wrote.
        provider: auto, cpu, cuda or tensorrt.
        fast_math: A GPU may round (TF32): quicker, and scores differ by up to 1e-3.
        range: near, auto or far.
        threshold: Least score of a face, 0-1.
        min_face: Least width of a face, px.
        expressive: How readily an expression is seen, 0-1; 0.5 is as the model decides.
        detector_models: A folder with the face detectors' two files; by default they are fetched once.
    """

    model: str | os.PathLike[str]
    provider: str | Provider
    fast_math: bool
    range: str | Range
    threshold: float
    min_face: float
    expressive: float
    detector_models: str | os.PathLike[str] | None


class Watching(Looking, total=False):
    """The options by which faces are found and read in what moves.

    Attributes:
        resting_face: Read each person of a video against their own face at rest.
    """

    resting_face: bool


class Drawing(TypedDict, total=False):
    """The options by which faces are drawn over.

    Attributes:
        style: cover, badge, label, blur, pixelate or solid.
        scale: Size of what is drawn, 0.5 to 2; below 1 some of a face may be seen.
        shadow: An emoji that covers a face casts a soft shadow.
        theme: A theme's name, or a folder of PNGs named by emotion (fear.png), or by emotion and degree (fear-1.png).
    """

    style: str | Style
    scale: float
    shadow: bool
    theme: str | os.PathLike[str]


class Correcting(TypedDict, total=False):
    """The options by which the user says of faces what they know better.

    Attributes:
        persons: By a person's number the word for what they show: an emotion, a style for them, or "none" (bare).
        only: Emotions; faces that show others are left bare.
        leave: Emotions; faces that show these are left bare.
    """

    persons: Mapping[int, str]
    only: Iterable[str]
    leave: Iterable[str]


class Annotating(Watching, Drawing, Correcting, total=False):
    """The options by which photos and videos are copied with emoji.

    Attributes:
        lookahead: Seconds that a video is looked ahead and back, to cover faces where they are not detected.
        codec_preset: x264's preset, for videos.
        encoder: What writes videos: x264 or hardware.
        decoder: What reads videos: software, hardware or auto.
    """

    lookahead: float
    codec_preset: str
    encoder: str | Encoder
    decoder: str | Decoder


class Filming(Watching, Drawing, Correcting, total=False):
    """The options by which a live picture is read and drawn on.

    Attributes:
        cover_all_on_loss: Blur the whole picture while a face is suddenly not seen.
    """

    cover_all_on_loss: bool


FIELDS = {"codec_preset": "preset", "cover_all_on_loss": "veil", "detector_models": "detector_files"}
"""Options whose field of `Settings` is called otherwise, as on the command line."""

PATHS = ("model", "theme")
"""Options that are a word of emojicam's own or a path of the user's."""


def names_of(group: type) -> list[str]:
    """List the options of a group, those of the groups that it is made of too."""
    return list(get_type_hints(group))


def settings_from(group: type, given: Mapping[str, Any], what: str = "emojicam") -> Settings:
    """Make settings of the options that a caller gave.

    Args:
        group: The group of options that may be given.
        given: What was.
        what: The function or class, for messages.

    Raises:
        UsageError: There is no such option, or it can't have that value.
    """
    for name in given:
        if name not in names_of(group):
            raise UsageError(f"{what} takes no option {name!r}{meant(name, names_of(group))}")
    hints = get_type_hints(Settings)
    fields = {FIELDS.get(name, name): name for name in given if name not in Correcting.__annotations__}
    values = {field: _value(hints[field], name, given[name]) for field, name in fields.items()}
    corrections = _corrections(given)
    try:
        return Settings(**values, corrections=corrections, quiet=True)
    except UsageError as error:
        raise UsageError(str(error).removeprefix("--")) from error


def _value(kind: Any, name: str, value: Any) -> Any:
    """Take one option's value as the settings want it.

    Raises:
        UsageError: It is of another type, or no word that there is.
    """
    if kind is bool:
        return _of(value, bool, name, "True or False")
    if kind is float:
        return float(_of(value, Real, name, "a number"))
    if kind is str and name in PATHS:
        return os.fspath(_of(value, (str, os.PathLike), name, "a word or a path"))
    if kind is str:
        return _of(value, str, name, "a word")
    if isinstance(kind, type) and issubclass(kind, Enum):
        return choice(kind, _of(value, (str, kind), name, "a word"))
    return None if value is None else path_from(value, name)


def _of(value: Any, kind: Any, name: str, said: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise UsageError(f"{name} is {said}, not {got(value)}")
    return value


def path_from(value: object, what: str) -> Path:
    """Take a path, however it is given.

    Args:
        value: What was given.
        what: The name that messages call it by.

    Raises:
        UsageError: It is none.
    """
    if not isinstance(value, str | os.PathLike) or "\0" in (text := os.fspath(value)):
        raise UsageError(f"{what} is a path, not {got(value)}")
    return Path(text)


def got(value: object) -> str:
    """Say in a few words what a caller gave: a short value with its type, of others the type alone."""
    if isinstance(value, str | int | float | bytes) or value is None:
        said = repr(value)
        return said if value is None or len(said) > 40 else f"{said} ({type(value).__name__})"
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def _corrections(given: Mapping[str, Any]) -> Corrections:
    persons = given.get("persons", {})
    if not isinstance(persons, Mapping):
        raise UsageError(f"persons is a mapping from numbers to words, not {got(persons)}")
    for number, word in persons.items():
        if not isinstance(number, Integral) or number < 1 or not isinstance(word, str):
            raise UsageError(
                f"persons has words by numbers from 1, such as {{2: 'surprise'}}, not {number!r}: {word!r}"
            )
    only, leave = (_emotions(name, given.get(name, ())) for name in ("only", "leave"))
    return Corrections(tuple((int(number), word) for number, word in persons.items()), only, leave)


def _emotions(name: str, words: Any) -> tuple[str, ...]:
    """Take one emotion or several."""
    if isinstance(words, str):
        return (words,)
    listed = tuple(words) if isinstance(words, Iterable) and not isinstance(words, bytes) else (words,)
    for word in listed:
        _of(word, str, name, "a list of emotions")
    return listed


def default_of(name: str) -> Any:
    """Give an option's default as it would be written: the word of a choice, not its enum's member."""
    if name in Correcting.__annotations__:
        return {} if name == "persons" else ()
    value = getattr(DEFAULTS, FIELDS.get(name, name))
    return value.value if isinstance(value, Enum) else value


def explained(function: F) -> F:
    """Write the options that a function takes as `**options: Unpack[GROUP]` into its signature and its docstring.

    A type checker knows them by the annotation; `help`, notebooks and editors that run code know them by this.
    """
    (group,) = get_args(get_type_hints(function)["options"])
    taken = [one for name, one in inspect.signature(function).parameters.items() if name != "options"]
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default_of(name), annotation=written)
        for name, written in _written(group).items()
    ]
    made = inspect.signature(function).replace(parameters=[*taken, *options])
    function.__signature__ = made  # type: ignore[attr-defined]
    function.__doc__ = _with_words(function.__doc__ or "", group)
    return function


def _written(group: type) -> dict[str, str]:
    """Write the options of a group with their types, without the modules that these are from."""
    hints = get_type_hints(group).items()
    return {name: re.sub(r"\b(?:\w+\.)+", "", inspect.formatannotation(hint)) for name, hint in hints}


def _with_words(said: str, group: type) -> str:
    """Put what is told of each option in the place of the one line that stands for all."""
    about = words_of(group)

    def lines(found: re.Match[str]) -> str:
        return "\n".join(f"{found[1]}{name}: {about[name]}" for name in names_of(group) if name in about)

    return re.sub(r"^( *)\*\*options: .*$", lines, said, flags=re.MULTILINE)


def words_of(group: type) -> dict[str, str]:
    """Read what is told of each option of a group, by its name."""
    found: dict[str, str] = {}
    for one in (Looking, Watching, Drawing, Correcting, Annotating, Filming):
        told = re.findall(r"^ {4,}(\w+): (.+)$", one.__doc__ or "", flags=re.MULTILINE)
        found |= dict(told)
    return {name: found[name] for name in names_of(group) if name in found}
