"""The command line, run in this process or in one of its own, and small files to give to it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from making import write_video

from emojicam.cli import main

QUICK = ("--range", "near", "--codec-preset", "ultrafast")


def run(*arguments: str | Path | int) -> int:
    return main([*map(str, arguments), *QUICK])


def write_clip(path: Path, count: int, *, size: tuple[int, int] = (64, 48)) -> Path:
    """Noise, which takes room: no face."""
    chance = np.random.default_rng(0)
    pictures = [chance.integers(0, 256, (size[1], size[0], 3), np.uint8) for _ in range(5)]
    write_video(path, [pictures[i % 5] for i in range(count)])
    return path


def write_photo(path: Path) -> Path:
    import cv2

    cv2.imwrite(str(path), np.full((48, 64, 3), 90, np.uint8))
    return path


def start(*arguments: str | Path | int, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "emojicam", *map(str, arguments), *QUICK],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until(happened: Callable[[], bool], program: subprocess.Popen[str]) -> None:
    for _ in range(1200):
        if happened():
            return
        assert program.poll() is None, program.communicate()
        time.sleep(0.05)
    program.kill()
    raise AssertionError("never happened")
