"""How fast a large data set is packed and read, and how much disk and memory that takes.

usage: python benchmarks/loader.py [--pictures N] [--size PX] [--batch N] [--workers N] [--processes] [--folder DIR]

It makes that many JPEGs of 224 px (the sample portrait's face with noise, 16 kB each as AffectNet's are; each file
differs) in class folders, and packs them as `train` does. Then it reads an epoch in random order with 1, 2, 4 ... N
workers (as many as there are cores by default): pictures a second, seconds to the first batch from opening the pack on,
and the peak of memory (PSS of this process and its children, Linux). Each is done in a process of its own. --processes
reads them by torch's DataLoader with as many worker processes, too. The folder, which takes 10 GB for 280,000, is
removed at the end.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sized
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from emojicam import assets
from emojicam.models.data import sets
from emojicam.models.data.faces import TRAIN
from emojicam.models.data.packed import load
from emojicam.models.data.rows import Rows

CLASSES = ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
SIDE = 224
DIFFERENT = 400
"""Pictures that are drawn; all others are one of them with another comment, which their bytes tell apart."""
NOISE = 5
"""Grey levels; the picture then takes 16 kB in JPEG of quality 90."""
FACE = (150, 30, 300, 180)
"""Where the sample portrait's face is, px."""


def drawn() -> list[bytes]:
    """JPEGs of a face with noise."""
    rng = np.random.default_rng(0)
    with Image.open(assets.sample_photo()) as photo:
        face = np.asarray(photo.convert("RGB").resize((SIDE, SIDE), box=FACE), np.float32)
    found = []
    for _ in range(DIFFERENT):
        noisy = face * rng.uniform(0.6, 1.2) + rng.normal(0, NOISE, (SIDE, SIDE, 1))
        file = BytesIO()
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
        found.append(file.getvalue())
    return found


def make(folder: Path, pictures: int) -> int:
    """Write the pictures, and give their bytes."""
    bases, total = drawn(), 0
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
    for number in range(pictures):
        base, mark = bases[number % DIFFERENT], b"%08d" % number
        data = base[:2] + b"\xff\xfe" + (len(mark) + 2).to_bytes(2) + mark + base[2:]
        (folder / CLASSES[number % len(CLASSES)] / f"{number:06d}.jpg").write_bytes(data)
        total += len(data)
    return total


class Memory:
    """The peak of the memory that this process and its children hold together, MB."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look)

    def __enter__(self) -> Memory:
        self._watch.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            self.peak = max(self.peak, sum(map(pss, [Path("/proc/self"), *children()])))


def children() -> list[Path]:
    """The folders in /proc of this process's children."""
    text = "".join(path.read_text() for path in Path("/proc/self/task").glob("*/children"))
    return [Path("/proc") / pid for pid in text.split()]


def pss(process: Path) -> float:
    """A process's share of the memory that it uses, MB; 0 once it has ended."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def pack_all(folder: Path, cache: Path, size: int) -> None:
    """Pack the pictures, and find the pack again; print how that went."""
    for done in ("packed", "found again"):
        started = time.monotonic()
        with Memory() as memory:
            splits = sets.read("folders", folder, size=size, channels=3, cache=cache)
        seconds, number = time.monotonic() - started, sum(map(len, splits.values()))
        print(f"{done}: {number} pictures in {seconds:.1f} s ({number / seconds:.0f}/s), {memory.peak:.0f} MB")


def read_all(pack: Path, batch: int, workers: int, processes: bool) -> None:
    """Read every picture once, in random order, and print how that went."""
    started = time.monotonic()
    with Memory() as memory:
        store = load(pack, 1 if processes else workers)[TRAIN].images.store
        rows = Rows(store, np.arange(store.shape[0]))
        order = np.random.default_rng(0).permutation(len(rows))
        chosen = [np.sort(order[start : start + batch]) for start in range(0, len(order), batch)]
        batches = iter(by_processes(rows, chosen, workers) if processes else rows.in_turn(chosen))
        number = len(next(batches))
        first = time.monotonic() - started
        number += sum(map(len, batches))
    seconds = time.monotonic() - started
    kind = "processes" if processes else "threads"
    print(f"{workers} {kind}: {number / seconds:.0f} pictures/s, first batch {first:.2f} s, {memory.peak:.0f} MB")


def by_processes(rows: Rows, chosen: list[np.ndarray], workers: int) -> Iterable[Sized]:
    """The same batches by worker processes; each decodes a batch at a time."""
    from torch.utils.data import DataLoader, Dataset

    class Batches(Dataset[np.ndarray]):
        def __len__(self) -> int:
            return len(chosen)

        def __getitem__(self, number: int) -> np.ndarray:
            return rows[chosen[number]]

    return DataLoader(Batches(), batch_size=None, num_workers=workers)


def in_its_own_process(*step: object) -> None:
    """Do a step where none before it has left anything."""
    subprocess.run([sys.executable, __file__, "--step", *map(str, step)], check=True)


def main() -> int:
    """Make, pack and read."""
    match sys.argv[1:]:
        case ["--step", "pack", folder, cache, size]:
            pack_all(Path(folder), Path(cache), int(size))
            return 0
        case ["--step", "read", pack, batch, workers, kind]:
            read_all(Path(pack), int(batch), int(workers), kind == "processes")
            return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=280_000)
    parser.add_argument("--size", type=int, default=SIDE, help="side of the faces that are read, px")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="as many at most")
    parser.add_argument("--processes", action="store_true", help="read by worker processes, too")
    parser.add_argument("--folder", type=Path, help="where there is room; by default the system's temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        folder, cache = Path(place) / "faces", Path(place) / "packs"
        total = make(folder, options.pictures)
        print(f"{options.pictures} files, {total / 1e9:.2f} GB")
        in_its_own_process("pack", folder, cache, options.size)
        shutil.rmtree(folder)
        print(f"the pack takes {sum(path.stat().st_size for path in cache.iterdir()) / 1e9:.2f} GB")
        pack = cache / f"folders-{folder.name}-{options.size}x3"
        workers = [2**power for power in range(10) if 2**power < options.workers] + [options.workers]
        for kind in ("threads", "processes") if options.processes else ("threads",):
            for number in workers:
                in_its_own_process("read", pack, options.batch, number, kind)
    return 0


if __name__ == "__main__":
    sys.exit(main())
