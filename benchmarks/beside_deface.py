"""Beside `deface`, a free blurrer of faces in videos (one CenterFace net): faces that stay bare, and frames a second.

usage: python benchmarks/beside_deface.py COMMAND [ROUNDS]

COMMAND is deface's, installed in an environment of its own (`pip install deface`); both run with their defaults, in
turn, each as a whole process, on two made clips of 150 frames at 1280x720: one large face, and three of 40 px.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import cv2
import numpy as np
from clips import where, write_clip

from emojicam.stream.i420 import Pixels

WIDTH, HEIGHT, FRAMES = 1280, 720, 150
FACE = 0.52
"""Width of a face in sides of the square that its head fills: 40 px where there would be room for 144 heads."""


def frames(path: Path) -> list[Pixels]:
    """Decode a video: BGR uint8."""
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]


def bare(source: Path, target: Path, places: list[tuple[float, float, float]]) -> set[tuple[int, int]]:
    """Which faces of which frames look as before in more than half of their inner ellipse: (frame, face)."""
    found = set()
    for number, (before, after) in enumerate(zip(frames(source), frames(target), strict=True)):
        change = np.abs(before.astype(int) - after).max(2)
        for place, (x, y, side) in enumerate(places):
            oval = np.zeros(before.shape[:2], np.uint8)
            cv2.ellipse(oval, (round(x), round(y)), (round(0.3 * side), round(0.36 * side)), 0, 0, 360, 1, -1)
            if float((change[oval > 0] >= 12).mean()) < 0.5:
                found.add((number, place))
    return found


def main() -> int:
    """Print both, clip by clip."""
    if len(sys.argv) not in (2, 3):
        print(__doc__)
        return 2
    rounds = int(sys.argv[2]) if len(sys.argv) == 3 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for heads, places in ((1, 1), (3, 144)):
            clip = folder / f"{heads}.mp4"
            write_clip(clip, WIDTH, HEIGHT, heads, FRAMES, places=places)
            outs = {"emojicam": folder / f"{heads}-ours.mp4", "deface": folder / f"{heads}-theirs.mp4"}
            commands = {
                "emojicam": [sys.executable, "-m", "emojicam", "annotate", str(clip), "-o", str(outs["emojicam"])],
                "deface": [sys.argv[1], str(clip), "-o", str(outs["deface"])],
            }
            commands["emojicam"] += ["--overwrite", "--quiet"]
            took: dict[str, list[float]] = {name: [] for name in commands}
            for _ in range(rounds):
                for name, command in commands.items():
                    started = time.perf_counter()
                    subprocess.run(command, check=True, capture_output=True, cwd=folder)
                    took[name].append(time.perf_counter() - started)
            spots = [where(place, places, WIDTH, HEIGHT) for place in range(heads)]
            faces = [(x, y, FACE * side) for x, y, side in spots]
            print(f"{heads} {'face' if heads == 1 else 'faces'}, {faces[0][2]:.0f} px:")
            missed = {name: bare(clip, out, faces) for name, out in outs.items()}
            for name, seconds in took.items():
                best = min(seconds)
                print(f"  {name:9} {FRAMES / best:6.1f} frames a second ({best:.2f} s), {len(missed[name])} faces bare")
            print(f"  bare in emojicam's and not in deface's: {len(missed['emojicam'] - missed['deface'])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
