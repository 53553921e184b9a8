"""Every net comes out as an ONNX file that answers as torch does, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from netfiles import checkpoint, faces_for

from emojicam.errors import OutputError
from emojicam.export import to_onnx
from emojicam.export.precision import Precision
from emojicam.export.to_onnx import export
from emojicam.models import registry
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


def test_nothing_is_left_of_a_model_that_answers_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(to_onnx.TOLERANCE, Precision.FP32, -1.0)
    with pytest.raises(OutputError, match="differs from torch"):
        export(checkpoint("cnn3"), tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []
