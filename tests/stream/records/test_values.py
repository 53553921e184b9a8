"""The values of a report's lines are taken or refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from emojicam.stream.records.values import (
    WRONG,
    BadLine,
    count_of,
    decoder,
    emotion_of,
    list_of,
    object_of,
    place_of,
    share_of,
    source_of,
    time_of,
)


def place(value: Any) -> float:
    return place_of(value, "box")


@pytest.mark.parametrize(
    ("take", "good", "bad"),
    [
        (time_of, [0, 1.5, 1e9], ["1", None, True, -1, math.nan, math.inf, 2e9]),
        (count_of, [0, 7, 1 << 53], [1.0, "1", None, True, -1, 1 << 54]),
        (share_of, [0, 0.5, 1], ["1", None, True, -0.1, 1.1, math.nan]),
        (place, [-20.5, 0, 1e6], ["1", None, True, 1e7, -1e7, math.nan, math.inf]),
        (emotion_of, ["joy"], ["", 1, None, "a\nb", "x" * 81]),
        (source_of, ["a.mp4", "a\udcff.mp4"], [1, None, "a\0b", "\ud800"]),
        (list_of, [[], [1]], [{}, "x", None]),
        (object_of, [{}, {"a": 1}], [[], "x", None]),
    ],
)
def test_values_are_taken_or_refused(take: Callable[[Any], Any], good: list[Any], bad: list[Any]) -> None:
    assert [take(value) for value in good] == good
    for value in bad:
        with pytest.raises(WRONG):
            take(value)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', "{", ""])
def test_a_line_that_readers_understand_differently_is_refused(text: str) -> None:
    with pytest.raises(WRONG):
        decoder()(text)


def test_what_a_line_lacks_is_named() -> None:
    assert BadLine(3, KeyError("box")).why == "it lacks 'box'"
    assert (BadLine(3, ValueError("no\nmore")).number, BadLine(3, ValueError("no\nmore")).why) == (3, "no")
