"""Measure a classifier on labelled faces: the same code for a checkpoint and an ONNX file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emojicam.models.card import Card
from emojicam.models.data.faces import Faces
from emojicam.models.data.rows import Images

if TYPE_CHECKING:
    import torch
    from torch import nn

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

BINS = 15
"""Number of bins of equal width in which confidences are compared with what came true."""

COMMON = 50
"""Faces from which on a class is common: the recall of a rarer one is known to ten points and more."""

DRAWS = 2_000
"""Times that the bins are drawn again for the interval of the calibration error."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval, in its own unit; nan where it isn't known."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Bins:
    """Confidence and accuracy in bins of equal width from 0 to 1 (DeGroot and Fienberg 1983).

    A confidence on an edge counts in the upper bin; 1 counts in the last.

    Attributes:
        faces: int64 B, how many fall into each.
        confidence: float64 B, their mean confidence, 0-1; nan where there are none.
        accuracy: float64 B, the share of them that is right, 0-1; nan where there are none.
    """

    faces: npt.NDArray[np.int64]
    confidence: Floats
    accuracy: Floats

    @classmethod
    def of(cls, confidence: Floats, right: npt.NDArray[np.bool_], bins: int = BINS) -> Bins:
        """Sort answers into bins by their confidence.

        Args:
            confidence: float64 N, the confidence of each answer, 0-1; nan falls into no bin.
            right: bool N, whether it is right.
            bins: How many bins there are.
        """
        known = np.isfinite(confidence)
        confidence, right = confidence[known], right[known]
        index = np.minimum((confidence * bins).astype(np.int64), bins - 1)
        faces = np.bincount(index, minlength=bins)
        with np.errstate(invalid="ignore"):
            return cls(
                faces,
                np.bincount(index, weights=confidence, minlength=bins) / faces,
                np.bincount(index, weights=right, minlength=bins) / faces,
            )

    @property
    def edges(self) -> Floats:
        """The edges of the bins, float64 B+1, 0-1."""
        return np.linspace(0, 1, len(self.faces) + 1)

    @property
    def error(self) -> float:
        """Expected calibration error (Naeini et al. 2015), 0-1: the mean over the faces of |accuracy - confidence|."""
        some = self.faces > 0
        gaps = np.abs(self.accuracy - self.confidence)[some] * self.faces[some]
        return float(gaps.sum()) / max(1, int(self.faces.sum()))

    @property
    def estimate(self) -> Estimate:
        """The expected calibration error with its interval.

        By a parametric bootstrap of the right answers in each bin (Davison and Hinkley 1997, the basic interval). An
        error that an exactly calibrated model shows as well, in one measurement of forty, isn't told from none: its
        interval begins at 0. Of such intervals, 86 to 97 in a hundred held the truth of models drawn by chance.
        """
        some = self.faces > 0
        if not some.any():
            return Estimate(math.nan, math.nan, math.nan)
        faces, sure, right = self.faces[some], self.confidence[some], self.accuracy[some]
        rng = np.random.default_rng(0)

        def errors(shares: Floats) -> Floats:
            drawn = rng.binomial(faces, np.clip(shares, 0, 1), (DRAWS, len(faces)))
            return np.asarray(np.abs(drawn - sure * faces).sum(1) / faces.sum(), np.float64)

        error = self.error
        least, most = np.quantile(errors(right), (0.025, 0.975))
        none = error <= np.quantile(errors(sure), 0.975)
        low, high = 2 * error - most, 2 * error - least
        return Estimate(error, 0.0 if none else max(0.0, float(low)), min(1.0, max(error, float(high))))


@dataclass(frozen=True)
class Figures:
    """The figures that were measured of a model's answers.

    Attributes:
        labels: K emotions.
        confusion: int64 KxK, rows are the truth.
        ece: Expected calibration error (Naeini et al. 2015), 15 bins of equal width, 0-1.
        log_loss: Mean of -ln(probability given to the majority label), in nats; nan where it isn't known.
        bins: What `ece` was made from, where it was kept.
    """

    labels: tuple[str, ...]
    confusion: npt.NDArray[np.int64]
    ece: float
    log_loss: float = math.nan
    bins: Bins | None = None

    @property
    def faces(self) -> int:
        """The number of faces that were judged."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of the faces whose likeliest emotion is the majority label."""
        return float(np.trace(self.confusion)) / max(1, self.faces)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy (Wilson 1927)."""
        return wilson(int(np.trace(self.confusion)), self.faces)

    @property
    def support(self) -> npt.NDArray[np.int64]:
        """The number of faces that each class has, int64 K."""
        return np.asarray(self.confusion.sum(1), dtype=np.int64)

    @property
    def answered(self) -> npt.NDArray[np.int64]:
        """The number of times that each class was answered, int64 K."""
        return np.asarray(self.confusion.sum(0), dtype=np.int64)

    @property
    def recall(self) -> Floats:
        """The recall of each class, float64 K, 0-1; nan where the class has no face."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.diag(self.confusion) / self.support, dtype=np.float64)

    @property
    def precision(self) -> Floats:
        """The precision of each class, float64 K, 0-1; nan where the class was never answered."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.diag(self.confusion) / self.answered, dtype=np.float64)

    @property
    def f1(self) -> Floats:
        """The F1 of each class, float64 K, 0-1; nan where it has no face and no answer.

        F1 is 2TP / (2TP + FP + FN) (van Rijsbergen 1979).
        """
        with np.errstate(invalid="ignore"):
            return np.asarray(2 * np.diag(self.confusion) / (self.support + self.answered), dtype=np.float64)

    @property
    def macro_f1(self) -> float:
        """The mean of F1 over the classes that have a face."""
        there = self.support > 0
        return float(self.f1[there].mean()) if there.any() else 0.0

    @property
    def balanced_accuracy(self) -> float:
        """The mean of recall over the classes that have a face (Brodersen et al. 2010)."""
        there = self.support > 0
        return float(self.recall[there].mean()) if there.any() else 0.0

    def macro_recall(self, least: int = 1) -> Estimate:
        """The mean of recall over the classes that have at least so many faces, with its interval.

        The interval is made of those of the recalls (Wilson 1927) as Zou, Huang and Zhang 2009 do it for any sum of
        independent shares; a class whose faces are all found, or none, adds to it as it should.

        Args:
            least: Faces that a class needs to count.
        """
        counts = [
            (int(hits), int(faces))
            for hits, faces in zip(np.diag(self.confusion), self.support, strict=True)
            if faces >= max(1, least)
        ]
        if not counts:
            return Estimate(math.nan, math.nan, math.nan)
        recalls = np.array([hits / faces for hits, faces in counts])
        ends = np.array([wilson(hits, faces) for hits, faces in counts])
        below, above = np.sqrt(((ends.T - recalls) ** 2).sum(1)) / len(counts)
        mean = float(recalls.mean())
        return Estimate(mean, mean - float(below), mean + float(above))

    @property
    def common(self) -> int:
        """The number of classes that have `COMMON` faces and more."""
        return int((self.support >= COMMON).sum())

    @property
    def calibration(self) -> Estimate:
        """The expected calibration error with its interval; the interval is nan where the bins weren't kept."""
        if self.bins is None or math.isnan(self.ece):
            return Estimate(self.ece, math.nan, math.nan)
        return self.bins.estimate

    @property
    def micro_precision(self) -> float:
        """The share of all answers that is right: with one label and one answer a face this is the accuracy."""
        return float(np.trace(self.confusion)) / max(1, int(self.answered.sum()))

    @property
    def micro_recall(self) -> float:
        """The share of all faces that was found: with one label and one answer a face this is the accuracy."""
        return float(np.trace(self.confusion)) / max(1, int(self.support.sum()))

    def summary(self) -> dict[str, float]:
        """The figures that go into a card."""
        low, high = self.interval
        return {
            "accuracy": self.accuracy,
            "accuracy_low": low,
            "accuracy_high": high,
            "macro_f1": self.macro_f1,
            "macro_recall": self.balanced_accuracy,
            "ece": self.ece,
            "faces": float(self.faces),
        }


PIXELS = {"cpu": 32 * 48 * 48}
"""Pixels of the faces that a net is given at a time, by device: what a CPU holds in its cache."""
MANY_PIXELS = 512 * 48 * 48
"""The same where the device isn't named: at 224 px a net's inner layers take gigabytes."""
FEWEST = 8
"""Faces that a net is given at a time at least: large nets read their weights anew for every batch."""


def portions(images: Images, device: torch.device) -> Iterator[torch.Tensor]:
    """Give faces to a device, as many at a time as a net is best given there.

    Args:
        images: uint8 NxCxSxS.
        device: Where the net is.

    Yields:
        float32 MxCxSxS, 0-255.
    """
    import torch

    size = at_a_time(device.type, images.shape[2])
    for start in range(0, len(images), size):
        yield torch.from_numpy(np.ascontiguousarray(images[start : start + size])).to(device).float()


def at_a_time(device: str, side: int) -> int:
    """Say how many faces of `side` px a net is best given at a time on a device: "cpu", "cuda"."""
    return max(FEWEST, PIXELS.get(device, MANY_PIXELS) // side**2)


LEAST = 1e-12
"""Probability below which none is told from nothing when a logarithm is taken."""


@dataclass(frozen=True)
class Told:
    """A model's answers about N faces.

    Attributes:
        decided: float32 NxK, natural logarithms of the probabilities by which the answer is chosen.
        plain: float32 NxK, the same without the model's decision; where it has none, the same.
        affect: float32 Nx2, valence and arousal from -1 to 1; or None.
    """

    decided: Array
    plain: Array
    affect: Array | None

    @classmethod
    def of(cls, parts: Sequence[Mapping[str, Array]], card: Card) -> Told:
        """Join what a model gave for several batches.

        Args:
            parts: For each batch the model's outputs by name, as the card names them.
            card: The model's card.
        """
        joined = {
            name: np.concatenate([np.zeros((0, width), np.float32), *(part[name] for part in parts)])
            for name, width in card.outputs
        }
        logs = {name: np.log(np.maximum(found, LEAST)) for name, found in joined.items() if name != "affect"}
        return cls(logs["probabilities"], logs.get("undecided", logs["probabilities"]), joined.get("affect"))

    @classmethod
    def together(cls, told: Sequence[Told]) -> Told:
        """The answers of an ensemble: the geometric mean of its models' probabilities.

        Measured on FER2013's PublicTest with two pairs of calibrated nets, it is as often right as the arithmetic mean,
        and more honest: a calibration error of 1.4 % against 2.5 by FER+'s labels, 1.6 against 2.6 by FER2013's.

        Args:
            told: Each model's answers about the same faces, by the same labels; at least one.
        """
        affects = [one.affect for one in told if one.affect is not None]
        return cls(
            _mean_of([one.decided for one in told]),
            _mean_of([one.plain for one in told]),
            np.mean(affects, 0, dtype=np.float32) if affects else None,
        )

    def ordered(self, places: Sequence[int]) -> Told:
        """The same answers with the labels in another order.

        Args:
            places: Where each label's column is now.
        """
        columns = list(places)
        return Told(self.decided[:, columns], self.plain[:, columns], self.affect)


def _mean_of(logs: Sequence[Array]) -> Array:
    return log_probabilities(np.mean(logs, 0)).astype(np.float32)


def answers_of(net: nn.Module, card: Card, images: Images) -> Told:
    """Run a net on faces, in float32.

    Args:
        net: Takes normalised faces and gives logits as the card says.
        card: Says how to normalise, to decide and to calibrate.
        images: uint8 NxCxSxS.
    """
    from emojicam.models.answering import Answering

    parts = _in_batches(net, lambda: Answering(net, card), images)
    return Told.of([{name: part for (name, _), part in zip(card.outputs, one, strict=True)} for one in parts], card)


def logits_of(net: nn.Module, card: Card, images: Images) -> Array:
    """Run a net on faces, in float32, and give all its outputs as they are.

    Args:
        net: Takes normalised faces.
        card: Says how to normalise.
        images: uint8 NxCxSxS.

    Returns:
        float32 NxM.
    """
    from emojicam.models.inputs import Normalised

    parts = _in_batches(net, lambda: Normalised(net, card), images)
    return np.concatenate([np.zeros((0, card.logits), np.float32), *(one[0] for one in parts)])


def _in_batches(net: nn.Module, make: Callable[[], nn.Module], images: Images) -> list[list[Array]]:
    """The outputs of a module around a net, batch by batch; the net is as it was afterwards."""
    import torch

    device = next(net.parameters()).device
    training = net.training
    around = make().to(device).eval()
    parts = []
    with torch.inference_mode():
        for faces in portions(images, device):
            answers = around(faces)
            answers = answers if isinstance(answers, tuple) else (answers,)
            parts.append([answer.float().cpu().numpy() for answer in answers])
    net.train(training)
    return parts


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927).

    Args:
        hits: How many times it was so.
        of: How many times it could have been so; 0 gives the interval of knowing nothing.

    Returns:
        Its two ends, 0-1.
    """
    if of == 0:
        return 0.0, 1.0
    n, p, z = of, hits / of, 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def log_probabilities(scores: Array) -> Floats:
    """The logarithm of the softmax of scores.

    Args:
        scores: float32 NxK, logits or log probabilities.

    Returns:
        float64 NxK, natural logarithms.
    """
    exact = scores.astype(np.float64)
    exact -= exact.max(1, keepdims=True)
    return np.asarray(exact - np.log(np.exp(exact).sum(1, keepdims=True)), dtype=np.float64)


def measure(scores: Array, faces: Faces) -> Figures:
    """Compare a model's answers with the faces' majority labels.

    Args:
        scores: float32 NxK, logits or log probabilities (they are put through a softmax).
        faces: The same N faces, each with a majority label.

    Returns:
        The figures.

    Raises:
        ValueError: The scores are of another shape, or a face has no majority label.
    """
    _check(scores, faces)
    logs = log_probabilities(scores)
    answer = logs.argmax(1)
    k = len(faces.labels)
    confusion = np.bincount(faces.majority * k + answer, minlength=k * k).reshape(k, k)
    sure = np.exp(logs.max(1))
    bins = Bins.of(sure, answer == faces.majority)
    told = logs[np.arange(len(logs)), faces.majority]
    return Figures(
        faces.labels,
        confusion,
        ece=math.nan if np.isnan(sure).any() else bins.error,
        log_loss=float(-told.mean()) if len(told) else math.nan,
        bins=bins,
    )


def _check(scores: Array, faces: Faces) -> None:
    if scores.shape != (len(faces), len(faces.labels)):
        raise ValueError(f"scores are {scores.shape}, not {len(faces)} faces x {len(faces.labels)} labels")
    unlabelled = int((faces.majority < 0).sum())
    if unlabelled:
        raise ValueError(f"{unlabelled} faces have no majority label: call `with_majority` first")


@dataclass(frozen=True)
class Mistake:
    """One wrong answer of a model.

    Attributes:
        index: Number of the face among those that were measured.
        truth: Its majority label.
        answer: What was said instead.
        confidence: The probability that was given to the answer, 0-1.
    """

    index: int
    truth: str
    answer: str
    confidence: float


def worst_mistakes(scores: Array, faces: Faces, most: int = 48) -> list[Mistake]:
    """The wrong answers that were given with the most confidence, the most confident first.

    Args:
        scores: float32 NxK, the same as for `measure`.
        faces: The same N faces, each with a majority label.
        most: How many at most.

    Raises:
        ValueError: The scores are of another shape, or a face has no majority label.
    """
    _check(scores, faces)
    logs = log_probabilities(scores)
    answer, sure = logs.argmax(1), np.exp(logs.max(1))
    wrong = np.flatnonzero(answer != faces.majority)
    order = wrong[np.argsort(-sure[wrong], kind="stable")][:most]
    label = faces.labels
    return [Mistake(int(i), label[faces.majority[i]], label[answer[i]], float(sure[i])) for i in order]


@dataclass(frozen=True)
class Agreement:
    """The agreement of one continuous value with its truth.

    Attributes:
        ccc: Concordance correlation coefficient (Lin 1989, with variances over n), -1 to 1; nan where undefined.
        rmse: Root of the mean squared error, in the value's own unit; nan without a face.
        faces: How many have a known truth.
    """

    ccc: float
    rmse: float
    faces: int


@dataclass(frozen=True)
class Affect:
    """The agreement of valence and arousal (Russell 1980; -1 to 1 each) with their truth."""

    valence: Agreement
    arousal: Agreement


def agreement(told: npt.ArrayLike, truth: npt.ArrayLike) -> Agreement:
    """Compare the answers for one continuous value with the truth.

    Args:
        told: float N.
        truth: float N; nan where nothing is known.

    Returns:
        The figures over the faces whose truth is known.

    Raises:
        ValueError: The two differ in length.
    """
    x, y = np.asarray(told, np.float64), np.asarray(truth, np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"told are {x.shape}, truths {y.shape}: both are to be N")
    known = ~np.isnan(y)
    x, y = x[known], y[known]
    if not len(x):
        return Agreement(math.nan, math.nan, 0)
    spread = float(x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    together = float(((x - x.mean()) * (y - y.mean())).mean())
    return Agreement(2 * together / spread if spread > 0 else math.nan, math.sqrt(float(((x - y) ** 2).mean())), len(x))


def measure_affect(told: Array, truth: Array) -> Affect:
    """Compare the answers for valence and arousal with the truth.

    Args:
        told: float32 Nx2, valence and arousal, -1 to 1.
        truth: float32 Nx2; nan where nothing is known.

    Raises:
        ValueError: The two differ in shape, or are not Nx2.
    """
    if told.shape != truth.shape or told.ndim != 2 or told.shape[1] != 2:
        raise ValueError(f"told are {told.shape}, truths {truth.shape}: both are to be Nx2")
    return Affect(agreement(told[:, 0], truth[:, 0]), agreement(told[:, 1], truth[:, 1]))
