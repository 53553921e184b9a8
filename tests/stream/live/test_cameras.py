"""Frames of what is no file: damaged ones are skipped, a lost camera is an error of one line, no password is told."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import av.error
import pytest
from making import Picture, seen_at, write_video

from emojicam.errors import DeviceError
from emojicam.stream.live import cameras
from emojicam.stream.live.cameras import camera, redacted
from emojicam.stream.live.devices import Device


class Nothing:
    """A machine that has this camera."""

    def devices(self) -> list[Device]:
        return [Device("/dev/video0", "HD Cam", "uvcvideo", captures=True)]

    def users(self, path: str) -> list[str]:
        return []


class Driver:
    """What av.open gives for a camera: real pictures from a file, with a driver's moods between them.

    Attributes:
        moods: By the number of the packet: raised instead of it ("once"), or its bytes.
    """

    def __init__(self, path: Path, moods: dict[int, BaseException | bytes]) -> None:
        self._file = av.open(str(path))
        self.streams = self._file.streams
        self.name = "camera"
        self._packets = [packet for packet in self._file.demux(video=0) if packet.size]
        self._at = 0
        self.moods = moods
        self.asked = 0

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *problem: object) -> None:
        self._file.close()

    def demux(self, stream: object) -> Iterator[Any]:
        """A generator, which ends when it raises, as PyAV's does."""
        self.asked += 1
        while self._at < len(self._packets):
            mood = self.moods.pop(self._at, None)
            if isinstance(mood, BaseException):
                raise mood
            packet = self._packets[self._at]
            self._at += 1
            if mood is not None:
                yield SimpleNamespace(decode=lambda: self._refuse())
            else:
                yield packet

    def _refuse(self) -> list[Any]:
        raise av.error.InvalidDataError(errno.EINVAL, "Invalid data found when processing input")


@pytest.fixture
def clip(portrait: Picture, tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    pictures = [seen_at(portrait, (160, 120), 0.4, shift=n) for n in range(10)]
    write_video(path, pictures, codec="mjpeg", pix_fmt="yuvj420p")
    return path


def taken(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.setattr(av, "open", lambda *arguments, **options: driver)
    return list(camera("0", (160, 120), 30, Nothing()))


def test_a_camera_gives_its_pictures(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = taken(Driver(clip, {}), monkeypatch)
    assert [frame.index for frame in frames] == list(range(10))
    assert frames[0].pixels.shape == (180, 160)
    assert frames[0].colour.full  # MJPEG's levels


def test_a_damaged_picture_is_skipped(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = taken(Driver(clip, {0: b"x", 4: b"x", 5: b"x"}), monkeypatch)
    assert [frame.index for frame in frames] == list(range(7))


def test_pictures_that_are_all_damaged_are_an_error(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "DAMAGED", 3)
    with pytest.raises(DeviceError, match=r"^camera 0: Invalid data"):
        taken(Driver(clip, {n: b"x" for n in range(10)}), monkeypatch)


def test_a_driver_that_has_no_picture_yet_is_asked_again(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(clip, {n: BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable") for n in (0, 3, 9)})
    assert len(taken(driver, monkeypatch)) == 10
    assert driver.asked == 4


def test_a_camera_that_is_unplugged_is_an_error_of_one_line(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(clip, {5: OSError(errno.ENODEV, "No such device")})
    monkeypatch.setattr(av, "open", lambda *arguments, **options: driver)
    frames = camera("0", (160, 120), 30, Nothing())
    assert [next(frames).index for _ in range(5)] == list(range(5))
    with pytest.raises(DeviceError, match=r"^camera 0: No such device$"):
        next(frames)


def test_a_camera_by_a_link_is_told_by_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "usb-cam"
    link.symlink_to("/dev/video0")

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(av, "open", refuse)
    with pytest.raises(DeviceError, match="usb-cam: you may not use this camera: add yourself to the group video"):
        next(camera(str(link), (160, 120), 30, Nothing()))


def test_on_windows_a_number_is_the_name_of_that_camera(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []

    def opened(path: str, format: str | None = None, **options: object) -> Driver:
        asked.append((path, format))
        return drivers.pop()

    class Windows(Nothing):
        def devices(self) -> list[Device]:
            return [Device("Integrated Camera", "Integrated Camera", captures=True)]

    drivers = [Driver(clip, {}), Driver(clip, {})]
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(av, "open", opened)
    assert len(list(camera("0", (160, 120), 30, Windows()))) == 10
    assert len(list(camera("OBS", (160, 120), 30, Windows()))) == 10
    assert asked == [("video=Integrated Camera", "dshow"), ("video=OBS", "dshow")]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://host/stream", "rtsp://host/stream"),
        ("rtsp://me:secret@host:554/stream", "rtsp://host:554/stream"),
        ("rtsp://admin:P@secret@10.0.0.5/s", "rtsp://10.0.0.5/s"),
        ("rtsp://admin:pa/secret@host/s", "rtsp://host/s"),
        ("rtsp://admin:pa?secret@host/s", "rtsp://host/s"),
        (" rtsp://a:secret@h/s", "rtsp://h/s"),
        ("rtsp-tcp://a:secret@h/s", "rtsp-tcp://h/s"),
        ("http://host/live?key=secret", "http://host/live"),
        ("http://me:secret@host/live?to=me@home", "http://home"),
    ],
)
def test_of_an_address_no_password_is_told(url: str, shown: str) -> None:
    assert redacted(url) == shown
    assert "secret" not in redacted(url)
