"""Training steps that torch compiles: what stands between the convolutions is fused, on the CPU by a C++ compiler."""

from __future__ import annotations

import warnings

import torch
from torch import nn

from emojicam.errors import UsageError, first_line


def compiled(net: nn.Module) -> nn.Module:
    """Wrap a net so that torch compiles it when it first sees a batch of some size; its weights are the net's own.

    Raises:
        UsageError: torch can't compile on this machine.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.compile(torch.sigmoid)(torch.zeros(2, device=next(net.parameters()).device))
    except Exception as error:  # whatever keeps it from compiling is the machine's
        raise UsageError(f"--compile: torch can't compile here: {first_line(error)}") from error
    # Sizes are fixed: an epoch has two, full batches and the last one, and code for any size is slower.
    wrapped: nn.Module = torch.compile(net, dynamic=False)  # type: ignore[assignment]
    return wrapped
