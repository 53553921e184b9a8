"""A sweep as it can be told and drawn: what was searched, and what came of every trial."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from emojicam.models.space import Dimension, Value

COMPLETE, PRUNED, DIVERGED, FAILED = "complete", "pruned", "diverged", "failed"
METRICS = {"accuracy": "accuracy", "macro_recall": "macro recall", "macro_f1": "macro-F1"}
"""The figures that a sweep may look for, each with its name in words."""


@dataclass(frozen=True)
class Trial:
    """One recipe that was tried.

    Attributes:
        number: From 0.
        values: The values of the fields that were searched, by name; a field that didn't apply is missing.
        state: "complete"; "pruned", given up early because others had been better; "diverged", its loss was no number
            any more; or "failed".
        score: Its best epoch's metric on the validation split, 0-1; nan where there is none.
        curve: The metric after each epoch, 0-1.
        seconds: How long it took.
    """

    number: int
    values: Mapping[str, Value]
    state: str
    score: float
    curve: Sequence[float] = ()
    seconds: float = math.nan


@dataclass(frozen=True)
class Sweep:
    """The outcome of a sweep.

    Attributes:
        name: The recipe's name.
        metric: What was looked for: a key of `METRICS`.
        data: The data set and the labels, in words.
        recipe: The values that the recipe itself has, in words, by field.
        dimensions: What was searched.
        trials: All that were begun and have ended, in their order.
        importances: Share of each field in what tells the best trials from the others, 0-1, the largest first.
    """

    name: str
    metric: str
    data: str
    recipe: Mapping[str, str]
    dimensions: Sequence[Dimension]
    trials: Sequence[Trial]
    importances: Mapping[str, float] = field(default_factory=dict)

    @property
    def ranked(self) -> list[Trial]:
        """The trials that were run to their end, the best first."""
        done = [trial for trial in self.trials if trial.state == COMPLETE]
        return sorted(done, key=lambda trial: -trial.score)

    @property
    def counts(self) -> dict[str, int]:
        """The number of trials in each state."""
        return {state: sum(t.state == state for t in self.trials) for state in (COMPLETE, PRUNED, DIVERGED, FAILED)}

    @property
    def seconds(self) -> float:
        """The time that all trials took together, s."""
        return math.fsum(t.seconds for t in self.trials if math.isfinite(t.seconds))


def said(value: Value) -> str:
    """A value in a few letters."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
