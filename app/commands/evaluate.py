"""The command `evaluate`: a model, measured on a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emojicam.console import show
from emojicam.models import recipe
from emojicam.models.data.arrange import arrange
from emojicam.stream.choices import DATA_FORMAT
from emojicam.training import aligned, card_of, data_set, evaluation, need_torch


@dataclass(frozen=True)
class EvaluateOptions:
    """The options of `emojicam evaluate`.

    Attributes:
        model: A shipped model's name, an ONNX file or a checkpoint.
        data: Folder with the data set.
        format: The data set's format; None: the recipe's, or ferplus.
        recipe: Measure on the faces that this recipe keeps, split as it splits them.
        labels: Whose labels are right, where a data set has several.
        out: Folder for the report; None: evaluation/MODEL.
        split: validation or test.
        aligned: Cut each face as the stream does, by its eyes.
    """

    model: str
    data: Path
    format: str | None
    recipe: str | None
    labels: str | None
    out: Path | None
    split: str
    aligned: bool


def evaluate(options: EvaluateOptions) -> int:
    """Measure a model, and write its report."""
    if Path(options.model).suffix == ".pt":
        need_torch()
    plan = recipe.load(options.recipe).on(options.format) if options.recipe else None
    card = card_of(options.model)
    form = options.format or (plan.data if plan else DATA_FORMAT)
    splits = data_set(form, options.data, size=card.crop.size, channels=card.channels)
    if plan:
        splits = arrange(splits, plan)
    uncut = splits[options.split]
    if options.aligned:
        splits[options.split] = aligned(uncut).cut()
    report = evaluation(options.model, splits, options.split, options.labels, str(options.data), uncut=uncut)
    figures = report.figures
    low, high = figures.interval
    show(
        f"{options.model} on {figures.faces} faces ({options.split}): accuracy {100 * figures.accuracy:.2f} % "
        f"(95 % interval {100 * low:.1f} to {100 * high:.1f}), macro-F1 {100 * figures.macro_f1:.1f} %, "
        f"ECE {100 * figures.ece:.1f} %"
    )
    for name, variant in report.variants.items():
        show(f"  {name}: {100 * variant.accuracy:.2f} % of {variant.faces}")
    width = max(map(len, figures.labels))
    for label, recall, precision, support in zip(
        figures.labels, figures.recall, figures.precision, figures.support, strict=True
    ):
        show(f"  {label:{width}}  recall {100 * recall:5.1f} %  precision {100 * precision:5.1f} %  {support:5} faces")
    page = report.write(options.out or Path("evaluation") / Path(options.model).stem)
    show(f"{page}: the report")
    return 0
