"""Batches of faces: what a net learns from in one step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from emojicam.models.data.augment import Augment
from emojicam.models.data.faces import Faces


@dataclass(frozen=True)
class Batch:
    """The N faces of one step, with all that is known of them.

    Attributes:
        images: float32 NxCxSxS, 0-255.
        targets: float32 NxK for each label set; a row of zeros where nothing is known.
        affect: float32 Nx2, valence and arousal, nan where they are not known; or None.
    """

    images: torch.Tensor
    targets: list[torch.Tensor]
    affect: torch.Tensor | None = None

    def mixed(self, alpha: float, rng: torch.Generator) -> Batch:
        """The batch with each face, and its answers, blended with another's (mixup, Zhang et al. 2018).

        Args:
            alpha: Parameter of the beta distribution that the share is drawn from.
            rng: Draws share and partners.
        """
        seed = int(torch.randint(2**31, (1,), generator=rng))
        share = float(np.random.default_rng(seed).beta(alpha, alpha))
        other = torch.randperm(len(self.images), generator=rng)

        def blend(x: torch.Tensor) -> torch.Tensor:
            return share * x + (1 - share) * x[other]

        affect = None if self.affect is None else blend(self.affect)  # nan if either is not known
        return Batch(blend(self.images), [blend(target) for target in self.targets], affect)

    def smoothed(self, share: float) -> Batch:
        """The batch with a share of each target spread over all classes (Szegedy et al. 2016)."""
        targets = [t * (1 - share) + t.sum(1, keepdim=True) * share / t.shape[1] for t in self.targets]
        return Batch(self.images, targets, self.affect)

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        affect = None if self.affect is None else self.affect.to(device)
        return Batch(self.images.to(device), [target.to(device) for target in self.targets], affect)


def batches(
    faces: Faces,
    size: int,
    augment: Augment,
    rng: torch.Generator,
    *,
    seed: tuple[int, int],
    part: tuple[int, int] = (0, 1),
) -> Iterator[Batch]:
    """One process's part of every batch of an epoch, augmented.

    Args:
        faces: All the faces of the epoch.
        size: Faces a batch.
        augment: What is changed.
        rng: Draws the changes.
        seed: Seed of the order, the same in all processes.
        part: This process's number, and how many there are.
    """
    order = np.random.default_rng(seed).permutation(len(faces))
    mine, members = part
    for start in range(0, len(order), size):
        if len(order) - start < members:
            return  # not a face for each process
        # In ascending order: a packed file on a disk is read forwards.
        chosen = np.sort(order[start : start + size][mine::members])
        images = torch.from_numpy(np.ascontiguousarray(faces.images[chosen])).float()
        matrices = None if faces.matrices is None else torch.from_numpy(faces.matrices[chosen])
        targets = [torch.from_numpy(given.targets[chosen]) for given in faces.answers]
        affect = None if faces.affect is None else torch.from_numpy(faces.affect[chosen])
        yield Batch(augment(images, matrices, rng), targets, affect)
