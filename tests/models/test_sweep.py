"""What a sweep found, as it is told."""

from __future__ import annotations

from sweeps import sweep

from emojicam.models.sweep import said


def test_trials_are_ranked_that_came_to_their_end() -> None:
    found = sweep()
    assert [trial.number for trial in found.ranked] == [11, 10, 9, 8, 7, 3, 2, 1, 0]
    assert found.counts == {"complete": 9, "pruned": 1, "diverged": 1, "failed": 1}
    assert found.seconds == 12 * 12.5


def test_values_are_said_in_a_few_letters() -> None:
    assert [said(value) for value in (True, False, 0.00123456, 64, "adam")] == ["yes", "no", "0.00123", "64", "adam"]
