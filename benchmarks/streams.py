"""How much less several live streams cost in one process than in a process each.

usage: python benchmarks/streams.py [STREAMS [SECONDS [SLOWER]]]     (default: 2 streams, 20 seconds, 1)

Clips with one face, 1280x720 at 30 frames a second, shown in a loop as cameras are, each to a virtual camera whose back
end only counts, or in a window whose screen does nothing: `emojicam live A B` once, and `emojicam live A` and
`emojicam live B` beside each other, in turn. Prints the CPU time of the start, until the models are loaded, and of each
second after it; how many frames came, and were dropped; and memory. Frames that are dropped are not paid for: where a
machine is too slow or too busy to show all of them, SLOWER 6 plays everything in slow motion, by clocks
that run as much slower: then none is dropped, and each has the work that it has at full speed.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clips import write_clip

from emojicam import opening, wall
from emojicam.cli import build_parser
from emojicam.commands import live as command
from emojicam.commands.live import LiveOptions
from emojicam.interrupt import Interrupt
from emojicam.settings import options_of
from emojicam.show import Devices
from emojicam.stream.i420 import Pixels
from emojicam.stream.live import reconnect
from emojicam.stream.live.devices import Device
from emojicam.stream.live.paced import looped

WAYS = {"virtual camera": ["--no-window", "--virtual-camera"], "window": ["--no-mirror"]}
"""Where the frames go, and the flags that say so."""


class Nowhere:
    """A machine whose loopbacks and whose screen take everything and do nothing with it."""

    device = "/dev/video10"

    def __init__(self) -> None:
        self.began = 0.0
        self.cpu = 0.0

    def devices(self) -> list[Device]:
        """So many that are free."""
        return [Device(f"/dev/video{10 + number}", "none", "v4l2 loopback", outputs=True) for number in range(16)]

    def users(self, path: str) -> list[str]:
        """Nobody."""
        return []

    def start(self, width: int, height: int, rate: int, device: str | None) -> Nowhere:
        """Opened: the models are loaded by then."""
        self._begin()
        return self

    def send(self, frame: Pixels) -> None:
        """Taken."""

    def open(self, title: str, size: tuple[int, int], *, free: bool = False) -> None:
        """A window of that size."""
        self._begin()
        self.size = size

    def show(self, title: str, picture: Pixels) -> None:
        """Seen."""

    def room(self, title: str) -> tuple[int, int] | None:
        """As it was opened."""
        return self.size

    def fill(self, title: str, on: bool) -> None:
        """Not asked for."""

    def key(self) -> int:
        """None is pressed."""
        return -1

    def is_open(self, title: str) -> bool:
        """It is."""
        return True

    def close(self, title: str = "") -> None:
        """Closed."""

    def _begin(self) -> None:
        if not self.began:
            self.began, self.cpu = time.monotonic(), time.process_time()


class UntilThen(Interrupt):
    """A Ctrl-C that comes so many seconds after the machine was first used."""

    def __init__(self, machine: Nowhere, seconds: float) -> None:
        self._machine, self._seconds = machine, seconds
        super().__init__()

    @property
    def asked(self) -> bool:
        """Whether it is time."""
        return bool(self._machine.began) and time.monotonic() - self._machine.began >= self._seconds

    @asked.setter
    def asked(self, value: bool) -> None:
        """It comes by the clock alone."""


def slow_down(slower: float) -> list[str]:
    """Let all clocks of live sources run slower, and give the flags that fit."""
    if slower == 1:
        return []

    def now() -> float:
        return time.monotonic() / slower

    opening.looped = partial(looped, now=now, wait=lambda seconds: time.sleep(seconds * slower))  # type: ignore[assignment]
    reconnect.Clock.__init__.__defaults__ = (now,)
    reconnect.PLACEHOLDER_EVERY *= slower
    wall.EVERY *= slower
    return ["--rate", str(round(30 / slower))]


def work(seconds: float, slower: float, arguments: list[str]) -> None:
    """One process: print its figures as JSON, by the seconds of what is shown."""
    machine = Nowhere()
    arguments = [*arguments, *slow_down(slower)]
    options = options_of(LiveOptions, build_parser().parse_args(["live", *arguments, "--loop"]))
    command.live(options, UntilThen(machine, seconds * slower), Devices(machine, machine, machine.start))
    took = time.monotonic() - machine.began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    second = (time.process_time() - machine.cpu) / took * slower
    print(json.dumps({"start": machine.cpu, "second": second, "memory": memory}))


@dataclass
class Cost:
    """The cost of one way to show all streams.

    Attributes:
        start: Seconds of CPU until the models were loaded.
        second: Seconds of CPU for each second after that.
        memory: MB.
        frames: Frames that came.
        dropped: Frames of these that were dropped.
    """

    start: float = 0.0
    second: float = 0.0
    memory: float = 0.0
    frames: int = 0
    dropped: int = 0

    def add(self, output: str, told: str) -> None:
        """Count what a process printed."""
        figures = json.loads(output)
        self.start += figures["start"]
        self.second += figures["second"]
        self.memory += figures["memory"]
        for line in told.splitlines():
            words = line.replace(",", "").split()
            if "dropped" in line:
                self.frames += int(words[words.index("frames") - 1])
                self.dropped += int(words[[word.rstrip(";") for word in words].index("dropped") - 1])


def measured(groups: list[list[str]], seconds: int, slower: int, flags: list[str]) -> Cost:
    """Show each group of sources in a process, all at once, and sum up."""
    program = [sys.executable, __file__, "--work", str(seconds), str(slower)]
    running = [
        subprocess.Popen([*program, *group, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for group in groups
    ]
    cost = Cost()
    for process in running:
        cost.add(*process.communicate())
    return cost


def report(name: str, cost: Cost, seconds: float) -> None:
    """Print a line."""
    shown = max(1, cost.frames - cost.dropped)
    print(
        f"{name:24} start {cost.start:5.1f} s, then {100 * cost.second:5.1f} % of a core; "
        f"{1000 * cost.second * seconds / shown:5.1f} ms a frame; "
        f"{cost.frames:,} frames, {cost.dropped} dropped; {cost.memory:,.0f} MB",
        flush=True,
    )


def main() -> int:
    """Measure each way twice, in turn."""
    if sys.argv[1:2] == ["--work"]:
        work(float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
        return 0
    count, seconds, slower = (*map(int, sys.argv[1:]), *(2, 20, 1)[len(sys.argv) - 1 :])
    with tempfile.TemporaryDirectory() as folder:
        clips = [str(Path(folder) / f"{number}.mp4") for number in range(count)]
        for clip in clips:
            write_clip(Path(clip), 1280, 720, 1, 240)
        for _ in range(2):
            for way, flags in WAYS.items():
                report(f"{way}, together", measured([clips], seconds, slower, flags), seconds)
                report(f"{way}, one each", measured([[clip] for clip in clips], seconds, slower, flags), seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
