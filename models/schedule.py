"""Move a run's learning rate, and tell how many epochs fit into the time that it may take."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from emojicam.models.recipe import Recipe


def rate(recipe: Recipe, step: int, steps: int, epochs: int) -> float:
    """Compute the share of the highest learning rate that a step learns at.

    Args:
        recipe: Says how the rate moves.
        step: Number of the step in the run, from 0.
        steps: How many make an epoch.
        epochs: How many epochs make the run.
    """
    if recipe.schedule == "constant":
        return 1.0
    if step < steps:
        return (step + 1) / steps
    return 0.5 * (1 + math.cos(math.pi * (step - steps) / max(1, (epochs - 1) * steps)))


def fitted(recipe: Recipe, times: Sequence[float], planned: int) -> int:
    """The number of epochs that fit into a recipe's seconds, as far as can be told after some of them.

    One that is still to come isn't given up while there is time: with it the learning rate comes to its end. So a run
    takes longer than it may by less than an epoch.

    Args:
        recipe: Its `seconds` are there, and its `epochs` the most.
        times: Seconds of each epoch until now, at least one.
        planned: How many were to fit until now.
    """
    done, left = len(times), recipe.seconds - sum(times)
    if left <= 0:
        return done
    more = math.floor(left / _pace(times))
    if done >= planned:
        # The rate has come to its end. It begins again only where the plan was wrong by far: after a slow first epoch.
        return min(recipe.epochs, done + more) if more >= done else done
    return min(recipe.epochs, done + max(1, more))


def _pace(times: Sequence[float]) -> float:
    """Seconds that an epoch takes; the first one is slow where things are compiled, read, or chosen by trial."""
    return max(1e-6, statistics.median(times[1:] or times))


def told(recipe: Recipe, times: Sequence[float], epochs: int) -> str:
    """Say how many epochs fit into a recipe's seconds.

    Args:
        recipe: Its `seconds` are there.
        times: Seconds of each epoch until now, at least one.
        epochs: How many there will be.
    """
    number = f"all {epochs}" if epochs == recipe.epochs else f"{epochs} of {recipe.epochs}"
    return f"{recipe.name}: an epoch takes {_pace(times):.3g} s, so {number} epochs fit into {recipe.seconds:g} s"
