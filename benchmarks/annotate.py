"""What annotating a video costs, step by step, and beside the loop that people usually write.

usage: python benchmarks/annotate.py [--quick]

The clips are made from the sample portrait (see clips.py). CPU time is the whole process's, all threads; each step is
run by itself, so that nothing else is in its figure, and as `emojicam annotate` runs it: every frame is seen, tracked
and drawn, and each face judged some ten times a second. The row of one face is followed by the process as a whole,
threads, hand-overs, cold caches and all. Outputs are decoded and looked at before a number is printed.
"""

from __future__ import annotations

import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from clips import where, write_clip

from emojicam import assets
from emojicam.settings import DEFAULTS, Settings
from emojicam.stream.choices import THEME
from emojicam.stream.cores import kept_to
from emojicam.stream.emotions.schedule import ClassificationSchedule
from emojicam.stream.faces.gaps import LookAhead
from emojicam.stream.faces.track import Tracker
from emojicam.stream.faces.video_detector import VideoDetector
from emojicam.stream.i420 import Pixels, planes
from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.types import Drawn, Frame, Judged, Seen
from emojicam.wiring import Annotator, one_thread_each, steadying

SIZES = {"480p": (640, 480), "720p": (1280, 720), "1080p": (1920, 1080)}
HEADS = (0, 1, 5, 20)
FRAMES = 150
ROUNDS = 5


def cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU time."""
    started = time.process_time()
    work()
    return time.process_time() - started


def wall(work: Callable[[], object]) -> float:
    """Seconds of wall time."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def each(work: Callable[[object], object], items: Iterable[object]) -> Callable[[], None]:
    """Does a thing to each of them."""

    def run() -> None:
        for item in items:
            work(item)

    return run


def read(clip: Path) -> list[Frame]:
    """All frames."""
    with VideoFile(clip) as video:
        return list(video)


def decode(clip: Path) -> None:
    """Read all frames and let go of them."""
    with VideoFile(clip) as video:
        for _ in video:
            pass


def encode(clip: Path, out: Path, drawn: list[Drawn], preset: str) -> None:
    """Write what is drawn already."""
    with VideoFile(clip) as video:
        info = video.info
    with VideoWriter(out, info, preset=preset, overwrite=True) as writer:
        for item in drawn:
            writer(item)


def judged(annotator: Annotator, frames: Iterable[Seen]) -> Iterator[Judged]:
    """Each face with its emotion, asked for as often as the program does."""
    schedule = ClassificationSchedule(annotator.classify.many)
    return (schedule([one])[0] for one in frames)


def covered(frames: Iterable[Judged]) -> Iterator[Judged]:
    """Smoothed, and looked ahead."""
    return LookAhead()(map(steadying(DEFAULTS), frames))


STEPS = ("decode", "detect", "track", "classify", "draw")
ENCODERS = ("ultrafast", "veryfast")


def works(annotator: Annotator, clip: Path, out: Path) -> dict[str, Callable[[], object]]:
    """Each step by itself, for all frames; and `each face`, judging all of every frame."""
    frames = read(clip)
    seen = [*map(VideoDetector(annotator.detect), frames)]
    named = [*map(Tracker(), seen)]
    told = [*judged(annotator, named)]
    ready = [*covered(told)]
    drawn = [annotator.overlay(one) for one in ready]

    def see() -> None:
        # The detector's own threads may keep to a core, and who calls it then does too.
        with kept_to(annotator.apart[0] if annotator.apart else None):
            each(VideoDetector(annotator.detect), frames)()  # type: ignore[arg-type]

    return {
        "decode": lambda: decode(clip),
        "detect": see,
        "track": lambda: ([*map(Tracker(), seen)], [*covered(told)]),
        "classify": lambda: [*judged(annotator, named)],
        "draw": each(annotator.overlay, ready),  # type: ignore[arg-type]
        "ultrafast": lambda: encode(clip, out, drawn, "ultrafast"),
        "veryfast": lambda: encode(clip, out, drawn, "veryfast"),
        "each face": each(annotator.classify, seen),  # type: ignore[arg-type]
    }


def costs(names: Sequence[str], *some: dict[str, Callable[[], object]], rounds: int = 3) -> list[dict[str, float]]:
    """CPU milliseconds a frame of the named steps of each clip, the least of some rounds in which all take turns."""
    found: list[dict[str, float]] = [dict.fromkeys(names, math.inf) for _ in some]
    for _ in range(rounds):
        for work, least in zip(some, found, strict=True):
            for name in names:
                least[name] = min(least[name], 1000 * cpu(work[name]) / FRAMES)
    return found


def whole(annotator: Annotator, clip: Path, out: Path) -> tuple[float, float]:
    """CPU milliseconds a frame of the line as it runs, without an encoder and with ultrafast, the least of five."""

    def line() -> None:
        with VideoFile(clip) as video:
            annotator.drawing(video).run(lambda drawn: None)

    works = (line, lambda: annotator.video(clip, out, overwrite=True))
    without, with_encoder = (1000 * min(cpu(work) for _ in range(ROUNDS)) / FRAMES for work in works)
    return without, with_encoder


def usual(annotator: Annotator, clip: Path, out: Path) -> None:
    """The loop of most projects: one thread, BGR, a plain first look by the detector, floats, cv2.VideoWriter."""
    capture = cv2.VideoCapture(str(clip))
    size = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), capture.get(cv2.CAP_PROP_FPS), size)
    classify = annotator.classify
    pictures = {label: assets.emoji(THEME, label) for label in classify.card.labels}
    index = 0
    while True:
        there, bgr = capture.read()
        if not there:
            break
        frame = Frame(index, index / 30, np.asarray(bgr, np.uint8))
        faces = tuple(face for face in annotator.detect.looks.glance(frame) if face.score >= 0.5)
        if faces:
            answers = classify.probabilities(classify.cut(frame, faces))
            for face, row in zip(faces, answers, strict=True):
                blend(frame.pixels, pictures[classify.card.labels[int(row.argmax())]], face.box)
        writer.write(frame.pixels)
        index += 1
    writer.release()


def blend(bgr: Pixels, emoji: Pixels, box: tuple[float, float, float, float]) -> None:
    """As the tutorials do it: resize, then weigh with floats."""
    left, top, width, height = box
    side = int(1.6 * max(width, height))
    x, y = int(left + width / 2 - side / 2), int(top + height / 2 - side / 2)
    rows, columns = bgr.shape[:2]
    x0, y0, x1, y1 = max(0, x), max(0, y), min(columns, x + side), min(rows, y + side)
    if x1 <= x0 or y1 <= y0:
        return
    small = cv2.resize(emoji, (side, side))[y0 - y : y1 - y, x0 - x : x1 - x]
    alpha = small[..., 3:] / 255.0
    bgr[y0:y1, x0:x1] = alpha * small[..., 2::-1] + (1 - alpha) * bgr[y0:y1, x0:x1]


def check(clip: Path, out: Path, heads: int, places: int, share: float = 1.0) -> float:
    """That every head is covered in every frame, or a share of them, and how true the rest is.

    Returns:
        Mean squared error of the luma away from the heads, as PSNR in dB.
    """
    before, after = read(clip), read(out)
    if len(before) != len(after):
        raise SystemExit(f"{out}: {len(after)} frames of {len(before)}")
    away = np.ones(before[0].luma.shape, bool)
    middles = []
    for place in range(heads):
        x, y, side = where(place, places, before[0].width, before[0].height)
        half = int(0.62 * side)
        away[max(0, int(y) - half) : int(y) + half, max(0, int(x) - half) : int(x) + half] = False
        middles.append((int(x), int(y), int(side / 6)))
    error, bare = 0.0, 0
    for one, two in zip(before, after, strict=True):
        difference = one.luma.astype(np.int32) - two.luma
        for x, y, near in middles:
            bare += not drawn_at(one, two, x, y, near)
        error += float((difference[away] ** 2).mean()) if away.any() else 0.0
    if bare > (1 - share) * heads * len(before):
        raise SystemExit(f"{out}: {bare} of {heads * len(before)} heads have no emoji")
    return 10 * float(np.log10(255**2 / max(error / len(before), 1e-9)))


def drawn_at(before: Frame, after: Frame, x: int, y: int, near: int) -> bool:
    """Whether brightness or colour is another around a place."""
    for one, two, k in zip(planes(before.pixels), planes(after.pixels), (1, 2, 2), strict=True):
        part = slice((y - near) // k, (y + near) // k), slice((x - near) // k, (x + near) // k)
        if np.abs(one[part].astype(np.int32) - two[part]).mean() >= 8:
            return True
    return False


def main() -> int:
    """Print all tables."""
    if len(sys.argv) > 2 or sys.argv[1:] not in ([], ["--quick"]):
        print(__doc__)
        return 2
    quick = bool(sys.argv[1:])
    one_thread_each()
    with tempfile.TemporaryDirectory() as folder, Annotator(Settings(preset="ultrafast", quiet=True)) as annotator:
        out = Path(folder) / "out.mp4"
        table(annotator, Path(folder), out, quick)
        clip = Path(folder) / "one.mp4"
        write_clip(clip, 1280, 720, 1, 3 * FRAMES)
        beside_usual(annotator, clip, out)
        growth(annotator, Path(folder), out)
    return 0


def table(annotator: Annotator, folder: Path, out: Path, quick: bool) -> None:
    """CPU milliseconds a frame by step."""
    names = (*STEPS, *ENCODERS)
    print("CPU ms a frame, each step by itself")
    print(f"{'':18}" + "".join(f"{name:>11}" for name in [*names, "no encoder", "ultra all"]))
    for size, (width, height) in SIZES.items():
        for heads in HEADS:
            if quick and (size != "720p" or heads not in (0, 1)):
                continue
            clip = folder / "clip.mp4"
            write_clip(clip, width, height, heads, FRAMES)
            (found,) = costs((*STEPS, *ENCODERS), works(annotator, clip, out))
            # Of twenty, some are confirmed a little late.
            check(clip, out, heads, heads, 0.95 if heads < 20 else 0.85)
            without = sum(found[name] for name in STEPS)
            figures = [*(found[name] for name in names), without, without + found["ultrafast"]]
            print(f"{size}, {heads:2} faces   " + "".join(f"{figure:11.2f}" for figure in figures), flush=True)
            if heads <= 1:
                as_one = whole(annotator, clip, out)
                check(clip, out, heads, heads)
                print(f"{'  the whole process':95}" + "".join(f"{figure:11.2f}" for figure in as_one), flush=True)


def beside_usual(annotator: Annotator, clip: Path, out: Path) -> None:
    """Ours and the usual loop, in turn."""
    theirs = out.with_name("usual.mp4")
    frames = len(read(clip))
    works = {
        "ours": lambda: annotator.video(clip, out, overwrite=True),
        "usual": lambda: usual(annotator, clip, theirs),
    }
    for name, of in (("wall time", wall), ("CPU time", cpu)):
        took: dict[str, list[float]] = {name: [] for name in works}
        for number in range(ROUNDS + 1):
            for who, work in works.items():
                seconds = of(work)
                if number:  # the first warms up
                    took[who].append(seconds)
        ratios = [other / ours for ours, other in zip(took["ours"], took["usual"], strict=True)]
        ours, other = (1000 * statistics.median(times) / frames for times in took.values())
        print(
            f"720p, 1 face, ultrafast, {name}: {ours:.1f} ms a frame, the usual loop {other:.1f}; "
            f"{statistics.median(ratios):.2f} times as fast ({', '.join(f'{ratio:.2f}' for ratio in sorted(ratios))})",
            flush=True,
        )
    print(
        f"PSNR away from the face {check(clip, out, 1, 1):.1f} dB, the usual loop's {check(clip, theirs, 1, 1):.1f} dB"
    )


def growth(annotator: Annotator, folder: Path, out: Path) -> None:
    """What each face costs: 1 to 20 heads of one size."""
    names = ("detect", "track", "classify", "draw", "each face")
    some = {}
    for heads in (1, 5, 10, 20):
        clip = folder / f"{heads}.mp4"
        write_clip(clip, 1280, 720, heads, FRAMES, places=20)
        some[heads] = works(annotator, clip, out)
        some[heads]["ultrafast"]()
        check(clip, out, heads, 20, 0.95)
    cost = dict(zip(some, costs(names, *some.values(), rounds=ROUNDS), strict=True))
    print("\n720p, auto, heads of 170 px, CPU ms a frame:")
    print(f"{'':9}" + "".join(f"{name:>11}" for name in names))
    for heads, found in cost.items():
        print(f"{heads:3} faces" + "".join(f"{found[name]:11.2f}" for name in names))
    for less, more in [*pairwise(cost), (1, 20)]:
        a_face = {name: (cost[more][name] - cost[less][name]) / (more - less) for name in names}
        beside = a_face["detect"] + a_face["track"] + a_face["draw"]
        print(
            f"{less} to {more}: a face more costs {beside + a_face['classify']:.2f} ms (detect {a_face['detect']:.2f}, "
            f"track {a_face['track']:.2f}, draw {a_face['draw']:.2f}, classify {a_face['classify']:.2f}); "
            f"{beside + a_face['each face']:.2f} if it is judged in every frame, of which the classifier takes "
            f"{a_face['each face']:.2f}"
        )


if __name__ == "__main__":
    sys.exit(main())
