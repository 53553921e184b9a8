from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from emojicam.models.graphed import graphed

EXAMPLE = torch.zeros(4, 1, 8, 8)


class Recording:
    """A recorder with the CPU in the GPU's place: it runs the module some times first, and counts the replays."""

    def __init__(self) -> None:
        self.replays = 0

    def __call__(self, module: nn.Module, example: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
        for _ in range(3):
            module(example).sum().backward()

        def replay(faces: torch.Tensor) -> torch.Tensor:
            assert faces.shape == example.shape
            self.replays += 1
            told: torch.Tensor = module(faces)
            return told

        return replay


def small_net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)).train()


def test_recording_leaves_no_trace_in_the_net() -> None:
    net, same = small_net(), small_net()
    graphed(net, EXAMPLE, half=False, record=Recording())
    for ours, theirs in zip(net.state_dict().values(), same.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)
    assert all(parameter.grad is None for parameter in net.parameters())


def test_full_batches_are_replayed_and_the_last_one_runs_as_always() -> None:
    record, net, same = Recording(), small_net(), small_net()
    run = graphed(net, EXAMPLE, half=False, record=record)
    for faces in (torch.randn(4, 1, 8, 8), torch.randn(4, 1, 8, 8), torch.randn(2, 1, 8, 8)):
        torch.testing.assert_close(run(faces), same(faces))
    assert record.replays == 2


def test_a_device_that_cannot_record_runs_the_net_itself() -> None:
    def refuses(module: nn.Module, example: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
        module(example)
        raise RuntimeError("operation not permitted when stream is capturing")

    net, same = small_net(), small_net()
    run = graphed(net, EXAMPLE, half=False, record=refuses)
    assert run is net
    assert torch.equal(net.state_dict()["1.num_batches_tracked"], same.state_dict()["1.num_batches_tracked"])
