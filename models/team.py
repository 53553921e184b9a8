"""One training run in several processes, as torchrun starts them; alone, everything here does nothing."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Team:
    """The processes that share a training run.

    Attributes:
        rank: This process's number; 0 measures, writes and talks.
        size: How many there are.
        local: This process's number on its machine: which GPU it takes.
    """

    rank: int = 0
    size: int = 1
    local: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process measures, writes and talks."""
        return self.rank == 0

    def share(self, net: nn.Module) -> nn.Module:
        """Wrap a net so that its gradients are averaged over the team in each step."""
        return DistributedDataParallel(net) if self.size > 1 else net

    def agree(self, value: float) -> float:
        """Give the leader's value to all processes, which wait for it."""
        if self.size == 1:
            return value
        told = torch.tensor([value], dtype=torch.float64)
        if distributed.get_backend() == "nccl":
            told = told.cuda()
        distributed.broadcast(told, src=0)
        return float(told)


ALONE = Team()


@contextmanager
def team(device: str) -> Iterator[Team]:
    """Join the team that torchrun has called together, if it has.

    Args:
        device: "cuda" or "cpu".
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    joined = Team(int(os.environ["RANK"]), size, int(os.environ.get("LOCAL_RANK", "0")))
    if device == "cuda":
        torch.cuda.set_device(joined.local)
    distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield joined
        # Together: whoever goes first would take the connections from under the others, which then end with SIGABRT.
        distributed.barrier()
    finally:
        # The wrapped net is a ring that holds the connections: if they last until Python ends, it ends with SIGABRT.
        gc.collect()
        distributed.destroy_process_group()
