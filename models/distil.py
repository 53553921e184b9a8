"""Distillation: a net learns from what other nets say of the same faces, beside their labels.

Hinton, Vinyals & Dean 2015 (arXiv:1503.02531); with teachers that are no larger than their pupil, Furlanello et al.
2018 (arXiv:1805.04770). FER2013's labels are often wrong: what teachers say of a face softens them where they are.
Teachers see each face as the data set has it, not what the augmentation makes of it: what they say holds behind a mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from emojicam.errors import InputError
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.evaluate import Floats, log_probabilities, portions


@dataclass(frozen=True)
class Teacher:
    """A finished net.

    Attributes:
        name: What to call it in errors.
        net: Takes faces, float32 NxCxSxS, 0-255, and gives logits over a temperature.
        labels: The label sets that it answers by, one behind the other in its outputs.
        shape: C, S, S of the faces that it takes.
    """

    name: str
    net: nn.Module
    labels: tuple[tuple[str, ...], ...]
    shape: tuple[int, int, int]


def taught(faces: Faces, teachers: Sequence[Teacher], share: float, device: torch.device) -> Faces:
    """Faces whose targets are partly what teachers say of them, upright and mirrored, on average.

    Args:
        faces: The faces to learn from; those without a target in a label set keep none there.
        teachers: Each teaches the label sets whose labels it knows, in any order, with the same say as the others.
        share: Share of each target that is the teachers', 0-1.
        device: Where the teachers are.

    Raises:
        InputError: A teacher knows none of the label sets, or takes faces of another size.
    """
    said: dict[int, list[Floats]] = {}
    for teacher in teachers:
        lessons = list(_lessons(teacher, faces.answers))
        if not lessons or teacher.shape != faces.images.shape[1:]:
            wants = "; ".join(", ".join(given.labels) for given in faces.answers)
            raise InputError(f"{teacher.name}: can't teach {wants} on these faces: it knows other ones")
        logits = [_logits(teacher, faces, device, mirror) for mirror in (False, True)]
        for place, columns in lessons:
            said.setdefault(place, []).extend(np.exp(log_probabilities(part[:, columns])) for part in logits)
    answers = list(faces.answers)
    for place, opinions in said.items():
        given = answers[place].targets
        known = given.sum(1, keepdims=True) > 0
        targets = np.where(known, (1 - share) * given + share * np.mean(opinions, 0), given).astype(np.float32)
        answers[place] = replace(answers[place], targets=targets)
    return replace(faces, answers=tuple(answers))


def _lessons(teacher: Teacher, answers: Sequence[Answers]) -> Iterator[tuple[int, list[int]]]:
    """The label sets that a teacher knows, by place, with its outputs in their order."""
    start = 0
    for known in teacher.labels:
        for place, wanted in enumerate(answers):
            if set(known) == set(wanted.labels):
                yield place, [start + known.index(label) for label in wanted.labels]
        start += len(known)


@torch.inference_mode()
def _logits(teacher: Teacher, faces: Faces, device: torch.device, mirror: bool) -> npt.NDArray[np.float32]:
    parts = []
    for images in portions(faces.images, device):
        parts.append(teacher.net(images.flip(3) if mirror else images).float().cpu().numpy())
    return np.concatenate(parts)
