"""`emojicam models`: what there is, and a net's structure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from emojicam import models
from emojicam.cli import main
from emojicam.models import DEFAULT, recipe, registry


def test_a_nets_picture_is_drawn(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--graph", "residual5"]) == 0
    assert capfd.readouterr().out == "residual5.png\n"
    with Image.open("residual5.png") as picture:
        assert picture.width > 1000
    assert main(["models", "--graph", "nope"]) == 2
    assert "there are: alexnet" in capfd.readouterr().err


def test_everything_there_is_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    kinds = [line.split()[0] for line in out.splitlines()]
    assert kinds == sorted(kinds, key=["model", "recipe", "net"].index)
    told = {
        kind: {line.split()[1].rstrip(":") for line in out.splitlines() if line.split()[0] == kind} for kind in kinds
    }
    assert told == {"model": set(models.names()), "recipe": set(recipe.names()), "net": set(registry.names())}
    (default,) = [line for line in out.splitlines() if "(default)" in line]
    assert default.startswith(f"model   {DEFAULT} (default): 8 emotions, ")
    assert default.endswith(" % on its test split")
    assert f"net     mien: {registry.entry('mien').parameters:,} parameters, " in out


def test_without_torch_the_nets_are_left_out_and_it_is_said_how_to_have_them() -> None:
    program = "import sys; sys.modules['torch'] = None; from emojicam.cli import main; sys.exit(main(['models']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0
    assert {line.split()[0] for line in done.stdout.splitlines()} == {"model", "recipe"}
    assert done.stderr == 'nets are listed where torch is installed: pip install "emojicam[train]"\n'


def test_a_picture_that_is_there_is_replaced_only_when_asked(inside: Path) -> None:
    Path("net.png").write_bytes(b"mine")
    assert main(["models", "--graph", "cnn3", "-o", "net.png"]) == 5
    assert Path("net.png").read_bytes() == b"mine"
    assert main(["models", "--graph", "cnn3", "-o", "net.png", "--overwrite"]) == 0
    assert Path("net.png").read_bytes().startswith(b"\x89PNG")
