"""Where a net looked: asked of the exported file itself, rebuilt in torch."""

from __future__ import annotations

import numpy as np
import onnx

from emojicam import models
from emojicam.export.explain import attention
from emojicam.export.from_onnx import Rebuilt
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
