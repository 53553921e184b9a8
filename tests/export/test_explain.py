"""Where a net looked: asked of the exported file itself, rebuilt in torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from netfiles import checkpoint, faces_for
from PIL import Image

from emojicam import assets, models
from emojicam.cli import main
from emojicam.errors import ModelError
from emojicam.export.explain import attention
from emojicam.export.from_onnx import Rebuilt
from emojicam.export.precision import Precision
from emojicam.export.to_onnx import export
from emojicam.models import registry
from emojicam.stream.choices import Provider
from emojicam.stream.emotions.classify import Classifier
from emojicam.training import sample_faces


@pytest.mark.parametrize("name", [name for name in registry.names() if name not in ("alexnet", "vgg19", "newbase")])
def test_a_rebuilt_model_answers_as_the_file_does(name: str, tmp_path: Path) -> None:
    made = checkpoint(name)
    faces = faces_for(made.card)
    export(made, tmp_path / "net.onnx", faces)
    rebuilt = Rebuilt(onnx.load(tmp_path / "net.onnx"))
    with torch.inference_mode():
        answers = torch.softmax(rebuilt(torch.from_numpy(faces)), 1).numpy()
    assert answers == pytest.approx(Classifier(tmp_path / "net.onnx", Provider.CPU).probabilities(faces), abs=1e-4)


def test_what_matters_is_where_the_evidence_is() -> None:
    """Cover the place that counts most, and the emotion is less likely than with another place covered."""
    path = models.model_file(models.DEFAULT)
    classify = Classifier(path, Provider.CPU)
    rebuilt = Rebuilt(onnx.load(path))
    face = sample_faces(classify.card, 1)
    smile = classify.card.labels.index("happiness")
    (heat,) = attention(rebuilt, face, np.array([smile]))
    assert heat.shape == (48, 48)
    assert (heat.min(), heat.max()) == (0, 1)

    def covered(y: int, x: int) -> float:
        other = face.copy()
        other[0, 0, max(0, y - 8) : y + 8, max(0, x - 8) : x + 8] = int(face.mean())
        return float(classify.probabilities(other)[0, smile])

    most, least = (np.unravel_index(pick(heat), heat.shape) for pick in (np.argmax, np.argmin))
    assert covered(int(most[0]), int(most[1])) < covered(int(least[0]), int(least[1]))


def test_an_eight_bit_model_is_not_explained(tmp_path: Path) -> None:
    made = checkpoint("mien")
    export(made, tmp_path / "small.onnx", faces_for(made.card), Precision.INT8)
    with pytest.raises(ModelError, match="export the model in fp32"):
        Rebuilt(onnx.load(tmp_path / "small.onnx"))


def test_explain_draws_a_row_for_each_face(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    photo = str(assets.sample_photo())
    assert main(["explain", photo]) == 0
    assert capfd.readouterr().out == "astronaut-explained.png: 1 face\n"
    with Image.open("astronaut-explained.png") as picture:
        assert picture.width > 800
        assert picture.height > 300
    assert main(["explain", photo]) == 5
    assert "already there" in capfd.readouterr().err
    assert main(["explain", photo, "--most", "0"]) == 2
    Image.new("RGB", (200, 200), "grey").save("grey.png")
    capfd.readouterr()
    assert main(["explain", "grey.png"]) == 0
    assert "no face found" in capfd.readouterr().err
    assert not Path("grey-explained.png").exists()
