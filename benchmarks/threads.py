"""How long annotating takes beside its slower thread alone, and what two busy cores cost each other.

usage: python benchmarks/threads.py [--beside | --quick]

On two cores a video's line has two threads: decoding, seeing and tracking in one, judging, drawing and encoding in the
other (see wiring). 720p, one face, near, ultrafast. Each is run alone, on whatever cores the system gives it; with
--beside also while another process, which shares nothing with it, does the other's work without end: what it takes
longer then is the machine's doing, not the line's. All in turn; --quick: three times.
On a machine with more cores: taskset -c 0,1 python ...
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from annotate import FRAMES, check, covered, judged, read, wall
from clips import write_clip

from emojicam.settings import Settings
from emojicam.stream.choices import Range
from emojicam.stream.faces.track import Tracker
from emojicam.stream.faces.video_detector import VideoDetector
from emojicam.stream.media.sinks import VideoWriter
from emojicam.stream.media.sources import VideoFile
from emojicam.wiring import Annotator, one_thread_each

PRESET = "ultrafast"
ROUNDS = 9
LENGTH = 8 * FRAMES
"""Frames: while the last second is drawn, which was held back to look ahead, there is nothing left to be seen."""


def loaded(cores: int) -> Annotator:
    """As `emojicam annotate --range near --codec-preset ultrafast` has it; on one core no thread keeps to one."""
    return Annotator(Settings(range=Range.NEAR, preset=PRESET, quiet=True, cores=cores))


def works(annotator: Annotator, clip: Path, out: Path) -> dict[str, Callable[[], None]]:
    """What each of the two threads does with a clip."""
    named = [*map(Tracker(), map(VideoDetector(annotator.detect), read(clip)))]

    def first() -> None:
        follow, track = VideoDetector(annotator.detect), Tracker()
        with VideoFile(clip) as video:
            for frame in video:
                track(follow(frame))

    def second() -> None:
        with VideoFile(clip) as video:
            info = video.info
        with VideoWriter(out, info, preset=PRESET, overwrite=True) as writer:
            for one in covered(judged(annotator, named)):
                writer(annotator.overlay(one))

    return {"first": first, "second": second}


def load(name: str, clip: Path) -> None:
    """One thread's work, again and again, until somebody ends the process."""
    with tempfile.TemporaryDirectory() as folder, loaded(1) as annotator:
        work = works(annotator, clip, Path(folder) / "out.mp4")[name]
        work()
        print("busy", flush=True)
        while True:
            work()


@contextmanager
def beside(name: str, clip: Path) -> Iterator[None]:
    """While another process does that thread's work."""
    command = [sys.executable, __file__, "--load", name, str(clip)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as other:
        try:
            assert other.stdout is not None
            if other.stdout.readline() != "busy\n":
                raise SystemExit("the other process did not start")
            yield
        finally:
            other.kill()


def main() -> int:
    """Print all."""
    one_thread_each()
    match sys.argv[1:]:
        case ["--load", ("first" | "second") as name, clip]:
            load(name, Path(clip))
        case [] | ["--beside"] | ["--quick"]:
            quick = sys.argv[1:] == ["--quick"]
            compare(beside_others=bool(sys.argv[1:]) and not quick, rounds=3 if quick else ROUNDS)
        case _:
            print(__doc__)
            return 2
    return 0


def compare(*, beside_others: bool, rounds: int) -> None:
    """The whole, each thread alone, and perhaps each beside the other's work."""
    with tempfile.TemporaryDirectory() as folder, loaded(2) as annotator, loaded(1) as free:
        clip, out = Path(folder) / "clip.mp4", Path(folder) / "out.mp4"
        write_clip(clip, 1280, 720, 1, LENGTH)
        ours = works(free, clip, Path(folder) / "part.mp4")
        times: dict[str, list[float]] = {}
        for number in range(rounds + 1):
            found = {"whole": wall(lambda: annotator.video(clip, out, overwrite=True))}
            found |= {f"{name} alone": wall(work) for name, work in ours.items()}
            if beside_others:
                for name, other in (("first", "second"), ("second", "first")):
                    with beside(other, clip):
                        found[f"{name} beside"] = wall(ours[name])
            if number:  # the first warms up
                for name, seconds in found.items():
                    times.setdefault(name, []).append(seconds)
        check(clip, out, 1, 1)
        print("wall ms a frame, medians: " + ", ".join(f"{name} {_middle(found):.2f}" for name, found in times.items()))
        report(times, "alone", "alone")
        if beside_others:
            report(times, "beside", "beside a process that does the other's work")


def report(times: dict[str, list[float]], how: str, said: str) -> None:
    """Print the ratio of each round, and their median."""
    rounds = zip(times["whole"], times[f"first {how}"], times[f"second {how}"], strict=True)
    ratios = sorted(whole / max(first, second) for whole, first, second in rounds)
    spread = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"the whole takes {statistics.median(ratios):.2f} times as long as its slower thread {said} ({spread})")


def _middle(seconds: list[float]) -> float:
    """Median, ms a frame."""
    return 1000 * statistics.median(seconds) / LENGTH


if __name__ == "__main__":
    sys.exit(main())
