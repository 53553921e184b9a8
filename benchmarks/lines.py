"""The figures in what a benchmark prints, and which of them moved between two runs: see all.py.

A line is found again by its words, a figure by its place among the numbers of its line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MOVED = 0.2
"""A figure moved if it changed by more than this share. Two runs on a quiet machine differ by up to a tenth."""

STEPS = 2
"""Nor did it move by so few steps of its last digit: 0.03 ms beside 0.04 ms is rounding."""

_FIGURE = re.compile(r"(?<![\w.+−/-])\d[\d,]*(?:\.\d+)?(?![\w]|\.\d)")
"""A number by itself: the one in `720p` or `p95` is part of a name; one with a sign is a difference: no ratio."""

_SPREAD = re.compile(r"\((?:\d[\d.]*(?:, )?){2,}\)")
"""Each round's figure, behind their median."""


@dataclass(frozen=True)
class Figure:
    """A number as it was printed.

    Attributes:
        value: What it says.
        step: What one in its last digit is worth.
    """

    value: float
    step: float

    @classmethod
    def read(cls, text: str) -> Figure:
        """Read a number that may have commas between its thousands."""
        return cls(float(text.replace(",", "")), 10.0 ** -len(text.partition(".")[2]))

    def moved_to(self, now: Figure) -> bool:
        """Whether another run's figure is further away than chance takes it."""
        change = abs(now.value - self.value)
        return change > MOVED * abs(self.value) and change > (STEPS + 0.5) * max(self.step, now.step)


@dataclass(frozen=True)
class Line:
    """A printed line, its spread left out.

    Attributes:
        text: As it was printed.
        figures: The numbers in it, in their order.
    """

    text: str
    figures: tuple[Figure, ...]

    @property
    def words(self) -> str:
        """The line without its figures."""
        return " ".join(_FIGURE.sub("#", _SPREAD.sub("", self.text)).split())


def read(printed: Iterable[str]) -> dict[str, Line]:
    """The lines that have figures, by their words; lines of the same words are counted."""
    found: dict[str, Line] = {}
    seen: Counter[str] = Counter()
    for text in printed:
        line = Line(text, tuple(map(Figure.read, _FIGURE.findall(_SPREAD.sub("", text)))))
        if line.figures:
            seen[line.words] += 1
            found[f"{line.words} ({seen[line.words]})"] = line
    return found


@dataclass(frozen=True)
class Change:
    """A line whose figures moved.

    Attributes:
        before: As it was.
        now: As it is.
        ratios: The figures that moved, each as a multiple of what it was; None where it was 0.
    """

    before: str
    now: str
    ratios: tuple[float | None, ...]

    def __str__(self) -> str:
        """Say it in three lines."""
        said = ", ".join("from 0" if ratio is None else f"{ratio:.2f} times" for ratio in self.ratios)
        return f"  was: {self.before.strip()}\n  is:  {self.now.strip()}\n       {said}"


@dataclass(frozen=True)
class Compared:
    """One benchmark beside its last run.

    Attributes:
        changes: The lines that moved.
        same: How many lines didn't.
        gone: Words of lines that are no longer printed.
        new: Words of lines that weren't printed then.
    """

    changes: list[Change]
    same: int
    gone: list[str]
    new: list[str]


def compare(before: Iterable[str], now: Iterable[str]) -> Compared:
    """Lay two runs of a benchmark beside each other."""
    old, new = read(before), read(now)
    changes = [change for words in old.keys() & new.keys() if (change := _change(old[words], new[words]))]
    order = {line.text: place for place, line in enumerate(new.values())}
    changes.sort(key=lambda change: order[change.now])
    both = len(old.keys() & new.keys())
    gone, came = ([*filter(lambda w: w not in other, one)] for one, other in ((old, new), (new, old)))
    return Compared(changes, both - len(changes), gone, came)


def _change(old: Line, new: Line) -> Change | None:
    pairs = zip(old.figures, new.figures, strict=True)
    moved = [(a.value, b.value) for a, b in pairs if a.moved_to(b)]
    return Change(old.text, new.text, tuple(b / a if a else None for a, b in moved)) if moved else None
