"""What a user names is taken for what it is, or refused with the true reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from emojicam.errors import UsageError
from emojicam.stream.live.named import is_file, refuse_address, refuse_as_camera, refuse_as_device


@pytest.fixture
def there(inside: Path) -> Path:
    """A folder with one of everything."""
    (inside / "clip.mp4").write_bytes(b"x")
    (inside / "folder").mkdir()
    os.mkfifo(inside / "pipe")
    (inside / "link").symlink_to("/dev/null")  # as if that were a camera
    (inside / "0.mp4").write_bytes(b"x")
    return inside


@pytest.mark.parametrize("named", ["0", "63", "/dev/video0", "/dev/v4l/by-id/usb-cam-index0", "link"])
def test_a_cameras_number_or_device_may_be_a_camera(named: str, there: Path) -> None:
    refuse_as_camera(named)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("none.mp4", "none.mp4: no such file, and neither a camera"),
        ("none", "none: no such file, and neither a camera"),
        ("none/such/clip.mkv", "none/such/clip.mkv: no such file"),
        ("folder", "folder: a folder; one video file"),
        ("folder/", "folder/: a folder; one video file"),
        ("pipe", "pipe: neither a video file nor a camera"),
        ("", "the source has no name"),
        ("  ", "the source has no name"),
        ("x" * 5000, "no such file"),
        ("a\0b", "no such file"),
        ("http:/host/x", "http:…: an address begins with http://"),
        ("rtsp:me:secret@host/x", "rtsp:…: an address begins with rtsp://"),
        ("HTTP:host", "http:…: an address begins with http://"),
    ],
)
def test_what_is_no_camera_is_told_for_what_it_is(
    named: str, said: str, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(UsageError) as caught:
        refuse_as_camera(named)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_elsewhere_cameras_have_names_and_files_are_told_from_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    refuse_as_camera("FaceTime HD Camera")
    for named in ("none.mp4", "some/where"):
        with pytest.raises(UsageError, match="no such file"):
            refuse_as_camera(named)


@pytest.mark.parametrize(
    "address",
    [
        *("rtsp://host/x", "rtsp://me:pass/w@rd@host:554/x", "HTTP://[::1]:8000/", "udp://:1234", "udp://@239.0.0.1:9"),
        *("rtp://:5004", "https://host/a@b?c=d"),
    ],
)
def test_an_address_that_may_be_one_is_taken(address: str) -> None:
    refuse_address(address)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("htp://me:secret@host/x", "htp://host/x: a stream is one of rtsp"),
        ("file:///clip.mp4", "a stream is one of rtsp"),
        ("http://", "names no server"),
        ("http:///x", "names no server"),
        ("http://me:secret@/x", "names no server"),
        ("http://host:99999/x", "not an address"),
        ("http://me:secret@host:port/x", "not an address"),
        ("http://[::1/x", "not an address"),
        ("http://host:0/x", "port 0"),
    ],
)
def test_an_address_that_can_be_none_is_refused_without_its_password(address: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        refuse_address(address)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("named", [None, "", "0", "10", "/dev/video10", "link", "OBS Virtual Camera"])
def test_a_virtual_camera_may_have_the_name_of_a_device(named: str | None, there: Path) -> None:
    refuse_as_device(named)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("clip.mp4", "--virtual-camera clip.mp4: a file"),
        ("0.mp4", "--virtual-camera 0.mp4: a file"),
        ("folder", "--virtual-camera folder: a folder"),
        ("none.mp4", "--virtual-camera none.mp4: no device"),
        ("rtsp://me:secret@host/x", "--virtual-camera rtsp://host/x: an address"),
    ],
)
def test_a_source_is_not_taken_for_the_virtual_camera(named: str, said: str, there: Path) -> None:
    with pytest.raises(UsageError, match="emojicam live SOURCE --virtual-camera") as caught:
        refuse_as_device(named)
    assert str(caught.value).startswith(said)
    assert "secret" not in str(caught.value)
    assert (there / "clip.mp4").read_bytes() == b"x"


def test_a_name_that_no_file_can_have_is_no_file(there: Path) -> None:
    assert [is_file(named) for named in ("clip.mp4", "folder", "none", "x" * 5000, "a\0b", "pipe")] == [
        True,
        *[False] * 5,
    ]
