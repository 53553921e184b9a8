"""A data set as a recipe asks for it: its labels, emotions, split, share and balance, in that order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emojicam.errors import UsageError
from emojicam.models.data.faces import TEST, TRAIN, VALIDATION, Answers, Faces, joined
from emojicam.models.data.sample import oversample, random_split, stratified_split
from emojicam.models.recipe import Recipe


def arrange(splits: dict[str, Faces], recipe: Recipe) -> dict[str, Faces]:
    """The three splits as a recipe wants them.

    Args:
        splits: The splits as the data set is distributed.
        recipe: Says what to do.

    Returns:
        Train, validation and test, by name.

    Raises:
        UsageError: The recipe names labels that the data set has not.
    """
    splits = {split: _labelled(faces, recipe) for split, faces in splits.items()}
    rng = np.random.default_rng(recipe.seed)
    if recipe.split == "random":
        pool = joined(*splits.values()) if recipe.pool == "all" else splits[TRAIN]
        pool = pool.with_majority()
        if recipe.balance == "oversample-first":
            # The mistake that many published figures make: copies of one face stand on both sides of the split.
            pool = pool.take(oversample(pool.majority, recipe.balance_to or None, rng))
        parts = random_split(len(pool), recipe.shares, recipe.seed)
        splits = {name: pool.take(part) for name, part in zip((TRAIN, VALIDATION, TEST), parts, strict=True)}
    if recipe.share < 1:
        train = splits[TRAIN]
        splits[TRAIN] = train.take(stratified_split(train.majority, (recipe.share, 1 - recipe.share), recipe.seed)[0])
    if recipe.balance == "oversample":
        train = splits[TRAIN].with_majority()
        splits[TRAIN] = train.take(oversample(train.majority, recipe.balance_to or None, rng))
    return splits


def _labelled(faces: Faces, recipe: Recipe) -> Faces:
    if recipe.labels:
        try:
            first = next(given for given in faces.answers if given.name == recipe.labels)
        except StopIteration:
            known = ", ".join(given.name for given in faces.answers)
            raise UsageError(f"the data set has no labels {recipe.labels!r}; it has {known}") from None
        faces = replace(faces, answers=(first, *(given for given in faces.answers if given is not first)))
    if not recipe.second:
        faces = faces.by(faces.answers[0].name)
    return _only(faces, recipe.keep) if recipe.keep else faces


def _only(faces: Faces, keep: tuple[str, ...]) -> Faces:
    """The faces of some emotions, with labels for these alone."""
    first = faces.answers[0]
    missing = [emotion for emotion in keep if emotion not in first.labels]
    if missing:
        raise UsageError(f"no label is called {', '.join(missing)}; there are: {', '.join(first.labels)}")
    columns = [first.labels.index(emotion) for emotion in keep]
    new = np.full(len(first.labels) + 1, -1)
    new[columns] = range(len(keep))
    chosen = np.isin(first.majority, columns)
    targets = first.targets[chosen][:, columns]
    targets = targets / np.maximum(targets.sum(1, keepdims=True), 1e-9)
    given = Answers(first.name, keep, targets.astype(np.float32), new[first.majority[chosen]], first.source)
    return replace(faces.where(chosen), answers=(given,))
