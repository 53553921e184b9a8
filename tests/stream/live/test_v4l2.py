"""What is asked of the kernel, and how its answers are read. tests/vm asks a real one."""

from __future__ import annotations

import errno
import struct
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fcntl")

from emojicam.stream.live import v4l2

MJPG, YUYV, ODD = (int.from_bytes(code, "little") for code in (b"MJPG", b"YUYV", b"ODD "))


class Kernel:
    """Answers as linux/videodev2.h lays it out."""

    def __init__(self, capabilities: int, own: int = 0) -> None:
        self.capabilities = capabilities, own
        self.sizes = {
            MJPG: [(1, (640, 480)), (1, (1920, 1080)), (1, (1280, 720))],  # discrete
            YUYV: [(3, (32, 640, 2, 24, 480, 2))],  # stepwise
        }
        self.intervals = {
            (MJPG, 1920, 1080): [(1, (1, 15)), (1, (1001, 30000))],
            (YUYV, 640, 480): [(3, (1, 30, 1, 1, 1, 1))],
        }

    def ioctl(self, descriptor: int, request: int, question: bytes) -> bytes:
        number, *asked = struct.unpack("5I", question[:20])
        if request == v4l2.QUERYCAP:
            answer = struct.pack("16s32s32sIII", b"uvcvideo", b"HD Cam\xc3\xa4ra", b"usb", 1, *self.capabilities)
        elif request == v4l2.ENUM_FMT:
            assert asked[0] == v4l2.PICTURES
            code = self._entry([MJPG, YUYV, ODD], number)
            answer = struct.pack("III32sI", number, 1, 0, b"described", code)
        elif request == v4l2.ENUM_FRAMESIZES:
            kind, numbers = self._entry(self.sizes.get(asked[0], []), number)
            answer = struct.pack(f"{3 + len(numbers)}I", number, asked[0], kind, *numbers)
        else:
            assert request == v4l2.ENUM_FRAMEINTERVALS
            kind, numbers = self._entry(self.intervals.get((asked[0], asked[1], asked[2]), []), number)
            answer = struct.pack(f"{5 + len(numbers)}I", number, *asked[:3], kind, *numbers)
        return answer.ljust(len(question), b"\0")

    @staticmethod
    def _entry(entries: list[Any], number: int) -> Any:
        if number >= len(entries):
            raise OSError(errno.EINVAL, "the list has ended")
        return entries[number]


@pytest.fixture
def device(tmp_path: Path) -> str:
    path = tmp_path / "video0"
    path.touch()
    return str(path)


def test_a_cameras_name_and_formats(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.ioctl", Kernel(v4l2.CAPTURE).ioctl)
    assert v4l2.ask(device) == v4l2.Answer(
        driver="uvcvideo",
        card="HD Camära",
        captures=True,
        outputs=False,
        formats=("MJPG to 1920×1080 at 29.97", "YUYV to 640×480 at 30", "ODD"),
    )


@pytest.mark.parametrize(
    ("capabilities", "own", "captures", "outputs"),
    [
        (v4l2.CAPTURE | v4l2.OUTPUT, 0, True, True),
        (v4l2.OWN_CAPABILITIES | v4l2.CAPTURE, v4l2.OUTPUT, False, True),  # what this node can, not the whole device
        (v4l2.OWN_CAPABILITIES | v4l2.CAPTURE, 0, False, False),  # a node for metadata
    ],
)
def test_what_a_device_can_do_now(
    capabilities: int, own: int, captures: bool, outputs: bool, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcntl.ioctl", Kernel(capabilities, own).ioctl)
    answer = v4l2.ask(device)
    assert (answer.captures, answer.outputs, bool(answer.formats)) == (captures, outputs, captures)


def test_a_list_without_an_end_is_not_believed(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(v4l2.CAPTURE)
    kernel.sizes[MJPG] = [(1, (640, 480))] * 100_000
    monkeypatch.setattr("fcntl.ioctl", kernel.ioctl)
    assert v4l2.ask(device).formats[0] == "MJPG to 640×480"


def test_what_is_no_video_device_is_an_error(device: str) -> None:
    with pytest.raises(OSError, match="Inappropriate ioctl"):
        v4l2.ask(device)
