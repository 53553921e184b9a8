"""The answer's choice: a share of the prior taken back, another label set's say, honest confidences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emojicam.models.card import Card, Decision
from emojicam.models.decision import COST, Decide, fit, temperature

LABELS = ("neutral", "happiness", "anger")


def card(**decision: object) -> Card:
    known = Card("mien", LABELS, mean=(0.0,), std=(255.0,))
    return known.deciding(Decision((0.8, 0.15, 0.05), **decision)) if decision else known  # type: ignore[arg-type]


def test_a_share_of_the_prior_is_taken_back() -> None:
    logits = torch.tensor([[1.0, 0.2, 0.0]])
    p = torch.softmax(logits, 1).numpy()[0]
    said = torch.softmax(Decide(card(tau=0.5))(logits, torch.zeros(1, 0)), 1).numpy()[0]
    wanted = p / np.sqrt([0.8, 0.15, 0.05])
    assert said == pytest.approx(wanted / wanted.sum(), abs=1e-6)
    assert p.argmax() == 0
    assert said.argmax() == 2


def test_without_a_decision_nothing_changes() -> None:
    logits = torch.randn(9, 3, generator=torch.Generator().manual_seed(0))
    for known in (card(), card(tau=0.0)):
        assert torch.softmax(Decide(known)(logits, torch.zeros(9, 0)), 1) == pytest.approx(torch.softmax(logits, 1))


def test_the_other_label_set_has_its_say_of_the_labels_that_it_knows() -> None:
    """In logarithms, in any order; what it doesn't know keeps the answer of the first."""
    logits = torch.tensor([[0.4, 0.1, -0.2]])
    second = torch.tensor([[0.0, 2.0]])
    said = Decide(card(weight=0.25, second=("happiness", "neutral"), tau=0.0))(logits, second)
    own, other = torch.log_softmax(logits, 1)[0], torch.log_softmax(second, 1)[0]
    wanted = [0.75 * own[0] + 0.25 * other[1], 0.75 * own[1] + 0.25 * other[0], own[2]]
    assert said[0].tolist() == pytest.approx([float(value) for value in wanted], abs=1e-6)


def drawn(number: int = 6000) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits of a net that has learnt the prior of 80, 15 and 5 in a hundred, another's, and the truth."""
    rng = np.random.default_rng(0)
    prior = np.array([0.8, 0.15, 0.05])
    truth = rng.choice(3, number, p=prior)
    seen = np.eye(3)[truth] * 2.2 + rng.normal(0, 1.3, (number, 3))
    other = np.eye(3)[truth] * 2.2 + rng.normal(0, 1.3, (number, 3))
    own = torch.tensor(seen + np.log(prior)).float()
    return own, torch.tensor(other).float(), torch.from_numpy(truth)


def recalls(decision: Card, own: torch.Tensor, other: torch.Tensor, truth: torch.Tensor) -> tuple[float, float]:
    right = Decide(decision)(own, other).argmax(1) == truth
    return float(right.float().mean()), float(np.mean([right[truth == label].float().mean() for label in range(3)]))


def test_the_rare_are_found_at_the_price_that_is_set() -> None:
    own, other, truth = drawn()
    begun = card(tau=0.0)
    chosen = fit(begun, own, other[:, :0], truth)
    assert chosen.decision is not None
    assert chosen.decision.tau > 0
    before, after = (recalls(one, own, other[:, :0], truth) for one in (begun, chosen))
    assert after[0] >= before[0] - COST - 1e-6
    assert after[1] > before[1] + 0.03


def test_another_label_set_that_helps_is_asked_and_one_that_does_not_is_not() -> None:
    own, other, truth = drawn()
    begun = card(tau=0.0, second=LABELS)
    good = fit(begun, own, other, truth).decision
    assert good is not None
    assert good.weight > 0
    wrong = fit(
        begun, own, other[torch.randperm(len(other), generator=torch.Generator().manual_seed(0))], truth
    ).decision
    assert wrong is not None
    assert wrong.weight <= 0.1


def test_both_temperatures_make_confidences_honest() -> None:
    own, other, truth = drawn()
    chosen = fit(card(tau=0.0), own * 3, other[:, :0], truth)
    assert chosen.temperature == pytest.approx(3 * temperature(own, truth), rel=0.05)
    p = torch.softmax(Decide(chosen)(own * 3, other[:, :0]), 1)
    sure, right = p.max(1)
    assert float(sure.mean()) == pytest.approx(float((right == truth).float().mean()), abs=0.03)
