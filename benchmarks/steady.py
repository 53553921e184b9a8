"""Whether identities and emoji are steady, and what that costs.

usage: python benchmarks/steady.py CLIP... | --quick     (videos with faces; --quick: without one)

For each clip: the ids; how often the emoji changes without smoothing, with it, and with the resting face too; how often
the emotions agree when each person is judged ten times a second and when every face is judged in every frame. Then the
time that tracking, smoothing, cover and record take together with five faces, on a made clip, and what twenty faces
cost beside one.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import cv2
from clips import write_clip

from emojicam.settings import Settings
from emojicam.stream.choices import Range, Steadiness
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.emotions.schedule import EVERY, ClassificationSchedule
from emojicam.stream.faces.detect import Detector
from emojicam.stream.faces.gaps import LookAhead
from emojicam.stream.faces.track import Tracker
from emojicam.stream.faces.video_detector import VideoDetector
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.records.record import Record
from emojicam.stream.types import Judged, Seen
from emojicam.wiring import Annotator, steadying

RAW = Steadiness(memory=0, lead=0, patience=0, still=0)
WITHIN = 5.0
"""Seconds in which changes are counted."""


def tracked(detector: Detector, clip: Path) -> list[Seen]:
    """All frames with their faces and ids."""
    follow, track = VideoDetector(detector), Tracker()
    with VideoFile(clip) as video:
        return [track(follow(frame)) for frame in video]


def judged(classify: Classifier, frames: list[Seen], every: float, settings: Settings) -> list[Judged]:
    """What is shown in each."""
    schedule, steady = ClassificationSchedule(classify.many, every), steadying(settings)
    return [steady(schedule([seen])[0]) for seen in frames]


def labels(frames: list[Judged]) -> dict[int, list[str]]:
    """What is shown of each person, frame by frame."""
    found: dict[int, list[str]] = defaultdict(list)
    for frame in frames:
        for face in frame.faces:
            found[face.track or 0].append(face.label)
    return found


def changes(frames: list[Judged]) -> int:
    """How often the emoji of anybody changes."""
    return sum(a != b for shown in labels(frames).values() for a, b in pairwise(shown))


def steadiness_of(annotator: Annotator, clip: Path) -> None:
    """Print ids, changes and agreement."""
    frames = tracked(annotator.detect, clip)
    seconds = frames[-1].frame.time - frames[0].frame.time
    ids = {face.track for seen in frames for face in seen.faces}
    most = max(len(seen.faces) for seen in frames)
    raw = judged(annotator.classify, frames, 0.0, Settings(steadiness=RAW, resting_face=False))
    full = judged(annotator.classify, frames, 0.0, Settings())
    schedule = judged(annotator.classify, frames, EVERY, Settings())
    alike = judged(annotator.classify, frames, EVERY, Settings(resting_face=False))
    pairs = [
        (one.label, two.label)
        for a, b in zip(full, schedule, strict=True)
        for one, two in zip(a.faces, b.faces, strict=True)
    ]
    agree = sum(one == two for one, two in pairs) / max(1, len(pairs))
    print(
        f"{clip.name}: {len(frames)} frames, {seconds:.1f} s, at most {most} faces, {len(ids)} ids; "
        f"changes of emoji in {WITHIN:g} s: {changes(raw) * WITHIN / seconds:.1f} without smoothing, "
        f"{changes(alike) * WITHIN / seconds:.1f} with, "
        f"{changes(schedule) * WITHIN / seconds:.1f} with each person read against their own face at rest; "
        f"ten judgements a second agree with all in {100 * agree:.1f} % of {len(pairs)} faces"
    )


def cost(annotator: Annotator, folder: Path) -> None:
    """Print what the steps take that make it steady, with five faces."""
    clip = folder / "five.mp4"
    write_clip(clip, 1280, 720, 5, 150)
    follow = VideoDetector(annotator.detect)
    with VideoFile(clip) as video:
        seen = [follow(frame) for frame in video]
    best = min(once(annotator, seen) for _ in range(5)) / len(seen)
    faces = sum(len(one.faces) for one in seen) / len(seen)
    print(f"tracking, smoothing, cover and record with {faces:.1f} faces a frame: {1000 * best:.3f} ms a frame")


def once(annotator: Annotator, seen: list[Seen]) -> float:
    """Seconds that it takes to make these frames steady, the judging left out."""
    track, steady, ahead, record = Tracker(), steadying(Settings()), LookAhead(), Record()
    schedule = ClassificationSchedule(annotator.classify.many)
    started = time.perf_counter()
    named = [track(one) for one in seen]
    spent = time.perf_counter() - started
    told = [schedule([one])[0] for one in named]
    started = time.perf_counter()
    for one in ahead(map(steady, told)):
        record.add(one)
    return spent + time.perf_counter() - started


def crowd(annotator: Annotator, folder: Path) -> None:
    """Print what twenty faces cost beside one of the same size, without the encoder."""
    costs = {}
    for heads in (1, 20):
        clip = folder / f"{heads}.mp4"
        write_clip(clip, 1280, 720, heads, 150, places=20)
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            with VideoFile(clip) as video:
                result = annotator.drawing(video).run(lambda drawn: None)
            best = min(best, (time.process_time() - started) / result.delivered)
        costs[heads] = 1000 * best
    print(f"720p, auto, CPU ms a frame without the encoder: 1 face {costs[1]:.2f}, 20 faces {costs[20]:.2f}", end="")
    print(f": {costs[20] / costs[1]:.2f} times as much")


def main() -> int:
    """Print all."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder, Annotator(Settings(range=Range.AUTO, quiet=True)) as annotator:
        for clip in sys.argv[1:] if sys.argv[1:] != ["--quick"] else []:
            steadiness_of(annotator, Path(clip))
        cost(annotator, Path(folder))
        crowd(annotator, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
