from __future__ import annotations

import pytest
import torch

from emojicam.errors import UsageError
from emojicam.models import registry


@pytest.fixture(params=registry.names())
def entry(request: pytest.FixtureRequest) -> registry.Entry:
    return registry.entry(request.param)


def test_a_net_has_exactly_the_parameters_that_it_is_said_to_have(entry: registry.Entry) -> None:
    net = registry.build(entry.name)
    assert sum(p.numel() for p in net.parameters()) == entry.parameters
    running = [buffer.numel() for name, buffer in net.named_buffers() if "running" in name]
    assert sum(running) == entry.statistics


def test_the_published_counts_are_those_of_the_projects() -> None:
    assert registry.entry("cnn3").parameters == 422_375
    assert registry.entry("residual5").parameters + registry.entry("residual5").statistics == 1_174_021


def test_a_net_gives_one_logit_a_class_and_learns_in_every_parameter(entry: registry.Entry) -> None:
    torch.manual_seed(0)
    net = registry.build(entry.name, 5).train()
    x = torch.randn(3, entry.channels, entry.size, entry.size)
    target = torch.tensor([0, 1, 2])
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-4)
    losses = []
    touched: set[str] = set()
    for _ in range(4):
        torch.manual_seed(0)  # the same units drop out each time
        logits = net(x)
        assert logits.shape == (3, 5)
        loss = torch.nn.functional.cross_entropy(logits, target)
        optimiser.zero_grad()
        loss.backward()
        touched |= {name for name, p in net.named_parameters() if p.grad is not None and bool(p.grad.abs().sum() > 0)}
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    # A residual branch that starts at zero learns from the second step on.
    assert touched == {name for name, _ in net.named_parameters()}


def test_an_unknown_net_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match=r"no net is called 'nope'.*mien"):
        registry.build("nope")


def test_two_nets_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match="two nets are called mien"):
        registry.register("mien", channels=1, size=48, parameters=1, classes=2, about="")(lambda k: torch.nn.Module())


def test_ours_is_small_enough_for_one_core() -> None:
    net = registry.build("mien").eval()
    macs = 0

    def count(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal macs
        assert isinstance(module, torch.nn.Conv2d | torch.nn.Linear)
        macs += output.numel() * module.weight[0].numel()

    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(count)
    net(torch.zeros(1, 1, 48, 48))
    assert macs <= 120e6
    assert registry.entry("mien").parameters <= 2_000_000
