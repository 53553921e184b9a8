"""The demo: a photo and a clip, annotated, with no input from anybody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from making import RATE, read_sound, read_video

from emojicam import assets
from emojicam.stream.media.photos import read_photo


def test_the_demo_annotates_a_photo_and_a_clip_and_replaces_those_of_an_earlier_run(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    for name in ("astronaut-emoji.mp4", "astronaut-emoji.png"):
        (results / name).write_text("of an earlier run")
    command = [sys.executable, "-m", "emojicam", "demo", "-o", "results", "--codec-preset", "ultrafast"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    photo_line, clip_line = done.stdout.splitlines()
    assert photo_line == "results/astronaut-emoji.png: 1 face: happiness"
    assert clip_line.startswith("results/astronaut-emoji.mp4: 180 frames, 1 face: happiness")
    assert sorted(path.name for path in results.iterdir()) == ["astronaut-emoji.mp4", "astronaut-emoji.png"]
    _check_photo(results / "astronaut-emoji.png")
    _check_clip(results / "astronaut-emoji.mp4")


def _check_photo(path: Path) -> None:
    before, after = read_photo(assets.sample_photo()).bgr, cv2.imread(str(path))
    assert after is not None
    assert after.shape == before.shape
    changed = (after != before).any(axis=2)
    assert changed[125, 224]  # the face
    assert 0.03 < changed.mean() < 0.5
    assert not changed[-100:].any()


def _check_clip(path: Path) -> None:
    pictures, times = read_video(path)
    assert len(pictures) == 180
    assert {picture.shape for picture in pictures} == {(480, 640, 3)}
    assert times == pytest.approx([i / 30 for i in range(180)], abs=0.001)
    samples, start = read_sound(path)
    assert start == pytest.approx(0, abs=0.001)
    assert len(samples) / RATE == pytest.approx(6, abs=0.05)
    assert np.abs(samples).max() > 0.1
    with av.open(str(path)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
