"""Every net comes out as an ONNX file that answers as torch does, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ferfiles
import numpy as np
import pytest
from netfiles import checkpoint, faces_for

from emojicam.cli import main
from emojicam.errors import OutputError
from emojicam.export import to_onnx
from emojicam.export.precision import Precision
from emojicam.export.to_onnx import export
from emojicam.models import registry, train
from emojicam.models.card import Card
from emojicam.models.checkpoint import Checkpoint
from emojicam.stream.choices import Provider
from emojicam.stream.emotions.classify import Classifier


@pytest.mark.parametrize("name", registry.names())
def test_every_net_is_exported_and_repeats_torch(name: str, tmp_path: Path, figure: Callable[[str], None]) -> None:
    made = checkpoint(name)
    difference = export(made, tmp_path / "net.onnx", faces_for(made.card))
    figure(f"{name}: ONNX Runtime repeats torch to {difference:.1e}")
    assert difference <= 1e-4
    classify = Classifier(tmp_path / "net.onnx", Provider.CPU)
    assert classify.card.labels == made.card.labels
    assert classify.card.precision == "fp32"
    (tmp_path / "net.onnx").unlink()  # up to 230 MB


@pytest.mark.parametrize(("precision", "share"), [(Precision.FP16, 0.55), (Precision.INT8, 0.35)])
def test_a_smaller_model_answers_nearly_the_same(precision: Precision, share: float, tmp_path: Path) -> None:
    made = checkpoint("mien", 8)
    faces = faces_for(made.card, 64)
    export(made, tmp_path / "whole.onnx", faces)
    difference = export(made, tmp_path / "small.onnx", faces, precision)
    whole, small = (Classifier(tmp_path / f"{name}.onnx", Provider.CPU) for name in ("whole", "small"))
    assert small.card.precision == precision.value
    assert small.card.sha256 != whole.card.sha256
    assert (tmp_path / "small.onnx").stat().st_size < share * (tmp_path / "whole.onnx").stat().st_size
    one, two = whole.probabilities(faces), small.probabilities(faces)
    assert 0 < difference < 0.3
    assert np.abs(two - one).mean() < 0.02
    assert np.ptp(one, axis=0).max() > 0.1, "all faces get the same answer"


def test_nothing_is_left_of_a_model_that_answers_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(to_onnx.TOLERANCE, Precision.FP32, -1.0)
    with pytest.raises(OutputError, match="differs from torch"):
        export(checkpoint("cnn3"), tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


def test_export_says_what_a_smaller_model_costs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ferfiles.write(tmp_path / "data")
    made = checkpoint("mien", 7)
    labels = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
    train.save(Checkpoint(Card("mien", labels), made.net), tmp_path / "best.pt")
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
