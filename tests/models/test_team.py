"""One run in several processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import ferfiles
import pytest
import torch

from emojicam.models.checkpoint import load
from emojicam.models.team import ALONE, Team, team


def test_two_processes_share_a_run(tmp_path: Path) -> None:
    ferfiles.write(tmp_path / "data")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command += ["-m", "emojicam", "train", "cnn3", "--data", str(tmp_path / "data"), "-o", str(tmp_path / "run")]
    done = subprocess.run([*command, "--epochs", "2"], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1  # the leader alone talks
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert load(tmp_path / "run" / "best.pt").card.recipe == "cnn3"


def test_alone_everything_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    net = torch.nn.Linear(2, 2)
    with team("cpu") as members:
        assert members is ALONE
        assert members.leads
        assert members.share(net) is net
        assert members.agree(0.25) == 0.25


def test_the_first_of_a_team_leads() -> None:
    assert [Team(rank, 3).leads for rank in range(3)] == [True, False, False]


AGREE = """
from pathlib import Path
import torch
from emojicam.models.team import team
with team("cpu") as members:
    net = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(net.weight)
    shared = members.share(net)
    shared(torch.tensor([[1.0 + members.rank]])).sum().backward()
    said = members.size, members.agree(7.5 + members.rank), float(net.weight.grad)
    Path(f"{members.rank}.txt").write_text(str(said))
    del shared
"""


def test_a_team_agrees_on_the_leaders_word_and_on_the_mean_of_its_gradients(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(AGREE)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert [(tmp_path / f"{rank}.txt").read_text() for rank in (0, 1)] == ["(2, 7.5, 1.5)"] * 2
