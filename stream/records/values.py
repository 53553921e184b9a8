"""Check the values in a report's lines, one by one: whatever a line holds, it is taken or refused with a reason."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from typing import Any

from emojicam.errors import first_line

LATEST = 1e9
"""Largest time of a frame in seconds: some thirty years."""

LARGEST = 1 << 53
"""Largest number of a track, and of faces: what JSON's readers agree on."""

FARTHEST = 1e6
"""Px from a frame's corner at which a face may lie at most, and that it may measure."""

WRONG = (ValueError, KeyError, TypeError, OverflowError, RecursionError, csv.Error)
"""The errors by which a line is no line of a report."""


class BadLine(Exception):
    """A line that can't be read.

    Attributes:
        number: Its number in the file, from 1.
        why: What is wrong with it, as a user is told.
    """

    def __init__(self, number: int, error: Exception) -> None:
        super().__init__(number)
        self.number = number
        self.why = _why(error)


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    if isinstance(error, json.JSONDecodeError):  # its own words count lines too, of which there is one here
        return f"{error.msg} at column {error.colno}"
    return first_line(error)


def decoder() -> Callable[[str], Any]:
    """Make a reader of a line of JSON that takes no name twice in an object, and nothing that is no number for one."""
    decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number).decode
    # With its end it would be two lines for what counts columns: what is missing at its end, stood at column 1.
    return lambda line: decode(line.rstrip("\r\n"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name stands twice in it")
    return values


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def object_of(value: Any) -> dict[str, Any]:
    """Take a value that must be an object.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, dict):
        raise TypeError(f"{str(value)[:40]!r} is not an object")
    return value


def list_of(value: Any) -> list[Any]:
    """Take a value that must be a list.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, list):
        raise TypeError(f"{str(value)[:40]!r} is not a list")
    return value


def time_of(value: Any) -> float:
    """Take a frame's time in seconds.

    Raises:
        TypeError: It is no number.
        ValueError: No frame can have it.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"the time is {str(value)[:40]!r}, not a number")
    if not (math.isfinite(value) and 0 <= value <= LATEST):
        raise ValueError(f"the time is {str(value)[:40]}, not seconds from 0 to {LATEST:g}")
    return float(value)


def count_of(value: Any) -> int:
    """Take a value that must be a whole number from 0 on.

    Raises:
        ValueError: It is none, or too large.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise ValueError(f"{str(value)[:40]!r} is not a whole number from 0 to {LARGEST}")
    return value


def text_of(value: Any) -> str:
    """Take a value that must be text.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is not text")
    return value


def emotion_of(value: Any) -> str:
    """Take a value that must be an emotion's name.

    Raises:
        TypeError: It is no text.
        ValueError: No emotion is called so.
    """
    if not text_of(value) or len(value) > 80 or not value.isprintable():
        raise ValueError(f"{value[:40]!r} is not an emotion")
    return str(value)


def share_of(value: Any, what: str = "degree") -> float:
    """Take a number from 0 to 1.

    Args:
        value: The number.
        what: What it is called where it is refused.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError(f"the {what} is {str(value)[:40]!r}, not a number from 0 to 1")
    return float(value)


def place_of(value: Any, what: str, least: float = -FARTHEST) -> float:
    """Take a number of px or degrees.

    Args:
        value: The number.
        what: What it is called where it is refused.
        least: The smallest that may be.

    Raises:
        ValueError: It is none, or too large.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= FARTHEST:
        raise ValueError(f"the {what} is {str(value)[:40]!r}, not a number from {least:g} to {FARTHEST:g}")
    return float(value)


def source_of(value: Any) -> str:
    """Take a file's name, in which a byte that is no text is a half of a pair, U+DC80 to U+DCFF.

    Raises:
        TypeError: It is no text.
        ValueError: No file is called so.
    """
    try:
        text_of(value).encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise ValueError(f"{value[:40]!r} is not a name") from error
    if "\0" in value:
        raise ValueError(f"{value[:40]!r} is not a name")
    return str(value)
