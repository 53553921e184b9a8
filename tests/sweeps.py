"""A sweep that was made up, and a small space to search."""

from __future__ import annotations

import math

from emojicam.models.space import Dimension
from emojicam.models.sweep import COMPLETE, DIVERGED, FAILED, PRUNED, Sweep, Trial

SPACE = """
[rate]
low = 1e-4
high = 1e-2
log = true

[optimiser]
values = ["adam", "sgd"]

[momentum]
low = 0.3
high = 0.9

[batch]
low = 16
high = 64

[augment.roll]
low = 0
high = 10
"""

DIMENSIONS = (
    Dimension("rate", low=1e-4, high=1e-2, log=True),
    Dimension("optimiser", ("adam", "sgd<script>")),
    Dimension("momentum", low=0.3, high=0.9),
    Dimension("batch", low=16, high=64),
    Dimension("augmented", (True, False)),
)


def sweep(count: int = 12, *, name: str = "cnn3") -> Sweep:
    trials = []
    for number in range(count):
        adam = number % 2 == 0
        values = {
            "rate": 1e-4 * 10 ** (2 * number / count),
            "optimiser": "adam" if adam else "sgd<script>",
            "batch": 16 + 4 * number,
            "augmented": number % 3 == 0,
        }
        values |= {} if adam else {"momentum": 0.5}
        state = {4: PRUNED, 5: FAILED, 6: DIVERGED}.get(number, COMPLETE)
        score = {FAILED: math.nan, DIVERGED: math.nan}.get(state, 0.5 + 0.02 * number)
        trials.append(Trial(number, values, state, score, (score - 0.1, score) if score > 0 else (), 12.5))
    shares = {"rate": 0.75, "optimiser": 0.25} if count > 8 else {}
    return Sweep(name, "accuracy", "ferplus", {"epochs": "4", "net": "cnn3"}, DIMENSIONS, trials, shares)
