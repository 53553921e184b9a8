from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from emojicam.models import registry
from emojicam.models.blend import blended
from emojicam.models.card import Card, Crop
from emojicam.models.inputs import Normalised

CARD = Card(net="mien", labels=("a", "b", "c"), channels=1, crop=Crop().at(48), mean=(120.0,), std=(60.0,))
FACES = np.random.default_rng(0).integers(0, 256, (40, 1, 48, 48), dtype=np.uint8)


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(1)
    return registry.build("mien", 3)


def scaled(net: nn.Module, times: float) -> dict[str, torch.Tensor]:
    return {name: value * times if value.is_floating_point() else value for name, value in net.state_dict().items()}


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_weights_lie_on_the_line_between_both(net: nn.Module, share: float) -> None:
    before = copy.deepcopy(net.state_dict())
    made = blended(net, scaled(net, 3), share, CARD, FACES)
    for name, parameter in made.named_parameters():
        torch.testing.assert_close(parameter.detach(), before[name] * (1 + 2 * share))
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_batch_normalisation_is_measured_on_the_faces(net: nn.Module) -> None:
    made = blended(net, scaled(net, 2), 0.5, CARD, FACES)
    assert not made.training
    first = next(module for module in made.modules() if isinstance(module, nn.Conv2d))
    norm = next(module for module in made.modules() if isinstance(module, nn.BatchNorm2d))
    taken: list[torch.Tensor] = []
    first.register_forward_hook(lambda module, given, told: taken.append(told))
    with torch.no_grad():
        Normalised(made, CARD)(torch.from_numpy(FACES).float())
    assert norm.running_mean is not None
    assert norm.running_var is not None
    torch.testing.assert_close(norm.running_mean, taken[0].mean((0, 2, 3)), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(norm.running_var, taken[0].var((0, 2, 3)), rtol=1e-3, atol=1e-3)
    assert norm.momentum == pytest.approx(0.1)
    assert all(torch.isfinite(value).all() for value in made.state_dict().values())


def test_a_net_without_batch_normalisation_is_blended_too() -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    made = blended(plain, scaled(plain, 0), 0.5, CARD, FACES[:0])
    torch.testing.assert_close(next(made.parameters()).detach(), next(plain.parameters()).detach() / 2)
