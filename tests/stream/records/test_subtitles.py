"""What was seen, as subtitles."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from films import FILM, RATE, face, film, gathered

from emojicam.stream.records.subtitles import SHORTEST, clock, subtitles
from emojicam.stream.types import Placement

BLOCK = re.compile(r"(\d+)\n(\S+) --> (\S+)\n((?:.+\n)+)\n")


def parsed(text: str) -> list[tuple[str, str, str]]:
    """As a player reads it: start, end, text."""
    blocks = BLOCK.findall(text)
    assert "".join(f"{n}\n{a} --> {b}\n{words}\n" for n, a, b, words in blocks) == text
    assert [int(block[0]) for block in blocks] == list(range(1, len(blocks) + 1))
    return [(start, end, words.rstrip("\n")) for _, start, end, words in blocks]


def test_subtitles_have_a_line_for_each_person() -> None:
    assert parsed(subtitles(gathered(FILM))) == [
        ("00:00:00,000", "00:00:01,000", "1: 😀 happiness\n2: 😐 neutral"),
        ("00:00:01,000", "00:00:02,000", "1: 😮 surprise\n2: 😐 neutral"),
        ("00:00:02,000", "00:00:02,500", "2: 😐 neutral"),
        ("00:00:03,000", "00:00:04,000", "1: 😀 happiness"),
    ]


def test_what_is_too_short_to_be_read_is_not_told() -> None:
    flicker = film(*[[face(1)]] * 10, *[[face(1, "anger")]] * 2, *[[face(1)]] * 10)
    assert parsed(subtitles(gathered(flicker))) == [("00:00:00,000", "00:00:02,200", "1: 😀 happiness")]


def test_of_nobody_there_are_no_subtitles() -> None:
    assert subtitles(gathered(film([], []))) == ""


def test_what_is_not_confirmed_is_not_told() -> None:
    guess = replace(face(None, "anger"), confirmed=False)
    assert subtitles(gathered(film(*[[guess]] * 10))) == ""
    beside = film(*[[guess]] * 10, *[[face(1), guess]] * 10)
    assert parsed(subtitles(gathered(beside))) == [("00:00:01,000", "00:00:02,000", "1: 😀 happiness")]


def test_who_is_not_detected_for_a_while_and_covered_all_the_same_is_told_of_all_along() -> None:
    ways = [face(1, placement=placement) for placement in Placement]
    assert len(ways) / RATE >= SHORTEST
    assert parsed(subtitles(gathered(film(*[[one] for one in ways])))) == [
        ("00:00:00,000", clock(len(ways) / RATE), "1: 😀 happiness")
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00:00,000"), (59.9996, "00:01:00,000"), (3723.456, "01:02:03,456"), (-1, "00:00:00,000")],
)
def test_a_time_as_subrip_has_it(seconds: float, text: str) -> None:
    assert clock(seconds) == text
