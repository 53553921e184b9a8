"""How far a decision goes, on the scale from calm to lively."""

from __future__ import annotations

import numpy as np
import pytest

from emojicam.stream.emotions.expressive import expressed

UNDECIDED = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]], np.float32)
DECIDED = np.array([[0.4, 0.5, 0.1], [0.1, 0.3, 0.6]], np.float32)


@pytest.mark.parametrize(("expressive", "says"), [(0.0, UNDECIDED), (0.5, DECIDED)])
def test_the_model_itself_lies_at_the_beginning_and_in_the_middle(expressive: float, says: np.ndarray) -> None:
    assert expressed(DECIDED, UNDECIDED, expressive) == pytest.approx(says, abs=1e-6)


def test_every_step_of_the_scale_moves_the_log_odds_by_as_much() -> None:
    odds = []
    for expressive in (0.0, 0.25, 0.5, 0.75, 1.0):
        answer = expressed(DECIDED, UNDECIDED, expressive)
        assert answer.dtype == np.float32
        assert answer.sum(1) == pytest.approx(1, abs=1e-6)
        odds.append(np.log(answer[:, 1] / answer[:, 0]))
    steps = np.diff(odds, axis=0)
    assert steps == pytest.approx(np.tile(steps[0], (4, 1)), abs=1e-5)
    assert (steps > 0).all()


@pytest.mark.parametrize("expressive", [0.0, 0.2, 0.8, 1.0])
def test_what_is_impossible_stays_a_number(expressive: float) -> None:
    answer = expressed(np.array([[1, 0]], np.float32), np.array([[0, 1]], np.float32), expressive)
    assert np.isfinite(answer).all()
    assert answer.sum() == pytest.approx(1)


def test_no_faces_are_none() -> None:
    assert expressed(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), 0.9).shape == (0, 3)
