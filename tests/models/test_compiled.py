from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from emojicam.models.compiled import compiled

WITHOUT_COMPILER = """
import torch
from emojicam.errors import UsageError
from emojicam.models.compiled import compiled

try:
    compiled(torch.nn.Linear(2, 2), torch.zeros(1, 2))
except UsageError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_compiled_net_learns_the_same_from_batches_of_any_size() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3))
    net(torch.zeros(2, 1, 8, 8))
    fast = compiled(net, torch.zeros(2, 1, 8, 8))
    for faces in (torch.randn(6, 1, 8, 8), torch.randn(4, 1, 8, 8)):
        gradients = []
        for way in (net, fast):
            net.zero_grad()
            way(faces).square().sum().backward()
            gradients.append([part.grad.clone() for part in net.parameters() if part.grad is not None])
        assert len(gradients[0]) == len(gradients[1]) == 5
        for ours, theirs in zip(*gradients, strict=True):
            torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-4)


def test_a_machine_without_a_compiler_is_told_so(tmp_path: Path) -> None:
    environment = os.environ | {"CXX": "no-such-compiler", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT_COMPILER], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("--compile: torch can't compile here: ")
    assert "compiler" in told.stdout.lower()
    assert len(told.stdout.splitlines()) == 1
