"""A live picture from Python; a clip stands for the camera."""

from __future__ import annotations

import threading
from pathlib import Path

import making
import numpy as np
import pytest
from making import Picture, write_video

import emojicam
from emojicam.errors import InputError, UsageError


@pytest.fixture
def clip(tmp_path: Path, portrait: Picture) -> Path:
    path = tmp_path / "clip.mp4"
    write_video(path, [making.seen_at(portrait, (320, 240), 0.8, shift=i) for i in range(30)], rate=15)
    return path


def test_a_camera_gives_pictures_with_and_without_emoji(clip: Path) -> None:
    before = set(threading.enumerate())
    with emojicam.Camera(clip, range="near", loop=True) as camera:
        shots = []
        for shot in camera:
            shots.append(shot)
            if len(shots) == 8:
                break
        assert camera.name == "clip.mp4"
        assert camera.counts.frames >= 8
    assert set(threading.enumerate()) <= before
    assert all(not shot.placeholder for shot in shots)
    assert [shot.time for shot in shots] == sorted(shot.time for shot in shots)
    last = shots[-1]
    assert [face.label for face in last.faces] == ["happiness"]
    assert last.picture.shape == last.bare.shape == (240, 320, 3)
    x, y = map(round, last.faces[0].middle)
    assert np.abs(last.picture.astype(int) - last.bare)[y - 20 : y + 20, x - 20 : x + 20].mean() > 20
    assert last.picture._repr_png_() is not None


def test_a_file_that_is_not_looped_ends(clip: Path) -> None:
    with emojicam.Camera(clip, range="near", style="label") as camera:
        assert 1 < len(list(camera)) <= 30


def test_a_camera_is_read_inside_its_with(clip: Path) -> None:
    camera = emojicam.Camera(clip, range="near")
    with pytest.raises(UsageError, match="inside its `with`"):
        iter(camera)


def test_what_can_be_no_camera_is_refused_at_once(tmp_path: Path) -> None:
    cases: list[tuple[object, str]] = [
        (None, "a camera is a number, a device, an address or a path, not None"),
        (-1, "a camera is a number"),
        (True, "a camera is a number"),
        ("ftp://host/", "a stream is one of"),
        ("nowhere.mp4", "no such file"),
        (tmp_path, "a folder"),
    ]
    for source, said in cases:
        with pytest.raises(UsageError, match=said):
            emojicam.Camera(source)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"size is \(width, height\) in px, not '640x480'"):
        emojicam.Camera(0, size="640x480")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="Camera takes no option 'lookahead'"):
        emojicam.Camera(0, lookahead=3)  # type: ignore[call-arg]


def test_a_photo_is_no_camera(tmp_path: Path) -> None:
    emojicam.Picture((4, 4, 3), np.uint8).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="a photo, which doesn't move"):
        emojicam.Camera(tmp_path / "a.png")
