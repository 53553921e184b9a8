"""The virtual camera gets a steady stream of frames of one kind, whatever comes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import numpy as np
import pytest

from emojicam.errors import DeviceError
from emojicam.stream.i420 import Pixels, planes
from emojicam.stream.live.devices import Device
from emojicam.stream.live.virtual import VirtualCamera
from emojicam.stream.types import Drawn, Frame, Judged


class Linux:
    """A machine with one loopback that is free."""

    def devices(self) -> list[Device]:
        return [Device("/dev/video10", "emojicam", "v4l2 loopback", outputs=True)]

    def users(self, path: str) -> list[str]:
        return []


class Recorder:
    """A back end that keeps what it is sent, and tells when it has enough."""

    def __init__(self, enough: Callable[[list[Pixels]], bool], fails_at: int = -1) -> None:
        self.device = "/dev/video10"
        self.got: list[Pixels] = []
        self.closed = False
        self.done = Event()
        self._enough, self._fails_at = enough, fails_at

    def start(self, width: int, height: int, rate: int, device: str | None) -> Recorder:
        self.opened = width, height, rate, device
        return self

    def send(self, frame: Pixels) -> None:
        if len(self.got) == self._fails_at:
            self.done.set()
            raise RuntimeError("device is gone")
        self.got.append(frame.copy())
        if self._enough(self.got):
            self.done.set()

    def close(self) -> None:
        self.closed = True


def drawn(level: int, size: tuple[int, int] = (640, 360)) -> Drawn:
    """A grey frame."""
    pixels = np.full((size[1], size[0], 3), level, np.uint8)
    return Drawn(Judged(Frame(0, 0.0, pixels), ()), pixels)


def level(frame: Pixels, size: tuple[int, int]) -> int:
    return int(planes(frame.reshape(size[1] * 3 // 2, size[0]))[0][size[1] // 2, size[0] // 2])


def camera(recorder: Recorder, size: tuple[int, int] = (640, 360), rate: int = 200) -> VirtualCamera:
    return VirtualCamera(size, rate, None, Linux(), start=recorder.start)


def test_a_frame_is_sent_again_until_the_next_comes() -> None:
    half = 16 + round(100 * 219 / 255)
    recorder = Recorder(lambda got: sum(level(one, (640, 360)) == half for one in got) >= 5)
    with camera(recorder) as sink:
        sink(drawn(100))
        assert recorder.done.wait(20)
        sink(drawn(200))
    assert recorder.closed
    assert recorder.opened == (640, 360, 200, "/dev/video10")
    assert sink.sent == len(recorder.got)
    assert sink.repeated >= 4
    assert all(one.shape == (640 * 360 * 3 // 2,) for one in recorder.got)


def test_before_the_first_frame_there_is_a_card() -> None:
    recorder = Recorder(lambda got: len(got) >= 2)
    with camera(recorder):
        assert recorder.done.wait(20)
    first = recorder.got[0].reshape(540, 640)[:360]
    assert 16 <= np.median(first) < 60
    assert first.max() > 120  # there are letters on it


def test_sides_are_made_even() -> None:
    recorder = Recorder(lambda got: len(got) >= 1)
    with camera(recorder, (641, 481)) as sink:
        assert recorder.done.wait(20)
    assert recorder.opened[:2] == sink.size == (640, 480)


def test_frames_of_another_size_are_fitted() -> None:
    recorder = Recorder(lambda got: level(got[-1], (1280, 720)) > 195)
    with camera(recorder, (1280, 720)) as sink:
        sink(drawn(220, (320, 240)))
        assert recorder.done.wait(20)
    last = recorder.got[-1].reshape(1080, 1280)
    assert last[360, 40] == 16  # a bar
    assert last[360, 640] > 180


def test_a_device_that_goes_is_an_error_of_one_line() -> None:
    recorder = Recorder(lambda got: False, fails_at=3)
    with camera(recorder) as sink:
        assert recorder.done.wait(20)
        sink._thread.join(20)
        with pytest.raises(DeviceError, match=r"^/dev/video10: takes no more frames: device is gone$"):
            sink(drawn(100))
    assert recorder.closed


def test_whatever_a_device_raises_is_told() -> None:
    recorder = Recorder(lambda got: False)
    recorder.send = lambda frame: recorder.done.set() or 1 / 0  # type: ignore[assignment,method-assign,func-returns-value]
    with camera(recorder) as sink:
        assert recorder.done.wait(20)
        sink._thread.join(20)
        with pytest.raises(DeviceError, match="takes no more frames: division by zero"):
            sink(drawn(100))


def test_a_device_that_cannot_be_opened_is_an_error_of_one_line() -> None:
    def start(width: int, height: int, rate: int, device: str | None) -> Recorder:
        raise RuntimeError("cannot open it\nbecause of this and that")

    sink = VirtualCamera((64, 48), 30, None, Linux(), start=start)
    with pytest.raises(DeviceError, match=r"^/dev/video10: cannot open it$"), sink:
        pass
