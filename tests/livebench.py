"""A machine for live runs: a loopback, a screen that presses keys, and a clip with a face."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emojicam.cli import build_parser
from emojicam.commands.live import LiveOptions, live
from emojicam.interrupt import Interrupt
from emojicam.settings import options_of
from emojicam.show import Devices
from emojicam.stream.i420 import Pixels
from emojicam.stream.live.devices import Device

SIZE = WIDTH, HEIGHT = 640, 360

FACE = (slice(120, 240), slice(270, 370))
"""Of the clip: where the face is, and its emoji will be."""


class Bench:
    """A machine with a loopback; its virtual camera keeps the frames; its screen presses keys."""

    def __init__(self, press: Callable[[int, Pixels], str] = lambda number, picture: "") -> None:
        self.device = "/dev/video10"
        self.sent: list[Pixels] = []
        self.pictures: list[Pixels] = []
        self.closed: list[str] = []
        self._press = press

    @property
    def given(self) -> Devices:
        return Devices(self, self, self.start)

    def devices(self) -> list[Device]:
        return [Device(self.device, "emojicam", "v4l2 loopback", outputs=True)]

    def users(self, path: str) -> list[str]:
        return []

    def start(self, width: int, height: int, rate: int, device: str | None) -> Bench:
        self.size = width, height
        return self

    def send(self, frame: Pixels) -> None:
        self.sent.append(frame.copy())

    def open(self, title: str, size: tuple[int, int]) -> None:
        self.opened = size

    def show(self, title: str, picture: Pixels) -> None:
        self.pictures.append(picture)

    def room(self, title: str) -> tuple[int, int] | None:
        return self.opened

    def fill(self, title: str, on: bool) -> None:
        self.filled = on

    def key(self) -> int:
        pressed = self._press(len(self.pictures), self.pictures[-1])
        return ord(pressed) if pressed else -1

    def is_open(self, title: str) -> bool:
        return True

    def close(self, title: str = "camera") -> None:
        self.closed.append(title)


def run(bench: Bench, *arguments: str | Path) -> int:
    """The command on that machine."""
    given = build_parser().parse_args(["live", *map(str, arguments), "--range", "near", "--codec-preset", "ultrafast"])
    with Interrupt() as interrupt:
        return live(options_of(LiveOptions, given), interrupt, bench.given)


def yellow(bgr: Pixels) -> float:
    """How much of the face's place is as yellow as the emoji."""
    return float(as_emoji(bgr[FACE]).mean())


def as_emoji(bgr: Pixels) -> npt.NDArray[np.bool_]:
    """Where the emoji's yellow is."""
    return np.asarray((bgr[..., 2] > 190) & (bgr[..., 1] > 130) & (bgr[..., 0] < 120), np.bool_)
