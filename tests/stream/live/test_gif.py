"""A GIF shows what the frames show, at their times, and is there when it is whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making import i420
from PIL import Image, ImageSequence

from emojicam.errors import OutputError
from emojicam.stream.live.gif import durations, write_gif
from emojicam.stream.types import Format, Frame

YELLOW = (70, 205, 255)


def frames(form: Format = Format.BGR, number: int = 6) -> list[Frame]:
    """A yellow square that moves over a wall of many greys."""
    wall = (np.arange(96)[:, None] + np.arange(128)[None]).astype(np.uint8)
    made = []
    for index in range(number):
        bgr = np.repeat(wall[..., None], 3, axis=2)
        bgr[40:56, 16 * index : 16 * index + 16] = YELLOW
        made.append(Frame(index, 7 + index / 12, bgr if form is Format.BGR else i420(bgr), form))
    return made


@pytest.mark.parametrize("form", Format)
def test_it_shows_what_the_frames_show_again_and_again(form: Format, tmp_path: Path) -> None:
    shown = frames(form)
    write_gif(shown, tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        assert image.format == "GIF"
        assert image.info["loop"] == 0
        read = [np.asarray(one.convert("RGB"))[..., ::-1].astype(int) for one in ImageSequence.Iterator(image)]
        times = [one.info["duration"] for one in ImageSequence.Iterator(image)]
    assert len(read) == len(shown)
    assert sum(times) == pytest.approx(500, abs=10)
    for index, (picture, frame) in enumerate(zip(read, shown, strict=True)):
        assert np.abs(picture - frame.bgr().astype(int)).mean() < 4
        inside = picture[44:52, 16 * index + 4 : 16 * index + 12]
        assert np.abs(inside.mean(axis=(0, 1)) - YELLOW).max() < 16  # rare, and yet its own colour


@pytest.mark.parametrize("rate", [5, 8, 12, 50])
def test_no_error_of_the_times_adds_up(rate: int) -> None:
    times = [3 + number / rate for number in range(37)]
    rounded = durations(times)
    assert len(rounded) == len(times)
    assert {one % 10 for one in rounded} == {0}
    assert sum(rounded) == pytest.approx(1000 * 37 / rate, abs=20)


def test_none_is_too_short_for_players() -> None:
    assert min(durations([0.0, 0.001, 0.002, 0.5])) == 20


def test_it_replaces_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="already there"):
        write_gif(frames(), path)
    assert path.read_bytes() == b"mine"
    with pytest.raises(OutputError, match="no such folder"):
        write_gif(frames(), tmp_path / "none" / "a.gif")
    assert list(tmp_path.iterdir()) == [path]
