"""The choice of faces: which go into which split, and how often each class is shown.

Split first and balance the training part afterwards: the other way round, copies of one face stand on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]


def oversample(classes: Index, to: int | None, rng: np.random.Generator) -> Index:
    """Repeat the faces of small classes. No face is ever left out.

    Within a class, any two faces are shown equally often, or one of them once more.

    Args:
        classes: int64 N, the class of each face; -1 is none, such a face is shown once.
        to: How many faces a class is to have; classes with more keep them. None is as many as the largest class has.
        rng: Chooses the faces that are shown once more than others.

    Returns:
        int64 M, indices, in order, M >= N.
    """
    counts = np.bincount(classes[classes >= 0])
    goal = int(counts.max(initial=0)) if to is None else to
    chosen = [np.arange(len(classes), dtype=np.int64)]
    for k, count in enumerate(counts):
        members = np.flatnonzero(classes == k)
        if 0 < count < goal:
            whole, rest = divmod(goal - int(count), int(count))
            chosen += [np.tile(members, whole), rng.choice(members, rest, replace=False)]
    return np.sort(np.concatenate(chosen))


def class_weights(classes: Index, k: int) -> npt.NDArray[np.float32]:
    """Weights of the classes in the loss: the rarer a class, the heavier.

    Args:
        classes: int64 N, the class of each face; -1 is none and counts nothing.
        k: How many classes there are.

    Returns:
        float32 K, inverse to the classes' numbers of faces; 0 for a class without a face, and the mean of the others
        is 1.

    Raises:
        ValueError: A class is not below K.
    """
    counts = np.bincount(classes[classes >= 0], minlength=k)
    if len(counts) > k:
        raise ValueError(f"class {len(counts) - 1} of {k} classes")
    there = counts > 0
    weights = np.where(there, 1 / np.maximum(counts, 1), 0)
    return (weights / weights[there].mean() if there.any() else weights).astype(np.float32)


def random_split(n: int, shares: Sequence[float], seed: int) -> tuple[Index, ...]:
    """Deal N faces out to parts by chance.

    Args:
        n: How many faces there are.
        shares: Share of each part; together 1.
        seed: The same seed gives the same parts.

    Returns:
        The indices of each part, int64, in order: every face is in exactly one.

    Raises:
        ValueError: A share is negative, or they are not together 1.
    """
    return _deal([np.arange(n, dtype=np.int64)], shares, seed)


def stratified_split(classes: Index, shares: Sequence[float], seed: int) -> tuple[Index, ...]:
    """Deal faces out by chance, each class (-1 is one too) by itself, so that each part has its share of it.

    Args:
        classes: int64 N, the class of each face.
        shares: Share of each part; together 1. A class's parts are rounded to whole faces.
        seed: The same seed gives the same parts.

    Returns:
        The indices of each part, int64, in order: every face is in exactly one.

    Raises:
        ValueError: A share is negative, or they are not together 1.
    """
    return _deal([np.flatnonzero(classes == k) for k in np.unique(classes)], shares, seed)


def _deal(groups: list[Index], shares: Sequence[float], seed: int) -> tuple[Index, ...]:
    if not shares or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"shares are not negative and together 1, not {tuple(shares)}")
    rng = np.random.default_rng(seed)
    parts: list[list[Index]] = [[np.zeros(0, np.int64)] for _ in shares]
    for group in groups:
        bounds = np.rint(np.cumsum(shares)[:-1] * len(group)).astype(int)
        for part, dealt in zip(parts, np.split(rng.permutation(group), bounds), strict=True):
            part.append(dealt)
    return tuple(np.sort(np.concatenate(part)) for part in parts)
