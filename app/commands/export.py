"""The command `export`: a checkpoint as ONNX, proven equal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emojicam.console import show
from emojicam.errors import UsageError
from emojicam.files import refuse_existing
from emojicam.stream.inference.installed import load as load_runtime
from emojicam.training import check_shape, cost, data_set, need_torch, sample_faces


@dataclass(frozen=True)
class ExportOptions:
    """The options of `emojicam export`.

    Attributes:
        checkpoint: `best.pt` of a run.
        out: The ONNX file.
        precision: fp32, fp16 or int8.
        data: A data set to compare on; None takes the sample portrait.
        format: The data set's format.
        overwrite: A file that is there may be replaced.
    """

    checkpoint: Path
    out: Path
    precision: str
    data: Path | None
    format: str
    overwrite: bool


def export(options: ExportOptions) -> int:
    """Write a checkpoint as ONNX, and say how nearly it answers the same."""
    need_torch()
    load_runtime()
    from emojicam.export import to_onnx
    from emojicam.export.precision import Precision
    from emojicam.models.checkpoint import load

    refuse_existing(options.out, options.overwrite)
    precision = Precision(options.precision)
    if precision is Precision.INT8 and not options.data:
        raise UsageError("--precision int8 is calibrated on real faces: --data DIR")
    checkpoint = load(options.checkpoint)
    card = checkpoint.card
    splits = None
    faces = sample_faces(card)
    if options.data:
        splits = data_set(options.format, options.data, size=card.crop.size, channels=card.channels)
        check_shape(card, splits["train"], options.checkpoint)
        faces = np.asarray(splits["train"].images[:512])
    difference = to_onnx.export(checkpoint, options.out, faces, precision)
    show(f"{options.out}: ONNX Runtime repeats torch to {difference:.1e} on {len(faces)} faces")
    if splits and precision is not Precision.FP32:
        lost = cost(options.checkpoint, options.out, splits["validation"])
        if lost is None:
            show("what that costs in accuracy can't be told: these data have other labels")
        else:
            before, now, number = lost
            show(f"accuracy on the validation split: {100 * before:.2f} % before, {100 * now:.2f} % now, of {number}")
    return 0
