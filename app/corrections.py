"""The words by which faces are corrected, as they are typed: `--person`, `--only`, `--except`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from emojicam.errors import UsageError
from emojicam.meant import closest
from emojicam.stream.choices import NONE, Corrections, Style


def corrections_of(persons: Iterable[str], only: Iterable[str], leave: Iterable[str]) -> Corrections:
    """Read what was typed; whether there are such emotions, a model or a record must tell.

    Args:
        persons: `N=WORD`, each for one person; of two for the same one the later holds.
        only: Emotions, several in one word parted by commas.
        leave: Emotions, in the same way.

    Raises:
        UsageError: It can't be read.
    """
    people = tuple(dict(map(_person, persons)).items())
    return Corrections(people, _listed("only", only), _listed("except", leave))


def refuse_unknown(corrections: Corrections, emotions: Sequence[str]) -> None:
    """Check the words that can only be checked when it is known which emotions there are.

    Args:
        corrections: What was typed.
        emotions: The emotions that there are.

    Raises:
        UsageError: One is neither an emotion nor, for a person, a style.
    """
    for number, word in corrections.persons:
        if word in corrections.emotions and word not in emotions:
            others = (*emotions, NONE, *(style.value for style in Style))
            raise UsageError(f"--person {number}={word}: {none_of(word, others)}")
    for flag, words in (("only", corrections.only), ("except", corrections.leave)):
        for word in words:
            if word not in emotions:
                raise UsageError(f"--{flag} {word}: {none_of(word, emotions)}")


def none_of(word: str, words: Sequence[str]) -> str:
    """Say that a word is none of those there are, and which may have been meant, or which there are."""
    near = closest(word, words, 0.55)  # happy, and happiness
    return f"did you mean {near}?" if near else f"{word!r} is none of {', '.join(words)}"


def _person(text: str) -> tuple[int, str]:
    number, equals, word = text.partition("=")
    if not (equals and word.strip() and number.strip().isascii() and number.strip().isdigit() and int(number) > 0):
        raise UsageError(f"--person {text}: is written N=EMOTION, N={NONE} or N=STYLE, N a person's number")
    return int(number), word.strip()


def _listed(flag: str, texts: Iterable[str]) -> tuple[str, ...]:
    words = [word.strip() for text in texts for word in text.split(",")]
    if "" in words:
        raise UsageError(f"--{flag}: emotions, parted by commas")
    return tuple(dict.fromkeys(words))
