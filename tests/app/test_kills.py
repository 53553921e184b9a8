"""Runs that are killed or interrupted at any moment: nothing has its name that isn't whole, and nobody works on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from commandline import QUICK, start
from making import write_video

from emojicam.files import is_part, is_written

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has neither of these signals")

KILLS = 12
"""Runs of each kind that are ended; three signals in turn."""

FRAMES, SIZE = 300, (160, 120)

PHOTO = (2400, 1800)
"""Px; it takes a while to be read and written."""

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)

LATEST = 1.2
"""Seconds after the first frame at which the signal comes at the latest: some runs are done by then."""


@dataclass(frozen=True)
class Kind:
    """A way to run.

    Attributes:
        sources: Names of the files, made once.
        options: Of the command line.
    """

    sources: tuple[str, ...]
    options: tuple[str, ...] = ()


KINDS = {
    "mp4": Kind(("a.mp4",)),
    "mkv": Kind(("a.mkv",)),
    "webm": Kind(("a.webm",)),
    "photo": Kind(("a.png",)),
    "batch": Kind(("a.mp4", "a.mkv", "b.mp4", "a.png"), ("--jobs", "2")),
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    chance = np.random.default_rng(0)
    noise = [chance.integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8) for _ in range(5)]
    pictures = [noise[number % 5] for number in range(FRAMES)]
    for name, codec, audio_codec in (
        ("a.mp4", "libx264", "aac"),
        ("b.mp4", "libx264", "aac"),
        ("a.mkv", "libx264", "aac"),
        ("a.webm", "libvpx", "libopus"),
    ):
        options = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx" else None
        write_video(folder / name, pictures, codec=codec, audio_codec=audio_codec, tones=(440,), options=options)
    cv2.imwrite(str(folder / "a.png"), chance.integers(0, 256, (PHOTO[1], PHOTO[0], 3), np.uint8))
    return folder


def frames_in(path: Path, *, torn: bool = False) -> int:
    """Count the frames of a video or a photo that are decoded; damage is an error, but, if `torn`, in the last packet.

    A kill can fall between the two halves of a packet: a player shows what is before it.
    """
    count, broken = 0, False
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        for packet in container.demux(video=0):
            assert not broken or packet.size == 0, f"{path}: damaged before its end"
            try:
                count += len(packet.decode())
            except av.InvalidDataError:
                assert torn, path
                broken = True
    return count


def begun(out: Path) -> bool:
    """Whether something is written."""
    return out.is_dir() and any(path.stat().st_size for path in out.iterdir())


def processes_of(session: int) -> list[int]:
    """The processes of a session that still run; those that nobody has waited for yet don't."""
    running = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue  # it has just ended
        if int(its) == session and state != "Z":
            running.append(int(stat.parent.name))
    return running


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("number", range(KILLS))
@pytest.mark.parametrize("name", KINDS)
def test_a_run_that_is_ended_leaves_whole_files_and_parts_that_play(
    sources: Path, tmp_path: Path, name: str, number: int
) -> None:
    seed = f"{name} {number}"
    chance, kind, sent = random.Random(seed), KINDS[name], SIGNALS[number % len(SIGNALS)]
    delay, out = chance.uniform(0, LATEST) ** 2 / LATEST, tmp_path / "out"
    print(f"seed {seed}: {sent.name} {delay:.3f} s after the first frame")  # noqa: T201 - shown if it fails

    program = start("annotate", *(sources / one for one in kind.sources), "-o", "out/", *kind.options, cwd=tmp_path)
    assert within(60, lambda: begun(out) or program.poll() is not None)
    time.sleep(delay)
    over = program.poll() is not None
    program.send_signal(sent)
    said, complained = ended(program)

    assert "Traceback" not in said + complained, complained
    if sent is signal.SIGKILL:
        assert over or program.returncode in (-signal.SIGKILL, 0)
    else:
        assert program.returncode in (130, 0), complained
    assert_whole(sources, out, all_of=kind.sources if program.returncode == 0 else ())


def ended(program: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait until nobody holds the pipes any more, and no process of the run is left."""
    said, complained = program.communicate(timeout=60)
    if Path("/proc/self/stat").exists():
        assert within(30, lambda: not processes_of(program.pid)), processes_of(program.pid)
    return said, complained


def assert_whole(sources: Path, out: Path, all_of: tuple[str, ...]) -> None:
    """Hold that every result is whole and that every part plays or is empty; of `all_of` there is a result."""
    made = [path for path in out.iterdir() if not is_part(path)] if out.is_dir() else []
    stems = {path.stem for path in made}
    assert all(f"{Path(one).stem}-emoji" in stems for one in all_of)
    for path in made:
        assert frames_in(path) == (1 if path.suffix == ".png" else FRAMES), path
    for path in set(out.iterdir() if out.is_dir() else ()) - set(made):
        assert not is_written(path), path
        if path.suffix == ".png":  # a photo is written at once: of one that a kill interrupts nothing is of use
            continue
        if path.stat().st_size > 100_000:
            assert 0 < frames_in(path, torn=True) <= FRAMES, path


def test_the_kinds_are_ended_sixty_times() -> None:
    assert len(KINDS) * KILLS == 60
    assert "--codec-preset" in QUICK
