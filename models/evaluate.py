"""Measure a classifier on labelled faces: the same code for a checkpoint and an ONNX file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emojicam.models.card import Card
from emojicam.models.data.faces import Faces

if TYPE_CHECKING:
    from torch import nn

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Figures:
    """What was measured.

    Attributes:
        labels: K emotions.
        confusion: int64 KxK, rows are the truth.
        ece: Expected calibration error (Naeini et al. 2015), 15 bins of equal width, 0-1.
    """

    labels: tuple[str, ...]
    confusion: npt.NDArray[np.int64]
    ece: float

    @property
    def faces(self) -> int:
        """How many were judged."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of the faces whose likeliest emotion is the majority label."""
        return float(np.trace(self.confusion)) / max(1, self.faces)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy (Wilson 1927)."""
        n, p, z = self.faces, self.accuracy, 1.96
        if n == 0:
            return 0.0, 1.0
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return middle - half, middle + half

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """float64 K, by class; nan where the class has no face."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.diag(self.confusion) / self.confusion.sum(1), dtype=np.float64)

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """float64 K, by class; nan where the class was never answered."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.diag(self.confusion) / self.confusion.sum(0), dtype=np.float64)

    @property
    def macro_f1(self) -> float:
        """The mean over the classes that have a face of 2TP / (2TP + FP + FN)."""
        hits = np.diag(self.confusion)
        support = self.confusion.sum(1)
        f1 = 2 * hits / np.maximum(1, support + self.confusion.sum(0))
        return float(f1[support > 0].mean()) if (support > 0).any() else 0.0

    def summary(self) -> dict[str, float]:
        """The figures that go into a card."""
        low, high = self.interval
        return {
            "accuracy": self.accuracy,
            "accuracy_low": low,
            "accuracy_high": high,
            "macro_f1": self.macro_f1,
            "ece": self.ece,
            "faces": float(self.faces),
        }


def logits_of(net: nn.Module, card: Card, images: npt.NDArray[np.uint8], batch: int = 512) -> Array:
    """Run a net in float32.

    Args:
        net: From normalised faces to logits.
        card: Says how to normalise, and the temperature.
        images: uint8 NxCxSxS.
        batch: Faces at a time.

    Returns:
        float32 NxK: logits divided by the temperature.
    """
    import torch

    device = next(net.parameters()).device
    mean = torch.tensor(card.mean, device=device)[None, :, None, None]
    std = torch.tensor(card.std, device=device)[None, :, None, None]
    training = net.training
    net.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            x = (torch.from_numpy(images[start : start + batch]).to(device).float() - mean) / std
            parts.append((net(x.contiguous(memory_format=torch.channels_last)) / card.temperature).cpu().numpy())
    net.train(training)
    return np.concatenate(parts) if parts else np.zeros((0, len(card.labels)), np.float32)


def measure(scores: Array, faces: Faces) -> Figures:
    """Compare answers with majority labels.

    Args:
        scores: float32 NxK, logits or log probabilities (they are put through a softmax).
        faces: The same N faces, each with a majority label.

    Returns:
        The figures.
    """
    p = np.exp(scores - scores.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    answer = p.argmax(1)
    k = len(faces.labels)
    confusion = np.bincount(faces.majority * k + answer, minlength=k * k).reshape(k, k)
    sure, right = p.max(1), answer == faces.majority
    bins = np.minimum((sure * 15).astype(int), 14)
    gaps = [abs(float(right[bins == b].sum()) - float(sure[bins == b].sum())) for b in range(15)]
    return Figures(faces.labels, confusion, sum(gaps) / max(1, len(answer)))
