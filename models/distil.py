"""Distillation: a net learns from what another net says of the same faces, beside their labels.

Hinton, Vinyals & Dean 2015 (arXiv:1503.02531); with a teacher that is no larger than its pupil, Furlanello et al. 2018
(arXiv:1805.04770). FER2013's labels are often wrong: what a teacher says of a face softens them where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emojicam.errors import InputError
from emojicam.models import evaluate
from emojicam.models.checkpoint import Checkpoint, load
from emojicam.models.data.faces import Faces

AT_A_TIME = 4096


def taught(faces: Faces, teachers: Sequence[Path], share: float) -> Faces:
    """Faces whose targets are partly what teachers say of them, upright and mirrored, on average.

    Args:
        faces: The faces to learn from. Their first label set changes; faces without a target there keep none.
        teachers: Checkpoints with the labels of that set, in any order.
        share: Share of each target that is the teachers', 0-1.

    Raises:
        UsageError: There is no such checkpoint.
        InputError: A file is none, or knows other labels, or takes faces of another size.
    """
    first, *others = faces.answers
    said = np.zeros_like(first.targets)
    for path in teachers:
        teacher = load(path)
        card = teacher.card
        if set(card.labels) != set(first.labels) or (card.channels, card.crop.size) != (
            faces.images.shape[1],
            faces.images.shape[-1],
        ):
            raise InputError(f"{path}: can't teach {', '.join(first.labels)} on these faces: it knows other ones")
        columns = [card.labels.index(label) for label in first.labels]
        for start in range(0, len(faces), AT_A_TIME):
            part = np.asarray(faces.images[start : start + AT_A_TIME])
            for images in (part, part[..., ::-1]):
                said[start : start + AT_A_TIME] += _probabilities(teacher, images)[:, columns]
    said /= 2 * len(teachers)
    known = first.targets.sum(1, keepdims=True) > 0
    targets = np.where(known, (1 - share) * first.targets + share * said, first.targets).astype(np.float32)
    return replace(faces, answers=(replace(first, targets=targets), *others))


def _probabilities(teacher: Checkpoint, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    scores, _ = evaluate.answers_of(teacher.net, teacher.card, images)
    return np.asarray(np.exp(evaluate.log_probabilities(scores)), np.float32)
