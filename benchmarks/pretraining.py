"""How long to pretrain: nets that learnt FER2013's labels for 8 to 25 epochs and then FER+'s, beside one that didn't.

usage: python benchmarks/pretraining.py DIR [--recipe R] [--epochs N] [--out DIR] [--device D]
(DIR holds fer2013.csv and fer2013new.csv)

Of the training faces 15,339, drawn by seed, stand for RAF-DB, with FER2013's seven labels and split as RAF-DB is
(12,271 and 3,068); the rest stands for AffectNet, with FER+'s eight. No picture is in both, nor in PublicTest or
PrivateTest, not even under another number. The one pretraining run of 25 epochs has a constant rate, so that it is the
shorter ones too. What was interrupted goes on when it is started again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import emojicam
from emojicam.models import recipe, train
from emojicam.models.data.faces import TEST, TRAIN, VALIDATION, Faces, twins_of, without_twins
from emojicam.models.data.fer import read_ferplus
from emojicam.models.history import read_history

AFTER = (8, 10, 15, 25)
DRAWN, LEARNT = 15_339, 12_271


def parts(splits: dict[str, Faces], seed: int) -> tuple[dict[str, Faces], dict[str, Faces]]:
    """The faces to pretrain on, and those to learn from afterwards, each in three splits."""
    pool, _ = without_twins(splits[TRAIN], splits[VALIDATION], splits[TEST])
    order = np.random.default_rng(seed).permutation(len(pool))
    drawn, rest = pool.take(order[:DRAWN]), pool.take(np.sort(order[DRAWN:]))
    own = drawn.take(np.arange(LEARNT, len(drawn)))
    before = {TRAIN: drawn.take(np.arange(LEARNT)), VALIDATION: own, TEST: own}
    return before, dict(splits, **{TRAIN: rest.where(~twins_of(rest, drawn))})


def main() -> int:
    """Train, and print a line for each."""
    parser = argparse.ArgumentParser(usage=(__doc__ or "").split("usage: ")[1].splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--recipe", default="factors")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("runs/pretraining"))
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    device = train.device(given.device)
    plan = replace(recipe.load(given.recipe), share=1.0, patience=0, second=0.0, schedule="constant", align=False)
    before, after = parts(read_ferplus(given.data), plan.seed)
    print(
        f"{len(before[TRAIN])} faces to pretrain on, {len(before[TEST])} to judge that; {len(after[TRAIN])} afterwards"
    )
    first, out = replace(plan, labels="fer2013", epochs=max(AFTER)), given.out

    def keep(row: dict[str, object]) -> None:
        if row["epoch"] in AFTER:
            shutil.copy(out / "first" / "best.pt", out / f"after-{row['epoch']}.pt")

    if not (out / f"after-{max(AFTER)}.pt").is_file():
        train.train(
            first, before, out / "first", version=emojicam.__version__, resume=True, device=device, on_epoch=keep
        )
    curve = read_history(out / "first" / "metrics.jsonl").curve("fer2013_validation_accuracy")
    print("| epochs of pretraining | there | FER+ PublicTest | PrivateTest (95 % interval) | best epoch | minutes |")
    print("|---|---|---|---|---|---|")
    for number in (0, *AFTER):
        started, folder = time.monotonic(), out / f"then-{number}"
        done = train.train(
            replace(plan, labels="ferplus", epochs=given.epochs),
            after,
            folder,
            version=emojicam.__version__,
            resume=True,
            device=device,
            init=out / f"after-{number}.pt" if number else None,
        )["ferplus"]
        told = done.card.metrics
        best = read_history(folder / "metrics.jsonl").best("ferplus")
        print(
            f"| {number or 'none'} | {f'{100 * max(curve[:number]):.1f} %' if number else '–'} "
            f"| {100 * told['validation_accuracy']:.1f} % | {100 * told['test_accuracy']:.1f} % "
            f"({100 * told['test_accuracy_low']:.1f} to {100 * told['test_accuracy_high']:.1f}) "
            f"| {best.epoch if best else '–'} | {(time.monotonic() - started) / 60:.0f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
