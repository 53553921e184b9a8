"""What a model said of faces, and the log of a run, drawn by chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emojicam.models.data.faces import Answers, Faces
from emojicam.models.history import History

EIGHT = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")


def drawn(labels: tuple[str, ...], n: int, channels: int = 1, size: int = 48) -> tuple[npt.NDArray[np.float32], Faces]:
    """Scores and faces; the last class has no face and the last but one is never answered."""
    rng = np.random.default_rng(7)
    k = len(labels)
    truth = rng.integers(0, max(1, k - 1), n)
    scores = rng.normal(0, 1, (n, k)).astype(np.float32)
    scores[np.arange(n), truth] += 2
    if k > 2:
        scores[:, -2] = -20
    targets = np.eye(k, dtype=np.float32)[truth]
    images = rng.integers(0, 256, (n, channels, size, size), dtype=np.uint8)
    return scores, Faces(images, (Answers("drawn", labels, targets, truth, "drawn"),))


def history(epochs: int = 3) -> History:
    rows = [
        {
            "epoch": e,
            "train_loss": 2 / e,
            "seconds": 40.0,
            "ferplus_validation_accuracy": 0.8 - abs(e - 2) / 10,
            "ferplus_validation_loss": 1 + abs(e - 1) / 10,
            "fer2013_validation_accuracy": 0.5 + e / 100,
        }
        for e in range(1, epochs + 1)
    ]
    return History(tuple(range(1, epochs + 1)), tuple(rows))
