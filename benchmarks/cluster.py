"""What a cluster of this machine costs, with twice as many workers as cores, over a process for each core.

usage: python benchmarks/cluster.py [PAIRS [FILES [SECONDS]]]     (default: 3 pairs, 24 files, clips of 10 seconds)

Half of the files are clips, 720p with one face, the others photos of that size. `annotate --jobs 2` and
`annotate --cluster local --per-task cpus=0.5` do them in turn; that both made the same files is seen before a figure
is printed. Wall time, start and all: run it on a quiet machine. Needs the extra `cluster`, and two cores.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import cv2
from clips import RATE, write_clip

CORES = 2

WAYS = {
    f"--jobs {CORES}": ["--jobs", str(CORES)],
    f"--cluster local, {2 * CORES} workers": ["--cluster", "local", "--per-task", "cpus=0.5"],
}


def write_files(folder: Path, count: int, seconds: int) -> None:
    """Write as many clips as photos."""
    folder.mkdir()
    for number in range(count // 2):
        path = folder / f"clip{number}.mp4"
        if number:
            path.write_bytes((folder / "clip0.mp4").read_bytes())
        else:
            write_clip(path, 1280, 720, 1, seconds * RATE)
    with av.open(str(folder / "clip0.mp4")) as container:
        for number, frame in zip(range(count - count // 2), container.decode(video=0), strict=False):
            cv2.imwrite(str(folder / f"photo{number}.jpg"), frame.to_ndarray(format="bgr24"))


def timed(folder: Path, out: str, way: list[str]) -> float:
    """Annotate all files, and tell how many seconds that took."""
    command = [sys.executable, "-m", "emojicam", "annotate", "in", "-o", f"{out}/", *way]
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def refuse_other(one: Path, two: Path) -> None:
    """Check that two folders hold the same files."""
    for path in sorted(one.iterdir()):
        if path.read_bytes() != (two / path.name).read_bytes():
            raise SystemExit(f"{path.name} differs")


def main() -> None:
    """Print each pair, and the median of how much longer the cluster took."""
    pairs, count, seconds = (int(word) for word in [*sys.argv[1:], *("3", "24", "10")[len(sys.argv) - 1 :]])
    if len(os.sched_getaffinity(0)) != CORES:
        raise SystemExit(f"needs {CORES} cores, not {len(os.sched_getaffinity(0))}: taskset -c 0,1 takes two of more")
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder / "in", count, seconds)
        for pair in range(pairs):
            took = {}
            for number, (way, words) in enumerate(list(WAYS.items())[:: 1 if pair % 2 else -1]):
                took[way] = timed(folder, f"{pair}-{number}", words)
            refuse_other(folder / f"{pair}-0", folder / f"{pair}-1")
            one, two = (took[way] for way in WAYS)
            ratios.append(two / one)
            print(", ".join(f"{way}: {took[way]:.1f} s" for way in WAYS), f"({two / one - 1:+.1%})", flush=True)
    print(f"the cluster took {statistics.median(ratios) - 1:+.1%} (median of {pairs})")


if __name__ == "__main__":
    main()
