"""The command `evaluate`: a model, or several together, measured on a data set."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from emojicam.console import show
from emojicam.errors import UsageError
from emojicam.models import recipe
from emojicam.models.data.arrange import arrange
from emojicam.models.evaluate import COMMON, Estimate, Figures
from emojicam.stream.choices import DATA_FORMAT
from emojicam.training import aligned, card_of, data_set, evaluation, need_torch


@dataclass(frozen=True)
class EvaluateOptions:
    """The options of `emojicam evaluate`.

    Attributes:
        models: Shipped models' names, ONNX files or checkpoints.
        together: Measure them as an ensemble.
        data: Folder with the data set.
        format: The data set's format; None: the recipe's, or ferplus.
        recipe: Measure on the faces that this recipe keeps, split as it splits them.
        labels: Whose labels are right, where a data set has several.
        out: Folder for the report; None: evaluation/MODEL, or evaluation/together.
        split: validation or test.
        aligned: Cut each face as the stream does, by its eyes.
    """

    models: list[str]
    together: bool
    data: Path
    format: str | None
    recipe: str | None
    labels: str | None
    out: Path | None
    split: str
    aligned: bool


def evaluate(options: EvaluateOptions) -> int:
    """Measure a model, or several together, and write the report."""
    model, *others = dict.fromkeys(options.models)
    if options.together != bool(others):
        raise UsageError("--together is for two models and more, and they are measured with it alone")
    if any(Path(name).suffix == ".pt" for name in options.models):
        need_torch()
    plan = recipe.load(options.recipe).on(options.format) if options.recipe else None
    card = card_of(model)
    form = options.format or (plan.data if plan else DATA_FORMAT)
    splits = data_set(form, options.data, size=card.crop.size, channels=card.channels)
    if plan:
        splits = arrange(splits, plan)
    uncut = splits[options.split]
    if options.aligned:
        splits[options.split] = aligned(uncut).cut()
    report = evaluation(model, splits, options.split, options.labels, str(options.data), uncut=uncut, others=others)
    figures = report.figures
    low, high = figures.interval
    who = f"{1 + len(others)} models together" if others else model
    show(
        f"{who} on {figures.faces} faces ({options.split}): accuracy {100 * figures.accuracy:.2f} % "
        f"(95 % interval {100 * low:.1f} to {100 * high:.1f}), macro-F1 {100 * figures.macro_f1:.1f} %, "
        f"ECE {100 * figures.ece:.1f} %"
    )
    for line in _compared({"as above": figures} | dict(report.variants)):
        show(f"  {line}")
    width = max(map(len, figures.labels))
    for label, recall, precision, support in zip(
        figures.labels, figures.recall, figures.precision, figures.support, strict=True
    ):
        show(f"  {label:{width}}  recall {_share(recall)}  precision {_share(precision)}  {support:5} faces")
    page = report.write(options.out or Path("evaluation") / ("together" if others else Path(model).stem))
    show(f"{page}: the report")
    return 0


def _compared(rows: Mapping[str, Figures]) -> Iterator[str]:
    """A table of what was measured in several ways, in per cent with 95 % intervals."""
    head = ("accuracy, %", "macro recall, %", f"of {COMMON}+ faces each, %", "ECE, %", "faces")
    cells = [
        (
            _estimate(Estimate(one.accuracy, *one.interval)),
            _estimate(one.macro_recall()),
            _estimate(one.macro_recall(COMMON)),
            _estimate(one.calibration),
            str(one.faces),
        )
        for one in rows.values()
    ]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    first = max(map(len, rows))
    for name, line in zip(("", *rows), (head, *cells), strict=True):
        yield "  ".join([f"{name:{first}}", *(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))])


def _share(share: float) -> str:
    return "    -  " if math.isnan(share) else f"{100 * share:5.1f} %"


def _estimate(one: Estimate) -> str:
    if math.isnan(one.value):
        return "-"
    ends = "" if math.isnan(one.low) else f" ({100 * one.low:.1f} to {100 * one.high:.1f})"
    return f"{100 * one.value:.1f}{ends}"
