"""A live stream into a file: it begins with its first picture, keeps the times, and ends whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from making import i420, read_video

from emojicam.errors import OutputError
from emojicam.stream.i420 import Colour
from emojicam.stream.live.recording import Recording
from emojicam.stream.types import Drawn, Format, Frame, Judged


def drawn(time: float, level: int = 90, size: tuple[int, int] = (64, 48), *, placeholder: bool = False) -> Drawn:
    """A grey frame, BGR, taken at a time (s)."""
    pixels = np.full((size[1], size[0], 3), level, np.uint8)
    return Drawn(Judged(Frame(0, time, pixels, placeholder=placeholder), ()), pixels)


def recording(path: Path, *, overwrite: bool = False) -> Recording:
    return Recording(path, 30, preset="ultrafast", overwrite=overwrite)


def test_the_file_begins_at_0_and_keeps_the_distances(tmp_path: Path) -> None:
    taken = [1234.5, 1234.533, 1234.6, 1234.9, 1236.0]
    write = recording(tmp_path / "a.mp4")
    for number, time in enumerate(taken):
        write(drawn(time, 40 * number + 20))
    assert write.frames == 5
    assert write.close()
    pictures, times = read_video(tmp_path / "a.mp4")
    assert times == pytest.approx([time - taken[0] for time in taken], abs=0.0001)
    assert [int(picture.mean()) for picture in pictures] == pytest.approx([20, 60, 100, 140, 180], abs=3)


def test_a_time_that_does_not_go_on_is_left_out(tmp_path: Path) -> None:
    write = recording(tmp_path / "a.mp4")
    for time in (5.0, 5.1, 5.1, 5.05, 4.0, 5.2):
        write(drawn(time))
    assert write.frames == 3
    write.close()
    assert read_video(tmp_path / "a.mp4")[1] == pytest.approx([0, 0.1, 0.2], abs=0.0001)


def test_it_begins_with_the_first_picture_and_a_card_later_on_is_fitted_in(tmp_path: Path) -> None:
    write = recording(tmp_path / "a.mp4")
    write(drawn(0.0, size=(320, 240), placeholder=True))
    assert write.frames == 0
    assert not (tmp_path / "a.part.mp4").exists()
    write(drawn(1.0))
    write(drawn(1.1, size=(320, 240), placeholder=True))
    write.close()
    pictures, times = read_video(tmp_path / "a.mp4")
    assert [picture.shape for picture in pictures] == [(48, 64, 3)] * 2
    assert times == pytest.approx([0, 0.1], abs=0.0001)


def test_a_picture_of_another_shape_gets_bars(tmp_path: Path) -> None:
    write = recording(tmp_path / "a.mp4")
    write(drawn(0.0, 200))
    write(drawn(0.1, 200, (48, 96)))
    write.close()
    picture = read_video(tmp_path / "a.mp4")[0][1].astype(int)
    assert picture[24, 32].mean() > 180
    assert picture[24, 4].mean() < 20


def test_odd_sides_become_even(tmp_path: Path) -> None:
    write = recording(tmp_path / "a.mp4")
    write(drawn(0.0, size=(65, 49)))
    write.close()
    assert read_video(tmp_path / "a.mp4")[0][0].shape == (48, 64, 3)


@pytest.mark.parametrize("full", [False, True])
def test_the_colours_are_those_of_the_stream(tmp_path: Path, full: bool) -> None:
    orange = np.full((48, 64, 3), (40, 140, 220), np.uint8)
    pixels = i420(orange)
    if full:
        pixels = np.clip((pixels.astype(float) - 16) * 255 / 219, 0, 255).astype(np.uint8)
        pixels[48:] = np.rint(128 + (i420(orange)[48:].astype(float) - 128) * 255 / 224).astype(np.uint8)
    frame = Frame(0, 0.0, pixels, Format.I420, Colour(full=full))
    write = recording(tmp_path / "a.mp4")
    write(Drawn(Judged(frame, ()), pixels))
    write(Drawn(Judged(replace(frame, time=0.1), ()), pixels))
    write.close()
    assert np.abs(read_video(tmp_path / "a.mp4")[0][1].astype(int) - orange).max() <= 6


def test_without_a_frame_there_is_no_file(tmp_path: Path) -> None:
    write = recording(tmp_path / "a.mp4")
    assert not write.close()
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_refused_before_the_first_frame_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"a\.mp4: is already there"):
        recording(path)
    assert path.read_bytes() == b"precious"
    write = recording(path, overwrite=True)
    assert path.read_bytes() == b"precious"
    write(drawn(0.0))
    write.close()
    assert len(read_video(path)[0]) == 1
    with pytest.raises(OutputError, match="nowhere: no such folder"):
        recording(tmp_path / "nowhere" / "a.mp4")
