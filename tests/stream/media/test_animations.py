"""Animated WebP as a source of frames: each picture once, with its time."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emojicam.errors import InputError
from emojicam.stream.media import animations
from emojicam.stream.media.animations import AnimatedWebp
from emojicam.stream.types import Format

LEVELS = (20, 90, 160, 230)


def write(path: Path, pictures: Sequence[Image.Image], shown: Sequence[int]) -> Path:
    """Write an animation, lossless; `shown` has the milliseconds of each picture."""
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=list(shown), lossless=True)
    return path


def greys(path: Path, size: tuple[int, int] = (64, 48), shown: Sequence[int] = (40, 40, 40, 40)) -> Path:
    return write(path, [Image.new("RGB", size, (level, level, level)) for level in LEVELS], shown)


def luma(level: int) -> int:
    """What a grey level is in limited range."""
    return round(16 + level * 219 / 255)


def test_each_picture_comes_once_in_order_and_upright_in_its_layout(tmp_path: Path) -> None:
    with AnimatedWebp(greys(tmp_path / "a.webp")) as video:
        assert (video.info.width, video.info.height, video.info.frames) == (64, 48, 4)
        assert video.info.sound is None
        assert not video.live
        frames = list(video)
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert {frame.format for frame in frames} == {Format.I420}
    assert [frame.pixels.shape for frame in frames] == [(72, 64)] * 4
    assert [int(frame.luma.mean()) for frame in frames] == pytest.approx([luma(level) for level in LEVELS], abs=1)
    assert video.notes == []


def test_times_are_the_files_and_pictures_too_short_to_be_seen_last_a_tenth(tmp_path: Path) -> None:
    with AnimatedWebp(greys(tmp_path / "a.webp", shown=(40, 5, 200, 40))) as video:
        assert [frame.time for frame in video] == pytest.approx([0, 0.04, 0.14, 0.34])


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    clear, half = (Image.new("RGBA", (32, 32), (0, 0, 0, alpha)) for alpha in (0, 128))
    with AnimatedWebp(write(tmp_path / "a.webp", [clear, half], (100, 100))) as video:
        white, grey = (frame.bgr()[16, 16].astype(int) for frame in video)
    assert white.tolist() == [255, 255, 255]
    assert np.abs(grey - 127).max() <= 3


@pytest.mark.parametrize(
    ("size", "even"), [((65, 49), (64, 48)), ((1, 1), (2, 2)), ((1, 40), (2, 40)), ((64, 3), (64, 2))]
)
def test_odd_sides_become_even(tmp_path: Path, size: tuple[int, int], even: tuple[int, int]) -> None:
    with AnimatedWebp(greys(tmp_path / "a.webp", size)) as video:
        frames = list(video)
    assert {(frame.width, frame.height) for frame in frames} == {even}
    assert int(frames[-1].luma.mean()) == pytest.approx(luma(LEVELS[-1]), abs=1)


def test_an_odd_size_loses_its_last_row_and_column(tmp_path: Path) -> None:
    pixels = np.full((49, 65, 3), 90, np.uint8)
    pixels[48], pixels[:, 64] = 255, 255
    pictures = [Image.fromarray(pixels), Image.fromarray(255 - pixels)]
    with AnimatedWebp(write(tmp_path / "a.webp", pictures, (100, 100))) as video:
        first = next(iter(video))
    assert np.abs(first.luma.astype(int) - luma(90)).max() <= 1


@pytest.mark.parametrize("content", [b"", b"some text", b"RIFF\x10\0\0\0WEBPVP8X", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_animation_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.webp"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.webp: neither a photo nor a video that can be read"):
        AnimatedWebp(path)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_one_that_is_too_large_is_refused_by_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animations, "MOST_PIXELS", 64 * 48 - 1)
    with pytest.raises(InputError, match=r"a\.webp: 64x48 px is more than"):
        AnimatedWebp(greys(tmp_path / "a.webp"))
    gc.collect()


@pytest.mark.skipif(sys.platform != "linux", reason="what is open is told by /proc")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_one_that_is_refused_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animations, "MOST_PIXELS", 64 * 48 - 1)
    path = greys(tmp_path / "a.webp")
    with pytest.raises(InputError) as caught:
        AnimatedWebp(path)
    assert caught.value.exit_code == 3
    left = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink() and link.resolve() == path]
    del caught
    gc.collect()
    assert not left


def test_of_one_that_is_torn_what_can_be_read_is_given_and_the_rest_is_told(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    noise = [Image.fromarray(chance.integers(0, 256, (48, 64, 3), dtype=np.uint8)) for _ in range(4)]
    path = write(tmp_path / "a.webp", noise, (100,) * 4)
    content = bytearray(path.read_bytes())
    third = [at for at in range(len(content)) if content[at : at + 4] == b"ANMF"][2]
    content[third + 40 : third + 400] = bytes(360)
    path.write_bytes(content)
    with AnimatedWebp(path) as video:
        frames = list(video)
    assert [frame.index for frame in frames] == [0, 1]
    assert video.notes == ["the last 2 of 4 pictures can't be read"]


@pytest.mark.parametrize("picture", [0, 2])
def test_of_one_whose_pictures_are_not_all_known_as_such_is_said_that_it_is_damaged(
    tmp_path: Path, picture: int
) -> None:
    path = greys(tmp_path / "a.webp")
    content = path.read_bytes()
    places = [at for at in range(len(content)) if content[at : at + 4] == b"ANMF"]
    path.write_bytes(content[: places[picture]] + b"XNMF" + content[places[picture] + 4 :])
    with AnimatedWebp(path) as video:
        assert len(list(video)) < 4
    (note,) = video.notes
    assert note.startswith("the file is damaged in its middle: ")


def test_of_a_whole_one_nothing_is_said_whatever_stands_behind_its_pictures(tmp_path: Path) -> None:
    path = greys(tmp_path / "a.webp")
    content = path.read_bytes() + b"mine" + (4).to_bytes(4, "little") + bytes(4)
    path.write_bytes(content[:4] + (len(content) - 8).to_bytes(4, "little") + content[8:])
    with AnimatedWebp(path) as video:
        assert len(list(video)) == 4
    assert video.notes == []
