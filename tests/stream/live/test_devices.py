"""Which cameras there are, as this machine tells, and who has them open."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av.device
import pytest

from emojicam.stream.live import devices, v4l2
from emojicam.stream.live.devices import Device, ThisSystem


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Path]:
    """A file that another program has open."""
    path = tmp_path / "video9"
    path.touch()
    program = f"file = open({str(path)!r}); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield path
        process.communicate("\n")


@pytest.mark.skipif(sys.platform != "linux", reason="who has a file open is told by /proc")
def test_who_has_a_device_open_is_named_and_this_process_is_not(holder: Path) -> None:
    with holder.open():
        (name,) = ThisSystem().users(str(holder))
    assert name.startswith("python")
    assert ThisSystem().users(str(holder.with_name("video8"))) == []


@pytest.mark.skipif(sys.platform != "linux", reason="what Linux' kernel says")
def test_a_device_is_told_as_the_kernel_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = v4l2.Answer("v4l2 loopback", "emojicam", captures=False, outputs=True, formats=("MJPG",))
    monkeypatch.setattr(v4l2, "ask", lambda path: answer)
    found = devices._asked("/dev/video77")
    assert found == Device("/dev/video77", "emojicam", "v4l2 loopback", outputs=True, formats=("MJPG",))
    assert found.loopback


@pytest.mark.skipif(sys.platform != "linux", reason="what Linux' kernel says")
@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOTTY])
def test_a_device_that_cannot_be_asked_is_told_with_its_reason(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> v4l2.Answer:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(v4l2, "ask", refuse)
    found = devices._asked("/dev/video77")
    assert (found.path, found.problem) == ("/dev/video77", number)
    assert not found.captures
    assert not found.outputs
    assert not found.loopback


def test_this_machine_lists_its_devices_by_their_numbers() -> None:
    paths = [one.path for one in ThisSystem().devices()]
    assert paths == sorted(set(paths), key=lambda path: (len(path), path))


@dataclass
class Listed:
    """A device as PyAV lists it."""

    name: str
    description: str
    media_types: list[str]


@pytest.mark.parametrize(("platform", "system"), [("darwin", "avfoundation"), ("win32", "dshow")])
def test_elsewhere_the_cameras_are_listed_and_not_the_microphones(
    platform: str, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {
        system: [Listed("0", "FaceTime", ["video"]), Listed("1", "Microphone", ["audio"]), Listed("OBS", "", ["video"])]
    }
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(av.device, "enumerate_input_devices", there.__getitem__)
    assert ThisSystem().devices() == [Device("0", "FaceTime", captures=True), Device("OBS", "OBS", captures=True)]
    assert ThisSystem().users("0") == []


def test_elsewhere_a_system_that_lists_nothing_has_no_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(system: str) -> list[Listed]:
        raise ValueError("no such format")

    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(av.device, "enumerate_input_devices", refuse)
    assert ThisSystem().devices() == []
