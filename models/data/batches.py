"""Batches of faces: what a net learns from in one step, on the device it learns on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from emojicam.models.data.augment import Augment
from emojicam.models.data.faces import Faces
from emojicam.models.data.rows import Images, Index, Rows

AT_ONCE = {"cuda": 8}
"""Batches that are changed at random together, by device: a GPU is told less often; a CPU's cache is small."""


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

    def mixed(self, alpha: float, chances: Chances) -> Batch:
        """The batch with each face, and its answers, blended with another's (mixup, Zhang et al. 2018).

        Args:
            alpha: Parameter of the beta distribution that the share is drawn from.
            chances: Draws share and partners.
        """
        seed = int(torch.randint(2**31, (1,), generator=chances.host))
        share = float(np.random.default_rng(seed).beta(alpha, alpha))
        other = torch.randperm(len(self.images), generator=chances.device, device=chances.device.device)

        def blend(x: torch.Tensor) -> torch.Tensor:
            return share * x + (1 - share) * x[other]

        affect = None if self.affect is None else blend(self.affect)  # nan if either is not known
        return Batch(blend(self.images), [blend(target) for target in self.targets], affect)

    def split(self, sizes: list[int]) -> Iterator[Batch]:
        """Take batches apart that lie one behind the other.

        Args:
            sizes: The number of faces in each.
        """
        targets = zip(*(torch.split(target, sizes) for target in self.targets), strict=True)
        affect = [None] * len(sizes) if self.affect is None else torch.split(self.affect, sizes)
        for images, answers, felt in zip(torch.split(self.images, sizes), targets, affect, strict=True):
            yield Batch(images, list(answers), felt)

    def smoothed(self, share: float) -> Batch:
        """The batch with a share of each target spread over all classes (Szegedy et al. 2016)."""
        targets = [t * (1 - share) + t.sum(1, keepdim=True) * share / t.shape[1] for t in self.targets]
        return Batch(self.images, targets, self.affect)


@dataclass(frozen=True)
class Chances:
    """The chances of one epoch: what decides shapes is drawn where Python is, all else where the faces are.

    Attributes:
        host: A generator of the CPU.
        device: One of the faces' device; on a CPU the same.
    """

    host: torch.Generator
    device: torch.Generator

    @classmethod
    def of(cls, seed: int, device: torch.device) -> Chances:
        """Seed both alike."""
        host = torch.Generator().manual_seed(seed)
        return cls(host, host if device.type == "cpu" else torch.Generator(device).manual_seed(seed))


class Supply:
    """The faces of a run at the place where they are learnt from.

    What is in memory goes to the device once and stays there (FER2013 takes 66 MB); the rows of a packed file are read
    a few batches ahead, and go there as bytes.
    """

    def __init__(self, faces: Faces, device: torch.device) -> None:
        self.device = device
        self.at_once = AT_ONCE.get(device.type, 1)
        images = faces.images
        self._images: Images | torch.Tensor = images if isinstance(images, Rows) else self._there(images)
        self._targets = [self._there(given.targets) for given in faces.answers]
        self._matrices = None if faces.matrices is None else self._there(faces.matrices)
        self._affect = None if faces.affect is None else self._there(faces.affect)

    def __len__(self) -> int:
        return len(self._images)

    def _there(self, values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

    def parts(
        self, size: int, *, seed: tuple[int, int], part: tuple[int, int] = (0, 1)
    ) -> Iterator[tuple[tuple[Batch, torch.Tensor | None], list[int]]]:
        """One process's part of every batch of an epoch, as it is, with the transforms to the crop.

        Args:
            size: Faces a batch.
            seed: Seed of the order, the same in all processes.
            part: This process's number, and how many there are.

        Yields:
            The faces of several batches that lie one behind the other, and how many there are in each.
        """
        order = np.random.default_rng(seed).permutation(len(self))
        mine, members = part
        # Not a batch without a face for each process.
        starts = [start for start in range(0, len(order), size) if len(order) - start >= members]
        chosen = [order[start : start + size][mine::members] for start in starts]
        if isinstance(self._images, Rows):
            chosen = [np.sort(one) for one in chosen]  # a packed file on a disk is read forwards
            for one, pixels in zip(chosen, self._images.in_turn(chosen), strict=True):
                yield self._batch(one, self._there(pixels)), [len(one)]
        else:
            for first in range(0, len(chosen), self.at_once):
                several = chosen[first : first + self.at_once]
                yield self._batch(np.concatenate(several)), list(map(len, several))

    def _batch(self, chosen: Index, images: torch.Tensor | None = None) -> tuple[Batch, torch.Tensor | None]:
        numbers = torch.from_numpy(chosen).to(self.device, non_blocking=True)
        if images is None:
            assert isinstance(self._images, torch.Tensor)
            images = self._images[numbers]
        affect = None if self._affect is None else self._affect[numbers]
        matrices = None if self._matrices is None else self._matrices[numbers]
        return Batch(images.float(), [target[numbers] for target in self._targets], affect), matrices


def batches(
    supply: Supply,
    size: int,
    augment: Augment,
    chances: Chances,
    *,
    seed: tuple[int, int],
    part: tuple[int, int] = (0, 1),
) -> Iterator[Batch]:
    """One process's part of every batch of an epoch, augmented.

    Args:
        supply: All the faces of the epoch.
        size: Faces a batch.
        augment: What is changed.
        chances: Draw the changes.
        seed: Seed of the order, the same in all processes.
        part: This process's number, and how many there are.
    """
    for (several, matrices), sizes in supply.parts(size, seed=seed, part=part):
        images = augment(several.images, matrices, chances.device, chances.host)
        yield from Batch(images, several.targets, several.affect).split(sizes)
