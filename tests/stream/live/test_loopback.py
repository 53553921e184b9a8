"""Which virtual camera is written to, and what is told to the driver."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from emojicam.errors import DeviceError, UsageError
from emojicam.stream.live.devices import Device
from emojicam.stream.live.loopback import OUTPUT_BUFFERS, VIDIOC_STREAMON, all_chosen, chosen, state, stream_on

WEBCAM = Device("/dev/video0", "HD Webcam", "uvcvideo", captures=True)
BUSY = Device("/dev/video10", "one", "v4l2 loopback", captures=True)
FREE = Device("/dev/video11", "two", "v4l2 loopback", outputs=True)


@dataclass
class Linux:
    """A machine with these devices, and who uses them."""

    found: list[Device]
    busy: dict[str, list[str]] = field(default_factory=dict)

    def devices(self) -> list[Device]:
        return self.found

    def users(self, path: str) -> list[str]:
        return self.busy.get(path, [])


@pytest.mark.parametrize("asked", [None, "11", "/dev/video11"])
def test_the_one_that_is_free_is_written_to(asked: str | None) -> None:
    assert chosen(asked, Linux([WEBCAM, BUSY, FREE])) == "/dev/video11"


def test_a_link_is_followed_to_its_device(tmp_path: Path) -> None:
    link = tmp_path / "camera"
    link.symlink_to("/dev/video11")
    assert chosen(str(link), Linux([BUSY, FREE])) == "/dev/video11"


def test_one_that_is_asked_for_is_had_or_its_reason_is_told() -> None:
    machine = Linux([WEBCAM, BUSY, FREE], {"/dev/video10": ["obs", "ffmpeg"]})
    with pytest.raises(DeviceError, match=r"^/dev/video10: another program writes to it: obs, ffmpeg; end that first$"):
        chosen("10", machine)
    with pytest.raises(DeviceError, match=r"^/dev/video0: that is HD Webcam, your webcam, not a virtual one$"):
        chosen("0", machine)
    with pytest.raises(
        DeviceError, match=r"no such device; virtual cameras: /dev/video10 \(one\), /dev/video11 \(two\)"
    ):
        chosen("12", machine)


@pytest.mark.parametrize(
    ("problem", "why"),
    [(errno.EACCES, "you may not use it: add yourself"), (errno.EIO, f"can't be asked what it is: {os.strerror(5)}")],
)
def test_one_that_cannot_be_asked_is_told_with_the_mend(problem: int, why: str) -> None:
    found = state(Device("/dev/video10", "video10", problem=problem), Linux([]))
    assert found is not None
    assert found.startswith(why)


linux = pytest.mark.skipif(sys.platform != "linux", reason="v4l2loopback is Linux'")


class Driver:
    """Takes what is told to it by `ioctl`."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.told: list[tuple[str, int, bytes]] = []
        self._refuses = refuses

    def ioctl(self, descriptor: int, request: int, argument: bytes) -> bytes:
        self.told.append((os.readlink(f"/proc/self/fd/{descriptor}"), request, argument))
        if self._refuses:
            raise OSError(errno.EINVAL, "Invalid argument")
        return argument


@linux
@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize("opened", [False, True])
def test_the_driver_is_told_that_output_begins_by_our_own_descriptor_or_a_new_one(
    opened: bool, refuses: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, driver = tmp_path / "video10", Driver(refuses=refuses)
    device.touch()
    monkeypatch.setattr("fcntl.ioctl", driver.ioctl)
    before = len(os.listdir("/proc/self/fd"))
    if opened:
        with device.open():
            stream_on(str(device))
    else:
        stream_on(str(device))
    assert driver.told == [(str(device), VIDIOC_STREAMON, OUTPUT_BUFFERS.to_bytes(4, sys.byteorder))]
    assert len(os.listdir("/proc/self/fd")) == before


@linux
def test_a_device_that_has_gone_is_told_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver()
    monkeypatch.setattr("fcntl.ioctl", driver.ioctl)
    stream_on(str(tmp_path / "video10"))
    assert driver.told == []


def test_each_of_several_streams_gets_a_device_of_its_own() -> None:
    other = Device("/dev/video12", "three", "v4l2 loopback", outputs=True)
    machine = Linux([WEBCAM, BUSY, FREE, other])
    assert all_chosen([""], machine) == ["/dev/video11"]
    assert all_chosen(["", ""], machine) == ["/dev/video11", "/dev/video12"]
    assert all_chosen(["12", "/dev/video11"], machine) == ["/dev/video12", "/dev/video11"]
    with pytest.raises(UsageError, match="/dev/video12 is asked for twice"):
        all_chosen(["12", "12"], machine)
    with pytest.raises(DeviceError, match=r"3 streams want a virtual camera each; free: 2; .*devices=3 .*=1,1,1$"):
        all_chosen(["", "", ""], machine)
    with pytest.raises(DeviceError, match="there is no virtual camera"):
        all_chosen(["", ""], Linux([WEBCAM]))
