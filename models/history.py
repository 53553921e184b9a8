"""The log that a training run writes as it goes: a line of JSON for each epoch."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

from emojicam.errors import InputError, UsageError, first_line
from emojicam.files import writing


@dataclass(frozen=True)
class Best:
    """The best epoch of a curve: its number, from 1, and the value there."""

    epoch: int
    value: float


@dataclass(frozen=True)
class History:
    """The epochs of a training run, as its log tells them.

    Attributes:
        epochs: The E epochs' numbers, ascending.
        rows: E lines of the log; their keys are those of `emojicam.models.train.train`.
    """

    epochs: tuple[int, ...]
    rows: tuple[dict[str, object], ...]

    def curve(self, key: str) -> list[float]:
        """The values that a key has in the log, one for each epoch; nan where the log has none."""
        return [_number(row.get(key)) for row in self.rows]

    @property
    def sets(self) -> dict[str, str]:
        """Names of the validated label sets, each with the start of its log keys; a nameless one is "validation"."""
        starts = dict.fromkeys(key.removesuffix("accuracy") for row in self.rows for key in row if _validated(key))
        return {start.removesuffix("validation_").rstrip("_") or "validation": start for start in starts}

    @property
    def losses(self) -> dict[str, list[float]]:
        """The losses that were logged, a curve each, by name: "training", and each label set's validation."""
        keys = {"training": "train_loss"} | {name: f"{start}loss" for name, start in self.sets.items()}
        return self._known(keys)

    @property
    def accuracies(self) -> dict[str, list[float]]:
        """The accuracies that were logged, 0-1, a curve each, by name: each label set's validation, and "training"."""
        keys = {name: f"{start}accuracy" for name, start in self.sets.items()}
        return self._known(keys | {"training": "train_accuracy"})

    def _known(self, keys: dict[str, str]) -> dict[str, list[float]]:
        curves = {name: self.curve(key) for name, key in keys.items()}
        return {name: curve for name, curve in curves.items() if not all(map(math.isnan, curve))}

    def best(self, name: str, choose: str = "accuracy") -> Best | None:
        """The epoch that a run keeps for a label set: the first in which the validation was best.

        Args:
            name: A label set among `sets`.
            choose: What is compared: "accuracy", "macro_f1" or "loss", as the recipe says.

        Returns:
            The epoch, or None where that wasn't logged.
        """
        values = self.curve(self.sets[name] + choose)
        known = [at for at, value in enumerate(values) if not math.isnan(value)]
        if not known:
            return None
        at = (min if choose == "loss" else max)(known, key=values.__getitem__)
        return Best(self.epochs[at], values[at])

    @property
    def seconds(self) -> float:
        """The seconds that all epochs took together; nan where that wasn't logged."""
        return math.fsum(self.curve("seconds"))


def read_history(path: Path) -> History:
    """Read the log of a training run, `metrics.jsonl`.

    A last line that was cut short (the run was interrupted) is left out. Of an epoch that is there twice (it was
    repeated after an interruption) the later line counts.

    Raises:
        UsageError: It isn't there.
        InputError: A line isn't a JSON object with an epoch, or there is none.
    """
    if not os.path.isfile(path):
        raise UsageError(f"{path}: no such file")
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: can't be read: {first_line(error)}") from error
    rows: dict[int, dict[str, object]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            rows[int(row["epoch"])] = row
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):  # every whole line ends in a newline
                break
            raise InputError(f"{path}, line {number}: not the JSON object of an epoch") from error
    if not rows:
        raise InputError(f"{path}: no epoch in it")
    ordered = sorted(rows)
    return History(tuple(ordered), tuple(rows[epoch] for epoch in ordered))


def rewind(path: Path, epoch: int) -> None:
    """Cut a log back to the whole lines of epochs up to `epoch`: a run that goes on repeats what came after.

    Raises:
        OutputError: It can't be written.
    """
    kept = []
    for line in path.read_text("utf-8", "replace").splitlines() if path.is_file() else []:
        try:
            if int(json.loads(line)["epoch"]) <= epoch:
                kept.append(f"{line}\n")
        except (ValueError, KeyError, TypeError):
            continue
    with writing(path) as part:
        part.write_text("".join(kept), "utf-8")


def _validated(key: str) -> bool:
    return key == "validation_accuracy" or key.endswith("_validation_accuracy")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else math.nan
