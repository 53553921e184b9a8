"""Nets that torch compiles: what stands between the convolutions is fused, on the CPU by a C++ compiler."""

from __future__ import annotations

import warnings

import torch
from torch import nn

from emojicam.errors import UsageError, first_line


def compiled(net: nn.Module, example: torch.Tensor | None = None) -> nn.Module:
    """Wrap a net so that torch compiles it for each shape that it sees; its weights are the net's own.

    Args:
        net: What to compile, when it is first run.
        example: Run it on this at once: only then is it known whether torch can compile here.

    Raises:
        UsageError: torch can't compile on this machine.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Shapes are fixed: an epoch has two, full batches and the last one, and code for any shape is slower.
            wrapped: nn.Module = torch.compile(net, dynamic=False)  # type: ignore[assignment]
            if example is not None:
                wrapped(example)
    except Exception as error:  # whatever keeps it from compiling is the machine's
        raise UsageError(f"--compile: torch can't compile here: {first_line(error)}") from error
    return wrapped
