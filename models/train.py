"""Train a recipe: data, net, loop, checkpoint. Needs torch."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from tqdm import tqdm

from emojicam.errors import InputError, UsageError, first_line
from emojicam.models import evaluate, registry
from emojicam.models.card import Card, Crop
from emojicam.models.data.augment import Augment
from emojicam.models.data.faces import TEST, TRAIN, VALIDATION, Faces, without_twins
from emojicam.models.data.fer import read_ferplus
from emojicam.models.recipe import Recipe

READERS: dict[str, Callable[[Path], dict[str, Faces]]] = {"ferplus": read_ferplus}
"""Data set formats by the name that recipes use."""

LICENCE = "MIT for the weights; trained on data released for research use (see data)"


@dataclass(frozen=True)
class Checkpoint:
    """What a run leaves: the card and the weights."""

    card: Card
    net: nn.Module


def read(data: str, folder: Path) -> dict[str, Faces]:
    """Read a data set by the name of its format.

    Raises:
        UsageError: No such format, or no such folder.
        InputError: The files are not in that format.
    """
    if data not in READERS:
        raise UsageError(f"no data format is called {data!r}; there are: {', '.join(READERS)}")
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    return READERS[data](folder)


def train(recipe: Recipe, splits: dict[str, Faces], out: Path, *, version: str, quiet: bool = False) -> Checkpoint:
    """Run a recipe from nothing and keep the epoch that is best on the validation split.

    The training faces that stand in the validation or test split as well are left out. The temperature is fitted on the
    validation split at the end; the test split is measured once, with the checkpoint that was chosen.

    Args:
        recipe: What to do.
        splits: Train, validation and test faces.
        out: Folder for `metrics.jsonl` (a line an epoch) and `best.pt`.
        version: emojicam's, for the card.
        quiet: No progress bar.

    Returns:
        The chosen checkpoint, which is also in `out / "best.pt"`.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    rng = torch.Generator().manual_seed(recipe.seed)
    entry = registry.entry(recipe.net)
    faces, twins = without_twins(splits[TRAIN], splits[VALIDATION], splits[TEST])
    validation = splits[VALIDATION].with_majority()
    levels = faces.images.astype(np.float32)
    card = Card(
        net=recipe.net,
        labels=faces.labels,
        channels=entry.channels,
        crop=Crop().at(entry.size),
        mean=(round(float(levels.mean()), 2),) * entry.channels,
        std=(round(float(levels.std()), 2),) * entry.channels,
        data=f"{faces.source}: {len(faces)} training faces ({twins} twins of test faces left out)",
        licence=LICENCE,
        version=version,
        recipe=recipe.name,
        seed=recipe.seed,
    )
    del levels
    # channels_last with bf16 trains two to three times faster on CPUs that have AVX-512 BF16 or AMX.
    net = registry.build(recipe.net, len(card.labels)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(net) if recipe.ema else net
    optimiser = torch.optim.AdamW(_groups(net, recipe.decay), lr=recipe.rate)
    steps = math.ceil(len(faces) / recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps, recipe.epochs * steps))
    augment = Augment(**recipe.augment)
    best = -1.0
    step = 0
    log = (out / "metrics.jsonl").open("w", encoding="utf-8")
    with log, tqdm(total=recipe.epochs * steps, desc=recipe.name, disable=None if not quiet else True) as bar:
        for epoch in range(recipe.epochs):
            started = time.monotonic()
            net.train()
            total = 0.0
            for images, targets in _batches(faces, recipe.batch, augment, rng):
                if recipe.mixup and step % 2:
                    images, targets = _mix(images, targets, recipe.mixup, rng)
                if recipe.smoothing:
                    targets = targets * (1 - recipe.smoothing) + recipe.smoothing / targets.shape[1]
                images = ((images - card.mean[0]) / card.std[0]).contiguous(memory_format=torch.channels_last)
                with torch.autocast("cpu", torch.bfloat16):
                    logits = net(images)
                loss = F.cross_entropy(logits.float(), targets)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
                if recipe.ema:
                    _follow(average, net, min(recipe.ema, (step + 1) / (step + 10)))
                step += 1
                total += loss.item()
                bar.update()
            figures = evaluate.measure(evaluate.logits_of(average, card, validation.images), validation)
            row = {
                "epoch": epoch + 1,
                "train_loss": total / steps,
                "seconds": time.monotonic() - started,
                **{f"validation_{name}": value for name, value in figures.summary().items()},
            }
            log.write(json.dumps(row) + "\n")
            log.flush()
            bar.set_postfix(loss=f"{total / steps:.3f}", accuracy=f"{figures.accuracy:.4f}")
            if figures.accuracy > best:
                best = figures.accuracy
                save(Checkpoint(card, average), out / "best.pt")
    chosen = load(out / "best.pt")
    fitted = replace(card, temperature=_temperature(chosen, validation))
    test = splits[TEST].with_majority()
    metrics: dict[str, float] = {}
    for name, split in (("validation", validation), ("test", test)):
        found = evaluate.measure(evaluate.logits_of(chosen.net, fitted, split.images), split)
        metrics |= {f"{name}_{key}": round(value, 5) for key, value in found.summary().items()}
    result = Checkpoint(replace(fitted, metrics=metrics), chosen.net)
    save(result, out / "best.pt")
    return result


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write card and weights; the old file stays until the new one is whole."""
    part = path.with_suffix(".part")
    torch.save({"card": checkpoint.card.to_json(), "weights": checkpoint.net.state_dict()}, part)
    part.replace(path)


def load(path: Path) -> Checkpoint:
    """Read what `save` wrote. Nothing in the file is executed.

    Raises:
        UsageError: It isn't there.
        InputError: It isn't a checkpoint of a registered net.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such checkpoint")
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
        card = Card.from_json(values["card"])
        net = registry.build(card.net, len(card.labels))
        net.load_state_dict(values["weights"])
    except Exception as error:
        raise InputError(f"{path}: not an emojicam checkpoint: {first_line(error)}") from error
    return Checkpoint(card, net.eval())


def _groups(net: nn.Module, decay: float) -> list[dict[str, object]]:
    heavy = [p for p in net.parameters() if p.ndim > 1]
    light = [p for p in net.parameters() if p.ndim <= 1]
    return [{"params": heavy, "weight_decay": decay}, {"params": light, "weight_decay": 0.0}]


def _rate(step: int, warm_up: int, total: int) -> float:
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, total - warm_up)))


def _batches(
    faces: Faces, batch: int, augment: Augment, rng: torch.Generator
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    order = torch.randperm(len(faces), generator=rng).numpy()
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        images = torch.from_numpy(faces.images[chosen]).float()
        matrices = None if faces.matrices is None else torch.from_numpy(faces.matrices[chosen])
        yield augment(images, matrices, rng), torch.from_numpy(faces.targets[chosen])


def _mix(
    images: torch.Tensor, targets: torch.Tensor, alpha: float, rng: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    seed = int(torch.randint(2**31, (1,), generator=rng))
    share = float(np.random.default_rng(seed).beta(alpha, alpha))
    other = torch.randperm(len(images), generator=rng)
    return share * images + (1 - share) * images[other], share * targets + (1 - share) * targets[other]


@torch.no_grad()
def _follow(average: nn.Module, net: nn.Module, decay: float) -> None:
    for kept, new in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def _temperature(checkpoint: Checkpoint, faces: Faces) -> float:
    """The divisor of the logits that makes the confidences honest (Guo et al. 2017): least log loss on `faces`."""
    logits = torch.from_numpy(evaluate.logits_of(checkpoint.net, checkpoint.card, faces.images))
    truth = torch.from_numpy(faces.majority)
    candidates = torch.exp(torch.linspace(math.log(0.25), math.log(4), 400))
    losses = torch.stack([F.cross_entropy(logits / t, truth) for t in candidates])
    return round(float(candidates[losses.argmin()]), 4)
