"""Several answers from one net: what each costs, and what is left when one is taken out."""

from __future__ import annotations

import pytest
import torch

from emojicam.models.data.batches import Batch
from emojicam.models.heads import Heads, one_head


def test_nothing_known_of_a_face_counts_nothing() -> None:
    outputs = torch.randn(3, 7, generator=torch.Generator().manual_seed(0))
    first, second = torch.eye(2)[[0, 1, 0]], torch.zeros(3, 3)
    batch = Batch(torch.zeros(3, 1, 2, 2), [first, second], torch.full((3, 2), torch.nan))
    loss = Heads((2, 3), (1.0, 1.0), affect=1.0).loss(outputs, batch)
    assert loss == torch.nn.functional.cross_entropy(outputs[:, :2], first)


def test_right_answers_are_counted_where_one_is_known() -> None:
    heads = Heads((3, 2), (1.0, 0.5))
    outputs = torch.tensor([[1, 0, 0, 9, 0], [0, 1, 0, 9, 0], [0, 0, 1, 9, 0], [1, 0, 0, 9, 0.0]])
    targets = torch.tensor([[0.6, 0.4, 0], [0.6, 0.4, 0], [0, 0, 1], [0, 0, 0]])
    assert heads.right(outputs, Batch(torch.zeros(4, 1, 4, 4), [targets, torch.zeros(4, 2)])) == (2, 3)


def test_valence_and_arousal_that_are_right_cost_nothing_and_flat_ones_cost() -> None:
    truth = torch.tensor([[0.5, -0.5], [-0.2, 0.3], [0.1, torch.nan], [0.9, 0.1]])
    batch = Batch(torch.zeros(4, 1, 2, 2), [torch.zeros(4, 2)], truth)
    heads = Heads((2,), (1.0,), affect=1.0)
    right = torch.cat([torch.zeros(4, 2), torch.atanh(truth.nan_to_num())], 1)
    flat = torch.zeros(4, 4)
    assert float(heads.loss(right, batch)) == pytest.approx(0, abs=1e-3)
    assert float(heads.loss(flat, batch)) > 1


def test_classes_can_be_weighed() -> None:
    outputs = torch.zeros(2, 2)
    batch = Batch(torch.zeros(2, 1, 2, 2), [torch.eye(2)])
    even = Heads((2,), (1.0,)).loss(outputs, batch)
    weighed = Heads((2,), (1.0,), class_weights=torch.tensor([0.5, 1.5])).loss(outputs, batch)
    assert weighed == pytest.approx(float(even))
    lean = torch.tensor([[2.0, 0.0], [2.0, 0.0]])  # the second face is answered wrong
    heavy = Heads((2,), (1.0,), class_weights=torch.tensor([0.5, 1.5])).loss(lean, batch)
    assert heavy > Heads((2,), (1.0,)).loss(lean, batch)


def test_the_outputs_of_each_label_set_lie_side_by_side_and_affect_is_everybodys() -> None:
    heads = Heads((3, 2), (1.0, 0.5), affect=1.0)
    assert heads.outputs == 7
    assert [heads.numbers(place) for place in (0, 1)] == [[0, 1, 2, 5, 6], [3, 4, 5, 6]]
    assert Heads((3, 2), (1.0, 0.5)).numbers(1) == [3, 4]


def test_one_head_alone_answers_as_it_did_beside_the_others() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 8), torch.nn.ReLU(), torch.nn.Linear(8, 7))
    x = torch.randn(5, 1, 4, 4)
    alone = one_head(net, [3, 4, 5, 6])
    assert torch.allclose(alone(x), net(x)[:, 3:])
    assert net(x).shape == (5, 7)
