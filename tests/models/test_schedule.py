"""The learning rate, and how many epochs fit into a time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from runs import PLAN

from emojicam.models import schedule


@pytest.mark.parametrize("epochs", [1, 2, 5])
def test_the_rate_rises_for_an_epoch_and_falls_to_nothing(epochs: int) -> None:
    rates = [schedule.rate(replace(PLAN, schedule="cosine"), step, 10, epochs) for step in range(10 * epochs)]
    assert rates[:10] == [pytest.approx((step + 1) / 10) for step in range(10)]
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert epochs == 1 or rates[-1] < 0.1
    assert {schedule.rate(replace(PLAN, schedule="constant"), step, 10, epochs) for step in range(10 * epochs)} == {1.0}


@pytest.mark.parametrize("first", [0.5, 1.0, 9.0])
@pytest.mark.parametrize("bound", [0.2, 3.0, 20.0, 57.5, 1e5])
@pytest.mark.parametrize("later", [0.5, 1.0, 3.0])
def test_a_run_goes_beyond_its_seconds_by_less_than_an_epoch(first: float, bound: float, later: float) -> None:
    plan = replace(PLAN, epochs=60, seconds=bound)
    times: list[float] = []
    planned = plan.epochs
    while len(times) < planned:
        times.append(first if not times else 1.0 if len(times) < 10 else later)
        planned = schedule.fitted(plan, times, planned)
    assert sum(times) - times[-1] < bound
    assert len(times) == planned <= 60
    if planned < 60 and first + 2 < bound:  # what is left is little: the schedule is not cut off, nor the time wasted
        assert bound - sum(times) <= max(2 * times[-1], sum(times))
