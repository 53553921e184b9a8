"""The report of an evaluation: `metrics.json`, pictures, and one page that needs nothing else to be read."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.errors import UsageError
from emojicam.models.data.faces import Faces
from emojicam.models.evaluate import (
    COMMON,
    Affect,
    Agreement,
    Array,
    Bins,
    Estimate,
    Figures,
    Mistake,
    log_probabilities,
    measure,
    wilson,
    worst_mistakes,
)
from emojicam.models.history import Best, History
from emojicam.models.reports import figure, plots
from emojicam.models.reports.document import document, duration, embedded, number, picture, share, table, whole
from emojicam.models.reports.folder import write_folder

PAGE = "index.html"
METRICS = "metrics.json"
PICTURES = ("confusion", "by-class", "reliability", "curves", "mistakes")
"""Names of a report's PNGs, without their ending."""

FACE = 96
"""The largest side of a face in the page, px."""


@dataclass(frozen=True)
class About:
    """The evaluation in words: the model, the data, the protocol.

    Attributes:
        model: The model's name.
        data: The faces it was measured on.
        protocol: What it was trained on and chosen by, so that a reader can judge the figures.
        details: More to know, by heading.
    """

    model: str
    data: str
    protocol: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EvaluationReport:
    """Everything that the report of an evaluation says.

    Attributes:
        about: What was evaluated.
        figures: The headline figures.
        mistakes: The most confident wrong answers.
        faces: What was measured: the mistakes' indices point into it.
        variants: The same model measured otherwise ("flip-averaged", "without twins"), by name.
        affect: Valence and arousal, where the model tells them.
        history: The epochs of the run that made the model, where they are known.
        choose: What that run chose its epoch by: "accuracy", "macro_f1" or "loss".
    """

    about: About
    figures: Figures
    mistakes: Sequence[Mistake]
    faces: Faces
    variants: Mapping[str, Figures] = field(default_factory=dict)
    affect: Affect | None = None
    history: History | None = None
    choose: str = "accuracy"

    @classmethod
    def of(
        cls,
        scores: Array,
        faces: Faces,
        about: About,
        *,
        variants: Mapping[str, Figures] | None = None,
        affect: Affect | None = None,
        history: History | None = None,
        choose: str = "accuracy",
    ) -> EvaluationReport:
        """Measure answers, and put together what is to be said of them.

        Args:
            scores: float32 NxK, logits or log probabilities.
            faces: The same N faces, each with a majority label.
            about: What was evaluated.
            variants: The same model measured otherwise, by name.
            affect: Valence and arousal, where the model tells them.
            history: The epochs of the run that made the model, where they are known.
            choose: What that run chose its epoch by: "accuracy", "macro_f1" or "loss".

        Raises:
            UsageError: There is no face.
            ValueError: Scores and faces don't fit.
        """
        if not len(faces):
            raise UsageError(f"{about.data}: no face with a label, so there is nothing to report")
        if np.isnan(log_probabilities(scores)).any():
            raise UsageError(f"{about.model}: its answers are not numbers, so there is nothing to report")
        figures, mistakes = measure(scores, faces), worst_mistakes(scores, faces)
        return cls(about, figures, mistakes, faces, variants or {}, affect, history, choose)

    def write(self, folder: Path) -> Path:
        """Write `metrics.json`, the PNGs and the page into a folder; each file is replaced when the new one is whole.

        A picture of an earlier report for which this one has nothing to show is removed.

        Returns:
            The page.

        Raises:
            MissingExtra: matplotlib is not installed.
            OutputError: The folder can't be written to.
        """
        light, dark = self._pictures(figure.LIGHT), self._pictures(figure.DARK)
        if self.mistakes:
            light["mistakes"] = plots.mistakes(self.faces.images, self.mistakes)
        files = {METRICS: as_json(self).encode()}
        files |= {f"{name}.png": png for name, png in light.items()}
        files[PAGE] = page(self, light, dark).encode()
        write_folder(folder, files, PICTURES)
        return folder / PAGE

    def _pictures(self, theme: figure.Theme) -> dict[str, bytes]:
        """Draw the PNGs, by name, but for the mistakes: their faces are in the page as they are."""
        figures = self.figures
        found = {"confusion": plots.confusion(figures, theme), "by-class": plots.by_class(figures, theme)}
        if figures.bins:
            found["reliability"] = plots.reliability(figures.bins, figures.ece, theme)
        if self.history:
            found["curves"] = plots.curves(self.history, self.choose, theme)
        return found


def as_json(report: EvaluationReport) -> str:
    """The figures as strict JSON: shares are 0-1, what is not defined is null."""
    figures = report.figures
    values: dict[str, object] = {
        "model": report.about.model,
        "data": report.about.data,
        "protocol": report.about.protocol,
        "details": dict(report.about.details),
        "labels": list(figures.labels),
        **_overall(figures),
        "classes": [
            {
                "label": label,
                "precision": precision,
                "recall": recall,
                "recall_low": low,
                "recall_high": high,
                "f1": f1,
                "support": support,
                "answered": answered,
            }
            for label, precision, recall, (low, high), f1, support, answered in _classes(figures)
        ],
        "confusion": figures.confusion.tolist(),
        "variants": {name: _overall(variant) for name, variant in report.variants.items()},
    }
    if figures.bins:
        values["bins"] = [
            {"from": low, "to": high, "faces": faces, "confidence": confidence, "accuracy": accuracy}
            for low, high, faces, confidence, accuracy in _bins(figures.bins)
        ]
    if report.affect:
        for name, told in (("valence", report.affect.valence), ("arousal", report.affect.arousal)):
            values[name] = {"ccc": told.ccc, "rmse": told.rmse, "faces": told.faces}
    if report.history:
        kept = {name: report.history.best(name, report.choose) for name in report.history.sets}
        values["training"] = {
            "epochs": len(report.history.epochs),
            "seconds": report.history.seconds,
            "chosen_by": report.choose,
            "best": {name: {"epoch": best.epoch, "value": best.value} for name, best in kept.items() if best},
        }
    return json.dumps(_finite(values), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _overall(figures: Figures) -> dict[str, object]:
    common = figures.macro_recall(COMMON)
    return {
        **figures.summary(),
        "faces": figures.faces,
        "balanced_accuracy": figures.balanced_accuracy,
        **_ends("macro_recall", figures.macro_recall()),
        "common_classes": figures.common,
        "macro_recall_common": common.value,
        **_ends("macro_recall_common", common),
        **_ends("ece", figures.calibration),
        "micro_precision": figures.micro_precision,
        "micro_recall": figures.micro_recall,
        "log_loss": figures.log_loss,
    }


def _ends(name: str, estimate: Estimate) -> dict[str, object]:
    return {f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _classes(
    figures: Figures,
) -> Iterable[tuple[str, float, float, tuple[float, float], float, int, int]]:
    hits = np.diag(figures.confusion)
    for at, label in enumerate(figures.labels):
        support = int(figures.support[at])
        interval = wilson(int(hits[at]), support) if support else (math.nan, math.nan)
        precision, recall, f1 = float(figures.precision[at]), float(figures.recall[at]), float(figures.f1[at])
        yield label, precision, recall, interval, f1, support, int(figures.answered[at])


def _bins(bins: Bins) -> Iterable[tuple[float, float, int, float, float]]:
    edges = bins.edges.tolist()
    yield from zip(
        edges, edges[1:], bins.faces.tolist(), bins.confidence.tolist(), bins.accuracy.tolist(), strict=False
    )


def _finite(value: object) -> object:
    """The same value, with None for the numbers that JSON can't say."""
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def page(report: EvaluationReport, light: Mapping[str, bytes], dark: Mapping[str, bytes]) -> str:
    """The report as one HTML page, which loads nothing from anywhere.

    Args:
        report: What to say.
        light: PNGs by name, for a light screen.
        dark: The same for a dark one.
    """
    figures, about = report.figures, report.about
    low, high = figures.interval
    parts = [
        f'<header><p class="kind">Evaluation of an emotion model</p><h1>{escape(about.model)}</h1>'
        f'<p class="lede">Right on <strong>{share(figures.accuracy)}</strong> of {_faces(figures.faces)} '
        f"(95&nbsp;% interval {_interval(low, high)}). {_calibration(figures)}</p></header>",
        _tiles(report),
        "<section><h2>What was measured</h2>" + _about(report) + "</section>",
    ]
    if report.variants:
        parts.append("<section><h2>Measured otherwise</h2>" + _variants(report) + "</section>")
    parts.append(
        "<section><h2>By emotion</h2>"
        + _class_table(figures)
        + '<div class="pair">'
        + picture("by-class", "Bars of precision, recall and F1 for each emotion", light, dark)
        + picture("confusion", "Confusion matrix; its numbers stand in the table below", light, dark, large=True)
        + "</div>"
        + _confusions(figures)
        + _confusion_table(figures)
        + "</section>"
    )
    if figures.bins:
        parts.append(
            '<section><h2>Can its confidence be trusted?</h2><div class="beside"><div>'
            f"<p>Answers are sorted by confidence into {len(figures.bins.faces)} bins. In each, an honest model is "
            "right as often as it says: its bar ends on the dashed line. The expected calibration error is the mean "
            f"distance over the faces: {share(figures.ece)}.</p>"
            + _bin_table(figures.bins)
            + "</div>"
            + picture("reliability", "Reliability diagram: accuracy by confidence, and how many faces", light, dark)
            + "</div></section>"
        )
    if report.affect:
        parts.append("<section><h2>Valence and arousal</h2>" + _affect(report.affect) + "</section>")
    if report.history:
        parts.append(
            '<section><h2>Training</h2><div class="beside"><div>'
            + _training(report.history, report.choose)
            + "</div>"
            + picture("curves", "Loss and accuracy by epoch", light, dark)
            + "</div></section>"
        )
    parts.append("<section><h2>The most confident mistakes</h2>" + _mistakes(report) + "</section>")
    parts.append(METHODS)
    return document(f"{about.model}: evaluation", "\n".join(parts))


METHODS = """<footer><p>An emotion model reads expressions, not feelings: it says what people who look at the picture
would say, and it is often wrong. Don't use it to judge anybody.</p><ul>
<li>95&nbsp;% intervals of shares: Wilson 1927. They say how far chance in the choice of these faces reaches, no
more.</li>
<li>Macro recall (the mean of the recalls, or balanced accuracy) and macro-F1 (the mean of the F1) are over the emotions
that have a face here; macro precision is over those that were answered. Beside it stands
macro recall over the emotions that have 50 faces and more. Its interval: Zou, Huang and Zhang 2009, from those of the
recalls.</li>
<li>Each face has one label and gets one answer, so that micro precision and micro recall equal the accuracy.</li>
<li>Expected calibration error: Naeini, Cooper and Hauskrecht 2015, bins of equal width; its interval:
a parametric bootstrap, from 0 where an exactly calibrated model may show as much. Log loss: in nats, the mean of
&minus;ln of the probability given to the label.</li>
<li>Concordance correlation coefficient: Lin 1989.</li></ul></footer>"""


def _tiles(report: EvaluationReport) -> str:
    figures = report.figures
    low, high = figures.interval
    recall, sure = figures.macro_recall(), figures.calibration
    tiles = [
        ("Accuracy", share(figures.accuracy), _interval(low, high)),
        ("Macro recall", share(recall.value), _interval(recall.low, recall.high)),
        ("Macro-F1", share(figures.macro_f1), "mean of the F1"),
        ("Calibration error", share(figures.ece), _interval(sure.low, sure.high)),
        ("Log loss", number(figures.log_loss), f"guessing: {math.log(max(1, len(figures.labels))):.2f}"),
    ]
    if report.affect:
        tiles.append(("Valence, CCC", number(report.affect.valence.ccc), "1 is best"))
        tiles.append(("Arousal, CCC", number(report.affect.arousal.ccc), "1 is best"))
    cells = [
        f"<div{' class=first' if not at else ''}><dt>{name}</dt><dd><b>{value}</b><span>{note}</span></dd></div>"
        for at, (name, value, note) in enumerate(tiles)
    ]
    return f'<dl class="tiles">{"".join(cells)}</dl>'


def _about(report: EvaluationReport) -> str:
    about = report.about
    rows = {"Model": about.model, "Data": about.data, "Protocol": about.protocol, **about.details}
    rows["Emotions"] = ", ".join(report.figures.labels)
    rows["Faces"] = f"{report.figures.faces:,}"
    cells = [f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows.items() if text]
    return f'<dl class="about">{"".join(cells)}</dl>'


def _calibration(figures: Figures) -> str:
    if figures.bins is None or math.isnan(figures.ece):
        return ""
    known = figures.bins.faces > 0
    said = float((figures.bins.confidence[known] * figures.bins.faces[known]).sum()) / figures.faces
    return f"On average it said that it was {share(said)} sure."


def _variants(report: EvaluationReport) -> str:
    rows = [("as above", report.figures), *report.variants.items()]
    body = [
        [
            escape(name),
            _estimate(Estimate(f.accuracy, *f.interval)),
            _estimate(f.macro_recall()),
            _estimate(f.macro_recall(COMMON)),
            share(f.macro_f1),
            _estimate(f.calibration),
            f"{f.faces:,}",
        ]
        for name, f in rows
    ]
    recalls = ["Macro recall", f"of {COMMON}+ faces each"]
    return table(["", "Accuracy", *recalls, "Macro-F1", "Calibration error", "Faces"], body)


def _estimate(estimate: Estimate) -> str:
    """A share with its interval below it."""
    return f"{share(estimate.value)}<small>{_interval(estimate.low, estimate.high)}</small>"


def _class_table(figures: Figures) -> str:
    body = [
        [
            escape(label),
            share(precision),
            share(recall),
            share(f1),
            f"{support:,}",
            f"{answered:,}",
            _interval(*interval),
        ]
        for label, precision, recall, interval, f1, support, answered in _classes(figures)
    ]
    macro = ["macro", share(_mean(figures.precision)), share(figures.balanced_accuracy), share(figures.macro_f1)]
    micro = ["micro", share(figures.micro_precision), share(figures.micro_recall), share(figures.accuracy)]
    total = f"{figures.faces:,}"
    head = ["Emotion", "Precision", "Recall", "F1", "Faces", "Answers", "Recall, 95&nbsp;% interval"]
    return table(head, body, [[*macro, "", "", ""], [*micro, total, total, _interval(*figures.interval)]])


def _confusions(figures: Figures) -> str:
    counts = figures.confusion.copy()
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:4]
    lines = []
    for at in order.tolist():
        truth, answer = divmod(at, len(figures.labels))
        count, support = int(counts[truth, answer]), int(figures.support[truth])
        if count:
            lines.append(
                f"<li>{escape(figures.labels[truth])} taken for {escape(figures.labels[answer])}: "
                f"{count:,} of {_faces(support)} ({whole(count / support)})</li>"
            )
    return f"<p>The most frequent mistakes:</p><ul>{''.join(lines)}</ul>" if lines else "<p>Nothing was mistaken.</p>"


def _confusion_table(figures: Figures) -> str:
    body = [
        [escape(label), *[f"{count:,}" for count in row]]
        for label, row in zip(figures.labels, figures.confusion.tolist(), strict=True)
    ]
    head = ["truth ↓ &nbsp;answer →", *map(escape, figures.labels)]
    return f"<details><summary>The counts as a table</summary>{table(head, body, hits=True)}</details>"


def _bin_table(bins: Bins) -> str:
    body = [
        [f"{whole(low)} to {whole(high)}", f"{faces:,}", share(confidence), share(accuracy)]
        for low, high, faces, confidence, accuracy in _bins(bins)
    ]
    bare = table(["Confidence", "Faces", "Mean confidence", "Accuracy"], body)
    return f"<details><summary>The bins as a table</summary>{bare}</details>"


def _affect(affect: Affect) -> str:
    def row(name: str, told: Agreement) -> list[str]:
        return [name, number(told.ccc), number(told.rmse), f"{told.faces:,}"]

    note = (
        "<p>From &minus;1 to 1 each. CCC is the concordance correlation coefficient, 1 where all is told exactly.</p>"
    )
    body = [row("valence", affect.valence), row("arousal", affect.arousal)]
    return note + f'<div class="narrow">{table(["", "CCC", "RMSE", "Faces"], body)}</div>'


def _training(history: History, choose: str) -> str:
    epochs = len(history.epochs)
    took = "" if math.isnan(history.seconds) else f" in {duration(history.seconds)}"
    said = [f"{epochs} epoch{'' if epochs == 1 else 's'}{took}."]
    for name in history.sets:
        best = history.best(name, choose)
        if best:
            said.append(_best(name, best, choose))
    return f"<p>{' '.join(said)}</p>"


def _best(name: str, best: Best, choose: str) -> str:
    value = number(best.value) if choose == "loss" else share(best.value)
    what = escape(choose.replace("_", "-"))
    of = "" if name == "validation" else f" of {escape(name)}"
    return f"The validation {what}{of} was best in epoch {best.epoch}: {value}."


def _mistakes(report: EvaluationReport) -> str:
    wrong = report.figures.faces - int(np.trace(report.figures.confusion))
    if not report.mistakes:
        return "<p>There are none: every face was answered as labelled.</p>"
    shown = f"The {len(report.mistakes)} most confident of" if len(report.mistakes) < wrong else "All of"
    items = []
    for mistake in report.mistakes:
        truth, answer, sure = escape(mistake.truth), escape(mistake.answer), plots.percent(mistake.confidence)
        source = embedded(_small(report.faces.images[mistake.index]))
        alt = f"A face labelled {truth}, answered {answer}"
        items.append(
            f'<li><img src="{source}" alt="{alt}" >{truth}'
            f"<span><b>→&nbsp;{answer}</b> <i>{sure.replace(' ', '&nbsp;')}</i></span></li>"
        )
    return (
        f"<p>{shown} {wrong:,} wrong answer{'' if wrong == 1 else 's'}: the label, what the model said instead, "
        "and how sure it was. Where the label looks wrong, it may well be.</p>"
        f'<ul class="faces">{"".join(items)}</ul>'
    )


def _small(image: npt.NDArray[np.uint8]) -> bytes:
    """A face, uint8 CxSxS grey or RGB, as a PNG of at most `FACE` px."""
    picture = plots.rgb(image)
    if max(picture.shape) > FACE:
        picture = plots.resized(picture, FACE)
    grey = image.shape[0] == 1
    return cv2.imencode(".png", picture[..., 0] if grey else picture[..., ::-1])[1].tobytes()


def _mean(values: npt.NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _interval(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f}" if math.isfinite(low) and math.isfinite(high) else "–"


def _faces(count: int) -> str:
    return f"{count:,} face{'' if count == 1 else 's'}"
