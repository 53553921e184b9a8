"""How a live source is opened, by what it is called."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from making import write_video

from emojicam.errors import InputError, UsageError
from emojicam.opening import opening_of
from emojicam.stream.live.devices import Device


class NoCameras:
    def devices(self) -> list[Device]:
        return []

    def users(self, path: str) -> list[str]:
        return []


def test_each_kind_of_source_has_its_name(tmp_path: Path) -> None:
    grey = np.full((48, 64, 3), 128, np.uint8)
    write_video(tmp_path / "clip.mp4", [grey] * 3)
    named = {"rtsp://me:secret@host/door": "rtsp://host/door", str(tmp_path / "clip.mp4"): "clip.mp4", "1": "camera 1"}
    for given, name in named.items():
        assert opening_of(given, (640, 480), 30, NoCameras()).name == name
    once, again = (opening_of(str(tmp_path / "clip.mp4"), (640, 480), 30, NoCameras(), loop=on) for on in (False, True))
    assert once.once
    assert not again.once
    assert len(list(once.start())) == 3


def test_what_is_no_source_is_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(InputError, match="a photo, which doesn't move"):
        opening_of(str(tmp_path / "a.png"), (640, 480), 30, NoCameras())
    with pytest.raises(UsageError, match="a stream is one of"):
        opening_of("gopher://host/", (640, 480), 30, NoCameras())
    with pytest.raises(UsageError, match="no such file"):
        opening_of("nowhere.mp4", (640, 480), 30, NoCameras())
