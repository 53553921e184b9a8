"""`emojicam export`: a checkpoint as ONNX, and what that costs."""

from __future__ import annotations

from pathlib import Path

import ferfiles
import pytest
from netfiles import checkpoint

from emojicam.cli import main
from emojicam.models.card import Card
from emojicam.models.checkpoint import Checkpoint, save
from emojicam.stream.emotions.classify import Classifier


def test_export_says_what_a_smaller_model_costs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ferfiles.write(tmp_path / "data")
    made = checkpoint("mien", 7)
    labels = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
    save(Checkpoint(Card("mien", labels), made.net), tmp_path / "best.pt")
    command = ["export", str(tmp_path / "best.pt"), "-o", str(tmp_path / "small.onnx"), "--precision", "int8"]
    assert main(command) == 2
    assert "--data DIR" in capfd.readouterr().err
    assert not (tmp_path / "small.onnx").exists()
    assert main([*command, "--data", str(tmp_path / "data")]) == 0
    out = capfd.readouterr().out.splitlines()
    assert "repeats torch to" in out[0]
    assert out[1].startswith("accuracy on the validation split: ")
    assert out[1].endswith("of 24")
    assert Classifier(tmp_path / "small.onnx").card.precision == "int8"
