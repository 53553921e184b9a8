"""Whoever watches is told how far the work is and what it runs on; whoever doesn't is left alone."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from machines import BARE, DRIVER_ALONE, WHOLE, Pretended

from emojicam import progress
from emojicam.plan import Job
from emojicam.progress import VideoBar, no_bar, say_what_runs
from emojicam.settings import DEFAULTS, Settings
from emojicam.stream.choices import Provider
from emojicam.stream.inference.provider import LONG
from emojicam.stream.inference.warming import Warming
from emojicam.stream.media.container import Kind

VIDEO = Job(Path("dance.mp4"), Path("dance-emoji.mp4"), Kind.VIDEO)
PHOTO = Job(Path("me.png"), Path("me-emoji.png"), Kind.PHOTO)


def test_a_bar_is_hidden_for_who_wants_quiet_and_for_others_shown_on_a_terminal_alone() -> None:
    assert no_bar(True) is True
    assert no_bar(False) is None


def test_photos_have_no_bar_and_no_terminal_gets_none(capfd: pytest.CaptureFixture[str]) -> None:
    for quiet in (False, True):
        with VideoBar(quiet=quiet) as bar:
            assert bar.watch(PHOTO) is None
            tell = bar.watch(VIDEO)
            assert tell is not None
            for done in range(1, 11):
                tell(done, 10)
    assert capfd.readouterr() == ("", "")


PROGRAM = """
from pathlib import Path
from emojicam.plan import Job
from emojicam.progress import VideoBar
from emojicam.stream.media.container import Kind
with VideoBar(quiet={quiet}) as bar:
    tell = bar.watch(Job(Path("dance.mp4"), Path("out.mp4"), Kind.VIDEO))
    for done in range(1, 8):
        tell(done, {expected})
        bar._bar.refresh()
print("done", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal that can be pretended")
@pytest.mark.parametrize(
    ("quiet", "expected", "shown"),
    [(False, "7", "7/7"), (False, "None", "7frame"), (False, "3", "7frame"), (True, "7", "")],
)
def test_on_a_terminal_it_tells_how_far_a_video_is_and_is_wiped_away(quiet: bool, expected: str, shown: str) -> None:
    import fcntl
    import termios

    screen, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    try:
        command = [sys.executable, "-c", PROGRAM.format(quiet=quiet, expected=expected)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, timeout=60, check=True)
        os.set_blocking(screen, False)
        told = b"" if quiet else os.read(screen, 65536)
    finally:
        os.close(screen)
        os.close(terminal)
    assert done.stdout == b"done\n"
    text = told.decode().replace(" ", "")
    assert shown in text
    assert ("dance.mp4" in text) is not quiet
    if not quiet:
        assert not told.decode().split("\r")[-2].strip(" \r\n")  # the last that is written over the line is nothing


@dataclass
class Runs:
    """A classifier, as far as it is asked where it runs."""

    provider: Provider
    passed_over: str | None = None


@dataclass
class Sees:
    """The nets, as far as it is asked what they lack."""

    missing: str | None = None


def said(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    machine: Pretended,
    runs: Runs,
    sees: Sees | None = None,
    later: Runs | None = None,
    **chosen: Any,
) -> str:
    monkeypatch.setattr(progress, "ThisMachine", lambda: machine)
    warming = Warming(runs, (lambda: later) if later else None)
    say_what_runs(warming, sees or Sees(), Settings(**chosen))  # type: ignore[arg-type]
    warming.best()
    out, err = capsys.readouterr()
    assert out == ""
    return err


@pytest.mark.parametrize(
    ("machine", "runs", "chosen", "text"),
    [
        (BARE, Runs(Provider.CPU), {}, ""),
        (BARE, Runs(Provider.CPU), {"provider": Provider.CPU}, "emojicam: the model mien runs on the CPU\n"),
        (BARE, Runs(Provider.CPU), {"provider": Provider.CPU, "quiet": True}, ""),
        (
            WHOLE,
            Runs(Provider.CUDA),
            {"provider": Provider.CUDA},
            "emojicam: the model mien runs on CUDA\n",
        ),
        (WHOLE, Runs(Provider.CUDA), {"provider": Provider.CUDA, "quiet": True}, ""),
        (
            WHOLE,
            Runs(Provider.TENSORRT),
            {"provider": Provider.TENSORRT, "model": "own.onnx"},
            "emojicam: the model own.onnx runs on TensorRT\n",
        ),
        (WHOLE, Runs(Provider.CPU), {"provider": Provider.CPU}, "emojicam: the model mien runs on the CPU\n"),
    ],
)
def test_where_the_model_runs_is_said_where_there_was_a_choice(
    machine: Pretended,
    runs: Runs,
    chosen: dict[str, Any],
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert said(monkeypatch, capsys, machine, runs, **chosen) == text


@pytest.mark.parametrize(
    ("opened", "then"),
    [
        (Runs(Provider.CUDA), "emojicam: the model mien runs on CUDA\n"),
        (Runs(Provider.CPU, "no cuDNN"), "emojicam: the model mien runs on the CPU (no cuDNN)\n"),
    ],
)
def test_whether_a_gpu_takes_over_is_said_when_it_is_known(
    opened: Runs, then: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = f"emojicam: the model mien runs on the CPU, and on a GPU for streams and videos of {LONG} frames or more\n"
    runs = Runs(Provider.CPU)
    assert said(monkeypatch, capsys, WHOLE, runs, later=opened) == first + then
    assert said(monkeypatch, capsys, WHOLE, runs, later=opened, quiet=True) == ""


def test_a_gpu_that_lies_idle_is_told_with_the_mend(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(monkeypatch, capsys, DRIVER_ALONE, Runs(Provider.CPU))
    assert text.startswith(
        f"emojicam: the model {DEFAULTS.model} runs on the CPU (the installed ONNX Runtime has no cuda"
    )
    assert 'pip install "emojicam[gpu]"' in text
    assert text.count("\n") == 1


NOT_THERE = Sees("files/centerface.onnx: not there")


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ({}, "emojicam: small and far faces are missed: files/centerface.onnx: not there\n"),
        (
            {"provider": Provider.CPU},
            "emojicam: small and far faces are missed: files/centerface.onnx: not there\n"
            "emojicam: the model mien runs on the CPU\n",
        ),
        ({"quiet": True}, ""),
    ],
)
def test_a_net_that_is_missing_is_told_to_whoever_listens(
    chosen: dict[str, Any], text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(monkeypatch, capsys, BARE, Runs(Provider.CPU), NOT_THERE, **chosen) == text
