"""Where a net looked: asked of the exported file itself, rebuilt in torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from netfiles import checkpoint, faces_for

from emojicam import models
from emojicam.export.explain import attention
from emojicam.export.from_onnx import Rebuilt
from emojicam.export.to_onnx import export
from emojicam.models import registry
from emojicam.models.inputs import Normalised
from emojicam.stream.choices import Provider
from emojicam.stream.emotions.classify import Classifier
from emojicam.training import sample_faces


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


def test_a_net_in_training_is_asked_as_its_export_is(tmp_path: Path) -> None:
    made = checkpoint("cnn3")
    export(made, tmp_path / "net.onnx")
    faces = faces_for(made.card, 4)
    classes = np.arange(len(faces)) % 5
    one = attention(Normalised(made.net, made.card).eval(), faces, classes)
    two = attention(Rebuilt(onnx.load(tmp_path / "net.onnx")), faces, classes)
    assert one.shape == two.shape == (len(faces), *faces.shape[2:])
    alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(one, two, strict=True) if a.any() and b.any()]
    assert len(alike) > 1
    assert min(alike) > 0.9


@pytest.mark.parametrize("name", registry.names())
def test_every_net_can_be_asked_while_it_is_in_training(name: str) -> None:
    made = checkpoint(name)
    faces = faces_for(made.card, 1)[:1]
    heat = attention(Normalised(made.net, made.card).eval(), faces, np.array([0]))
    assert heat.shape == (1, *faces.shape[2:])
    assert heat.min() >= 0
    assert heat.max() in (0, 1)
    assert not any(step._forward_hooks or step._backward_hooks for step in made.net.modules())
