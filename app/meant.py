"""The word that was meant by one that was mistyped. Needs the standard library alone."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, words: Iterable[str], alike: float = 0.6) -> str | None:
    """The one of some words that a mistyped one was probably meant to be; None if none is `alike`, 0-1."""
    by_letters = {_letters(one): one for one in words}
    found = get_close_matches(_letters(word), by_letters, n=1, cutoff=alike)
    return by_letters[found[0]] if found else None


def meant(word: str, words: Iterable[str]) -> str:
    """Ask for the end of a message whether another word was meant; "" if none is like it."""
    near = closest(word, words)
    return f"; did you mean {near}?" if near else ""


def _letters(word: str) -> str:
    """Take off what all options have in common: the dashes before them."""
    return word.lstrip("-").lower()
