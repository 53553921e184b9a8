"""What it changes that the second net sees every frame: eyes, misses, and each stage's time.

usage: python benchmarks/every_frame.py [--quick] [--clip FILE ...]

Heads sway before a still room (see clips.py), so that their eyes' true places are known: how far off they are seen, and
how much that trembles from frame to frame, in shares of the distance between the eyes. Each stage runs by itself, CPU
milliseconds a frame; the net itself is left out of what a CPU has to do beside a GPU. --clip: faces that count, and
those that are only covered, in a clip whose truth is not known. --quick: three heads alone.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from clips import HEAD, swaying, write_clip

from emojicam import assets
from emojicam.stream.choices import Provider, Range
from emojicam.stream.faces.detect import Detector
from emojicam.stream.faces.scan_ahead import ScanAhead, Scanned, SecondNet
from emojicam.stream.faces.video_detector import VideoDetector
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.photos import read_photo
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Face, Frame, Seen
from emojicam.wiring import one_thread_each

WIDTH, HEIGHT, FRAMES = 1280, 720, 90
HEADS = (1, 3, 12)


def read(clip: Path) -> list[Frame]:
    """All frames."""
    with VideoFile(clip) as video:
        return list(video)


def scanned(detector: Detector, frames: Sequence[Frame]) -> list[Scanned]:
    """What the second net sees in each."""
    return list(ScanAhead(lambda: detector.looks.wide(Provider.CPU), Range.AUTO)(frames))


def timed(work: Callable[[], list[Seen]]) -> tuple[list[Seen], float]:
    """What is seen, and CPU milliseconds a frame, the least of three times."""
    least = math.inf
    for _ in range(3):
        started = time.process_time()
        seen = work()
        least = min(least, time.process_time() - started)
    return seen, 1000 * least / len(seen)


def eyes_of_the_head(detector: Detector) -> list[tuple[float, float]]:
    """Where the eyes are in the head that the clips show: px of 240."""
    (face,) = detector(Frame(0, 0.0, read_photo(assets.sample_photo()).bgr)).faces
    rows, columns = HEAD
    k = 240 / (columns.stop - columns.start)
    return [((x - columns.start) * k, (y - rows.start) * k) for x, y in face.eyes]


def told(name: str, timed: tuple[list[Seen], float], heads: int, eyes: Sequence[tuple[float, float]]) -> None:
    """Print how true the eyes are."""
    seen, cost = timed
    missed, paths = 0, dict[int, list[list[float]]]()
    for index, one in enumerate(seen):
        for head in range(heads):
            (a, b, x), (c, d, y) = swaying(head, heads, WIDTH, HEIGHT, index)
            true = [(a * u + b * v + x, c * u + d * v + y) for u, v in eyes]
            between = math.dist(*true)
            face = min(one.faces, key=lambda face: math.dist(face.eyes[0], true[0]), default=None)
            if face is None or math.dist(face.eyes[0], true[0]) > between:
                missed += 1
                continue
            both = zip(face.eyes, true, strict=True)
            off = [(at - there) / between for eye, place in both for at, there in zip(eye, place, strict=True)]
            paths.setdefault(head, []).append(off)
    errors = np.linalg.norm(np.concatenate([*paths.values()]).reshape(-1, 2, 2), axis=2).max(axis=1)
    trembles = np.mean([np.linalg.norm(np.diff(path, axis=0), axis=1).mean() for path in paths.values()])
    middle, most = np.percentile(errors, [50, 95])
    print(
        f"{heads:2} heads, {name}: eyes off by {100 * middle:4.1f} % ({100 * most:4.1f} % in one of twenty), trembling "
        f"{100 * trembles:4.1f} %, missed {missed} of {heads * len(seen)}; {cost:5.2f} ms a frame",
        flush=True,
    )


def beside_the_net(frames: Sequence[Frame], net: SecondNet) -> float:
    """CPU milliseconds a frame that scanning takes without the net itself: the views, and reading its answers."""
    answers: dict[tuple[int, ...], list[object]] = {}
    inner = net._net  # type: ignore[attr-defined]

    def once(batch: Pixels) -> list[object]:
        if batch.shape not in answers:
            answers[batch.shape] = inner(batch)
        return answers[batch.shape]

    net._net = once  # type: ignore[attr-defined]
    try:
        _, cost = timed(lambda: [Seen(one.frame, ()) for one in ScanAhead(lambda: net, Range.AUTO)(frames)])
    finally:
        net._net = inner  # type: ignore[attr-defined]
    return cost


def compared(detector: Detector, folder: Path, some: Sequence[int]) -> None:
    """Print both ways for each number of heads."""
    eyes = eyes_of_the_head(detector)
    for heads in some:
        clip = folder / f"{heads}.mp4"
        write_clip(clip, WIDTH, HEIGHT, heads, FRAMES)
        both_ways(detector, read(clip), heads, eyes)


def both_ways(detector: Detector, frames: Sequence[Frame], heads: int, eyes: Sequence[tuple[float, float]]) -> None:
    """Print how true the eyes of some heads are, scanned seldom and in every frame."""
    every = scanned(detector, frames)
    told("scanned seldom     ", timed(lambda: [*map(VideoDetector(detector), frames)]), heads, eyes)
    told("scanned every frame", timed(lambda: [*map(VideoDetector(detector).scanned, every)]), heads, eyes)
    net = detector.looks.wide(Provider.CPU)
    assert net is not None
    print(
        f"{heads:2} heads, views and answers beside the net: {beside_the_net(frames, net):.2f} ms a frame", flush=True
    )


def counted(detector: Detector, clip: Path) -> None:
    """Print what a clip shows, both ways."""
    frames = read(clip)
    ways: dict[str, list[Seen]] = {
        "seldom": [*map(VideoDetector(detector), frames)],
        "every frame": [*map(VideoDetector(detector).scanned, scanned(detector, frames))],
    }
    for way, seen in ways.items():
        faces: list[Face] = [face for one in seen for face in one.faces]
        sure = sum(face.confirmed for face in faces)
        print(f"{clip.name}, scanned {way}: {sure / len(seen):.2f} faces a frame, {len(faces) - sure} only covered")


def main() -> int:
    """Print all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, nargs="*", default=[])
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    one_thread_each()
    with tempfile.TemporaryDirectory() as folder, Detector(Range.AUTO, quiet=True) as detector:
        compared(detector, Path(folder), HEADS[1:2] if given.quick else HEADS)
        for clip in given.clip:
            counted(detector, clip)
    return 0


if __name__ == "__main__":
    sys.exit(main())
