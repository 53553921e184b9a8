"""The command `blend`: one net from several that went on from the same one."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from emojicam.console import show
from emojicam.errors import InputError, UsageError
from emojicam.files import refuse_existing, writing
from emojicam.training import check_shape, data_set, fitting, need_torch, told


@dataclass(frozen=True)
class BlendOptions:
    """The options of `emojicam blend`.

    Attributes:
        checkpoints: Checkpoints of one kind of net, each as FILE or FILE:WEIGHT.
        out: The checkpoint to write.
        data: Folder of the data set.
        format: The data set's format.
        overwrite: A file that is there may be replaced.
    """

    checkpoints: list[str]
    out: Path
    data: Path
    format: str
    overwrite: bool


def blend(options: BlendOptions) -> int:
    """Write the mean of some checkpoints' weights, and say how good it is."""
    need_torch()
    import torch

    from emojicam.models import finish
    from emojicam.models.blend import together
    from emojicam.models.checkpoint import Checkpoint, load, save

    refuse_existing(options.out, options.overwrite)
    given = [weighed(one) for one in options.checkpoints]
    loaded = [load(path) for path, _ in given]
    card, first = loaded[0].card, given[0][0]
    for (path, _), other in zip(given, loaded, strict=True):
        theirs, ours = (
            (one.net, one.labels, one.crop, one.stretch, one.sharpen, one.decision and one.decision.second)
            for one in (other.card, card)
        )
        if theirs != ours:
            raise InputError(f"{path}: another net than {first}, or one of other emotions: they have no mean")
    splits = data_set(options.format, options.data, size=card.crop.size, channels=card.channels)
    check_shape(card, splits["train"], first)
    name = fitting(card, splits["validation"])
    if name is None:
        raise InputError(f"{first}: knows {', '.join(card.labels)}, the data set other emotions")
    parts = [(weight, one.net.state_dict()) for (_, weight), one in zip(given, loaded, strict=True)]
    made = together(loaded[0].net, parts, card, splits["train"].images)
    validation, test = splits["validation"].by(name).with_majority(), splits["test"].by(name)
    with writing(options.out) as part:
        save(Checkpoint(replace(card, temperature=1.0), made), part)
        figures = finish.finished(part, validation, test, torch.device("cpu")).card.metrics
    show(f"{options.out}: {told(figures)}")
    return 0


def weighed(given: str) -> tuple[Path, float]:
    """Read FILE or FILE:WEIGHT.

    Raises:
        UsageError: The weight isn't a number above 0.
    """
    path, colon, weight = given.rpartition(":")
    if not colon or not weight or os.path.isfile(given):
        return Path(given), 1.0
    try:
        number = float(weight)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise UsageError(f"{given}: FILE:WEIGHT, and the weight is a number above 0")
    return Path(path), number
