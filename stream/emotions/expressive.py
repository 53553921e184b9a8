"""The scale from calm to lively: how far a model's decision goes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emojicam.stream.choices import EXPRESSIVE

LEAST = 1e-12
"""Probability below which logarithms are not taken."""


def expressed(
    decided: npt.NDArray[np.float32], undecided: npt.NDArray[np.float32], expressive: float
) -> npt.NDArray[np.float32]:
    """Go from what a model says before its decision to what it decides, less far than that or farther.

    The steps are equal ones of log odds: p ~ undecided^(1 - 2 e) * decided^(2 e).

    Args:
        decided: float32 NxK, rows sum to 1.
        undecided: float32 NxK, the same before the decision.
        expressive: How far, 0-1: 0 is undecided, 0.5 decided, 1 twice the step.

    Returns:
        float32 NxK, rows sum to 1.
    """
    if expressive == EXPRESSIVE:
        return decided
    before, after = (np.log(np.maximum(p, LEAST)) for p in (undecided, decided))
    logs = before + 2 * expressive * (after - before)
    shares = np.exp(logs - logs.max(1, keepdims=True))
    return np.asarray(shares / shares.sum(1, keepdims=True), np.float32)
