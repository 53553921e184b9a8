"""Steps that a GPU replays: the launches of a net, forwards and backwards, are recorded once and told in one go.

A small net has hundreds of launches a step, and telling a GPU of each takes longer than the work itself (PyTorch's CUDA
graphs, Nguyen et al. 2021, https://pytorch.org/blog/accelerating-pytorch-with-cuda-graphs/). Needs torch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Protocol

import torch
from torch import nn


class Recorder(Protocol):
    """The way to record a module on a device; `torch.cuda.make_graphed_callables` on a GPU."""

    def __call__(self, module: nn.Module, example: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
        """Record a module as it runs, forwards and backwards, on faces of the example's shape."""


def on_cuda(module: nn.Module, example: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """Record a module on a CUDA device."""
    return torch.cuda.make_graphed_callables(module, (example,))  # type: ignore[return-value]


def graphed(
    net: nn.Module, example: torch.Tensor, *, half: bool, record: Recorder = on_cuda
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Wrap a net that is in training so that full batches are replayed; others, like an epoch's last, run as always.

    Recording runs the net some times: what batch normalisation gathered then is forgotten again.

    Args:
        net: All its parameters are learnt; it stays where they are.
        example: Faces of a full batch, on its device.
        half: Run it in bfloat16, where autocast says so.
        record: Records it.

    Returns:
        A callable that gives the net's outputs; the net itself where the device can't record it.
    """
    before = copy.deepcopy(net.state_dict())
    try:
        # Each replay casts the weights as they are then: a cast that is remembered would be the first one's.
        with torch.autocast(example.device.type, torch.bfloat16, enabled=half, cache_enabled=False):
            replay = record(_Around(net), example)
    except RuntimeError:
        return net
    finally:
        net.load_state_dict(before)
        net.zero_grad(set_to_none=True)

    def run(faces: torch.Tensor) -> torch.Tensor:
        told: torch.Tensor = (replay if faces.shape == example.shape else net)(faces)
        return told

    return run


class _Around(nn.Module):
    """A module that is recorded instead of the net itself, whose own way to run stays as it is."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        told: torch.Tensor = self.net(faces)
        return told
