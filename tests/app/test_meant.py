"""Words that were mistyped, and those that were meant."""

from __future__ import annotations

import pytest

from emojicam.meant import closest, meant

WORDS = ("annotate", "live", "web", "--out", "--overwrite", "badge")


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        *(("anotate", "annotate"), ("lvie", "live"), ("wbe", "web"), ("BADGE", "badge"), ("-out", "--out")),
        *(("--overwirte", "--overwrite"), ("--version", None), ("dance", None), ("", None)),
    ],
)
def test_the_word_that_was_meant_is_found(typed: str, near: str | None) -> None:
    assert closest(typed, WORDS) == near


def test_it_ends_a_message_or_says_nothing() -> None:
    assert meant("bagde", WORDS) == "; did you mean badge?"
    assert meant("zebra", WORDS) == ""
    assert meant("badge", ()) == ""
