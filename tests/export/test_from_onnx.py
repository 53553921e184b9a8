"""An exported file, read back into torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
from netfiles import checkpoint, faces_for

from emojicam.errors import ModelError
from emojicam.export.from_onnx import Rebuilt
from emojicam.export.precision import Precision
from emojicam.export.to_onnx import export
from emojicam.models import registry
from emojicam.models.checkpoint import Checkpoint
from emojicam.models.inputs import sharpened, stretched
from emojicam.stream.choices import Provider
from emojicam.stream.emotions.classify import Classifier


def rebuilt_answers_as_the_file(made: Checkpoint, faces: npt.NDArray[np.uint8], path: Path) -> None:
    export(made, path, faces)
    rebuilt = Rebuilt(onnx.load(path))
    with torch.inference_mode():
        answers = torch.softmax(rebuilt(torch.from_numpy(faces)), 1).numpy()
    assert answers == pytest.approx(Classifier(path, Provider.CPU).probabilities(faces), abs=1e-4)


@pytest.mark.parametrize("name", [name for name in registry.names() if name not in ("alexnet", "vgg19", "newbase")])
def test_a_rebuilt_model_answers_as_the_file_does(name: str, tmp_path: Path) -> None:
    made = checkpoint(name)
    faces = faces_for(made.card)
    rebuilt_answers_as_the_file(made, faces, tmp_path / "net.onnx")


def test_what_is_stretched_and_sharpened_before_the_net_is_rebuilt_too(tmp_path: Path) -> None:
    made = checkpoint("mien")
    made = replace(made, card=replace(made.card, stretch=True, sharpen=True))
    ramps = np.linspace(60, 200, 48, dtype=np.float32) + 40 * np.sin(np.arange(48) / 6)[:, None]
    faces = np.stack([ramps, ramps.T / 4]).clip(0, 255).astype(np.uint8)[:, None]
    for step in (stretched, sharpened):
        assert not torch.equal(step(torch.from_numpy(faces).float()), torch.from_numpy(faces).float())
    rebuilt_answers_as_the_file(made, faces, tmp_path / "net.onnx")


def test_an_eight_bit_model_is_not_explained(tmp_path: Path) -> None:
    made = checkpoint("mien")
    export(made, tmp_path / "small.onnx", faces_for(made.card), Precision.INT8)
    with pytest.raises(ModelError, match="export the model in fp32"):
        Rebuilt(onnx.load(tmp_path / "small.onnx"))
