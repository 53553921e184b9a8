from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch

from emojicam.models import evaluate
from emojicam.models.card import EMOTIONS, Card, Crop
from emojicam.models.data.faces import Answers, Faces


def labelled(truth: list[int], labels: tuple[str, ...], channels: int = 1, size: int = 4) -> Faces:
    majority = np.array(truth, np.int64)
    targets = np.zeros((len(truth), len(labels)), np.float32)
    targets[np.arange(len(truth)), majority] = 1
    images = np.random.default_rng(0).integers(0, 256, (len(truth), channels, size, size), dtype=np.uint8)
    return Faces(images, (Answers("drawn", labels, targets, majority, "drawn"),))


def logs(p: npt.ArrayLike) -> npt.NDArray[np.float32]:
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(p)).astype(np.float32)


THREE = labelled([0, 0, 0, 1, 1, 2], ("a", "b", "c"))
# Answers a a b b b a, with these probabilities:
P = [
    [0.8, 0.1, 0.1],
    [0.6, 0.2, 0.2],
    [0.2, 0.7, 0.1],
    [0.1, 0.8, 0.1],
    [0.3, 0.4, 0.3],
    [0.5, 0.3, 0.2],
]


def test_the_figures_are_those_of_the_textbook() -> None:
    """By hand; scikit-learn's balanced_accuracy_score, precision_recall_fscore_support and log_loss say the same."""
    figures = evaluate.measure(logs(P), THREE)
    assert figures.confusion.tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert figures.faces == 6
    assert figures.support.tolist() == [3, 2, 1]
    assert figures.answered.tolist() == [3, 3, 0]
    assert figures.accuracy == pytest.approx(4 / 6)
    assert figures.micro_precision == figures.micro_recall == pytest.approx(4 / 6)
    assert figures.precision.tolist() == pytest.approx([2 / 3, 2 / 3, math.nan], nan_ok=True)
    assert figures.recall.tolist() == pytest.approx([2 / 3, 1, 0])
    assert figures.f1.tolist() == pytest.approx([2 / 3, 0.8, 0])
    assert figures.macro_f1 == pytest.approx((2 / 3 + 0.8) / 3)
    assert figures.balanced_accuracy == pytest.approx((2 / 3 + 1) / 3)
    expected = -math.log(0.8 * 0.6 * 0.2 * 0.8 * 0.4 * 0.2) / 6
    assert figures.log_loss == pytest.approx(expected, rel=1e-6)


def test_the_bins_hold_each_answer_and_give_the_calibration_error() -> None:
    sure = np.array([0.05, 0.55, 0.58, 0.95, 1.0])
    right = np.array([False, True, False, True, True])
    bins = evaluate.Bins.of(sure, right, bins=10)
    assert bins.faces.tolist() == [1, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert bins.confidence[[0, 5, 9]].tolist() == pytest.approx([0.05, 0.565, 0.975])
    assert bins.accuracy[[0, 5, 9]].tolist() == pytest.approx([0, 0.5, 1])
    assert np.isnan(bins.accuracy[1])
    assert bins.edges.tolist() == pytest.approx([i / 10 for i in range(11)])
    assert bins.error == pytest.approx((1 * 0.05 + 2 * 0.065 + 2 * 0.025) / 5)


def test_a_model_that_is_as_often_right_as_it_says_has_no_calibration_error() -> None:
    faces = labelled([0] * 8 + [1] * 2, ("a", "b"))
    figures = evaluate.measure(logs([[0.8, 0.2]] * 10), faces)
    assert figures.ece == pytest.approx(0, abs=1e-6)
    assert figures.bins is not None
    assert len(figures.bins.faces) == 15
    assert figures.bins.faces.sum() == 10


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),  # Brown, Cai and DasGupta 2001, and scipy's binomtest(...).proportion_ci(method="wilson")
        (1, 10, 0.0179, 0.4042),
        (10, 10, 0.7225, 1.0),
        (2699, 3153, 0.8433, 0.8678),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert evaluate.wilson(hits, of) == pytest.approx((low, high), abs=1e-4)


def test_scores_may_be_logits_of_any_height() -> None:
    low, high = (evaluate.measure(logs(P) + shift, THREE) for shift in (-500, 500))
    assert low.log_loss == pytest.approx(high.log_loss, rel=1e-4)
    assert low.ece == pytest.approx(high.ece, abs=1e-4)
    assert evaluate.log_probabilities(logs(P) + 500) == pytest.approx(np.log(P), abs=1e-4)


def test_an_empty_class_does_not_count_in_the_means() -> None:
    figures = evaluate.measure(logs([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]]), labelled([0, 1], ("a", "b", "never")))
    assert figures.macro_f1 == figures.balanced_accuracy == 1
    assert np.isnan([figures.recall[2], figures.precision[2], figures.f1[2]]).all()


def test_no_face_and_one_face_can_be_measured() -> None:
    nothing = evaluate.measure(np.zeros((0, 2), np.float32), labelled([], ("a", "b")))
    assert (nothing.faces, nothing.accuracy, nothing.ece, nothing.interval) == (0, 0.0, 0.0, (0.0, 1.0))
    assert math.isnan(nothing.log_loss)
    one = evaluate.measure(logs([[0.25, 0.75]]), labelled([1], ("a", "b")))
    assert (one.faces, one.accuracy) == (1, 1.0)
    assert one.ece == pytest.approx(0.25)


def test_what_is_impossible_or_not_a_number_is_said() -> None:
    two = labelled([0, 1], ("a", "b"))
    assert evaluate.measure(logs([[1, 0], [1, 0]]), two).log_loss == math.inf
    broken = evaluate.measure(np.full((2, 2), np.nan, np.float32), two)
    assert math.isnan(broken.ece)
    assert math.isnan(broken.log_loss)


def test_scores_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"scores are \(5, 3\), not 6 faces x 3 labels"):
        evaluate.measure(logs(P[:5]), THREE)
    unknown = labelled([0, -1], ("a", "b"))
    with pytest.raises(ValueError, match="1 faces have no majority label"):
        evaluate.measure(np.zeros((2, 2), np.float32), unknown)


def test_the_worst_mistakes_come_first() -> None:
    found = evaluate.worst_mistakes(logs(P), THREE)
    assert [(m.index, m.truth, m.answer) for m in found] == [(2, "a", "b"), (5, "c", "a")]
    assert [m.confidence for m in found] == pytest.approx([0.7, 0.5])
    assert evaluate.worst_mistakes(logs(P), THREE, most=1) == found[:1]


def test_concordance_is_lins() -> None:
    """Means 2 and 3, variances over n 2/3 and 2/3, covariance 2/3: 2 (2/3) / (4/3 + 1)."""
    shifted = evaluate.agreement([1, 2, 3], [2, 3, 4])
    assert shifted.ccc == pytest.approx((4 / 3) / (7 / 3))
    assert shifted.rmse == pytest.approx(1)
    assert evaluate.agreement([1, 2, 3], [1, 2, 3]).ccc == pytest.approx(1)
    assert evaluate.agreement([1, 2, 3], [3, 2, 1]).ccc == pytest.approx(-1)
    # Variances 2/3 and 8/3, covariance 4/3, means 2 and 4.
    assert evaluate.agreement([1, 2, 3], [2, 4, 6]).ccc == pytest.approx((8 / 3) / (10 / 3 + 4))


def test_valence_and_arousal_are_measured_where_they_are_known() -> None:
    told = np.array([[1, 0.5], [2, 0.5], [3, 0.5]], np.float32)
    truth = np.array([[2, np.nan], [3, np.nan], [4, 0.25]], np.float32)
    found = evaluate.measure_affect(told, truth)
    assert found.valence.ccc == pytest.approx(4 / 7)
    assert found.valence.faces == 3
    assert found.arousal.faces == 1
    assert found.arousal.rmse == pytest.approx(0.25)
    assert found.arousal.ccc == 0
    nothing = evaluate.agreement([1.0], [math.nan])
    assert nothing.faces == 0
    assert math.isnan(nothing.ccc)
    assert math.isnan(nothing.rmse)
    assert math.isnan(evaluate.agreement([1.0, 1.0], [1.0, 1.0]).ccc)
    with pytest.raises(ValueError, match="both are to be Nx2"):
        evaluate.measure_affect(told[:, :1], truth[:, :1])


def test_of_large_pictures_fewer_are_measured_at_a_time() -> None:
    seen: list[int] = []

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, faces: torch.Tensor) -> torch.Tensor:
            seen.append(len(faces))
            return torch.zeros(len(faces), 8)

    for side in (48, 224):
        card = Card("cnn3", EMOTIONS, crop=Crop().at(side))
        evaluate.answers_of(Net(), card, np.zeros((600, 1, side, side), np.uint8))
    assert seen == [*[32] * 18, 24, *[8] * 75]
    assert evaluate.at_a_time("cuda", 48) == 512


def test_figures_are_those_of_the_textbook() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    answer = np.array([0, 0, 1, 1, 1, 0])
    p = np.full((6, 3), 0.1)
    p[np.arange(6), answer] = 0.8
    images = np.zeros((6, 1, 2, 2), np.uint8)
    given = Answers("drawn", ("a", "b", "c"), np.eye(3, dtype=np.float32)[truth], truth, "drawn")
    faces = Faces(images, (given,))
    figures = evaluate.measure(np.log(p).astype(np.float32), faces)
    assert figures.accuracy == pytest.approx(4 / 6)
    assert figures.recall == pytest.approx([2 / 3, 1, 0])
    assert figures.precision[:2] == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(figures.precision[2])
    assert figures.macro_f1 == pytest.approx((2 / 3 + 0.8 + 0) / 3)
    assert figures.ece == pytest.approx(0.8 - 4 / 6)
    low, high = figures.interval
    assert 0.29 < low < 0.31
    assert 0.90 < high < 0.91


def figures_of(confusion: list[list[int]]) -> evaluate.Figures:
    return evaluate.Figures(("a", "b", "c")[: len(confusion)], np.array(confusion), ece=0.0)


def test_macro_recall_has_an_interval_and_can_leave_out_rare_classes() -> None:
    figures = figures_of([[80, 20, 0], [30, 70, 0], [0, 0, 4]])
    every, common = figures.macro_recall(), figures.macro_recall(evaluate.COMMON)
    assert every.value == pytest.approx((0.8 + 0.7 + 1) / 3) == figures.balanced_accuracy
    assert common.value == pytest.approx(0.75)
    assert figures.common == 2
    # By hand, from Wilson's intervals (.711, .867), (.604, .781) and (.510, 1).
    low = 0.75 - math.hypot(0.8 - 0.7112, 0.7 - 0.6042) / 2
    high = 0.75 + math.hypot(0.8666 - 0.8, 0.7811 - 0.7) / 2
    assert (common.low, common.high) == pytest.approx((low, high), abs=1e-3)
    assert every.value - every.low > common.value - common.low  # four faces say little
    assert every.high - every.value < every.value - every.low  # more than all can't be found
    nothing = figures_of([[1, 0], [0, 1]]).macro_recall(evaluate.COMMON)
    assert math.isnan(nothing.value + nothing.low + nothing.high)


def test_one_class_alone_has_wilsons_interval() -> None:
    one = figures_of([[80, 20], [0, 0]]).macro_recall()
    assert (one.low, one.high) == pytest.approx(evaluate.wilson(80, 100))


def test_the_interval_of_macro_recall_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    faces, truth = np.array([600, 200, 90, 16]), np.array([0.95, 0.8, 0.6, 0.3])
    held = 0
    for hits in rng.binomial(faces, truth, (400, 4)):
        confusion = np.diag(hits)
        confusion[:, 0] += faces - hits
        confusion[0] = [hits[0], faces[0] - hits[0], 0, 0]
        found = evaluate.Figures(("a", "b", "c", "d"), confusion, 0.0).macro_recall()
        held += found.low <= truth.mean() <= found.high
    assert 0.92 <= held / 400 <= 0.98


@pytest.mark.parametrize("off", [0.0, 0.1])
def test_the_interval_of_the_calibration_error_holds_the_truth(off: float) -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(60):
        sure = rng.uniform(0.5, 1, 1000)
        found = evaluate.Bins.of(sure, rng.random(1000) < sure - off).estimate
        held += found.low <= off <= found.high
        assert found.low <= found.value <= found.high
    assert held >= 50
    assert math.isnan(evaluate.Bins.of(np.zeros(0), np.zeros(0, bool)).estimate.low)


def told(*rows: list[float], affect: list[list[float]] | None = None) -> evaluate.Told:
    return evaluate.Told(logs(rows), logs(rows) / 2, None if affect is None else np.array(affect, np.float32))


def test_an_ensemble_says_the_geometric_mean() -> None:
    both = evaluate.Told.together([told([0.8, 0.2], affect=[[0.5, 0.1]]), told([0.2, 0.8]), told([0.5, 0.5])])
    assert np.exp(both.decided) == pytest.approx(np.array([[0.5, 0.5]]))
    assert both.affect == pytest.approx(np.array([[0.5, 0.1]]))
    two = np.exp(evaluate.Told.together([told([0.9, 0.1]), told([0.5, 0.5])]).decided)
    assert two == pytest.approx(np.array([[0.75, 0.25]]))  # the roots of .45 and .05, as shares of their sum
    alone = told([0.7, 0.2, 0.1])
    assert evaluate.Told.together([alone]).decided == pytest.approx(alone.decided, abs=1e-6)
    assert np.exp(alone.ordered([2, 0, 1]).decided) == pytest.approx(np.array([[0.1, 0.7, 0.2]]))
