"""GIFs written, read back by Pillow: pictures, times, how often they are played, what is clear."""

from __future__ import annotations

import io

import numpy as np
import pytest
from making import Picture
from PIL import Image
from videofiles import moving

from emojicam.stream.media import gif
from emojicam.stream.media.gif import GifWriter


def written(pictures: list[Picture], shown: list[int], plays: int = 0, **options: int) -> bytes:
    memory = io.BytesIO()
    writer = GifWriter(memory, plays, **options)
    for picture, milliseconds in zip(pictures, shown, strict=True):
        writer.add(picture, milliseconds)
    writer.close()
    return memory.getvalue()


def read(data: bytes, mode: str = "RGB") -> tuple[list[Picture], list[int]]:
    with Image.open(io.BytesIO(data)) as image:
        pictures, shown = [], []
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            pictures.append(np.asarray(image.convert(mode)))
            shown.append(int(image.info.get("duration", 0)))
    return pictures, shown


def test_pictures_and_times_come_back() -> None:
    pictures = [picture[..., ::-1] for picture in moving(8)]
    shown = [40, 50, 60, 1000, 20, 30, 40, 700]
    after, times = read(written(pictures, shown))
    assert times == shown
    for before, now in zip(pictures, after, strict=True):
        assert np.abs(before.astype(int) - now).mean() < 3
        assert np.abs(before.astype(int) - now).max() < 32


def test_a_pause_is_as_long_as_a_gif_can_say() -> None:
    assert read(written([moving(1)[0]] * 2, [10_000_000, 40]))[1][0] == gif.LONGEST


@pytest.mark.parametrize(("plays", "loop"), [(0, 0), (1, None), (4, 3)])
def test_it_says_how_often_it_is_played(plays: int, loop: int | None) -> None:
    with Image.open(io.BytesIO(written(moving(3), [50] * 3, plays))) as image:
        assert image.info.get("loop") == loop


def test_what_does_not_change_takes_no_room() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    still = len(written([noise], [50]))
    assert len(written([noise] * 20, [50] * 20)) < still + 20 * 60
    calm = [np.clip(noise.astype(int) + step, 0, 255).astype(np.uint8) for step in (0, 2, -2, 1)]
    assert len(written(calm, [50] * 4)) < still * 1.05, "so little isn't drawn again"


def test_what_drifts_slowly_is_drawn_before_it_is_far_off() -> None:
    pictures = [np.full((16, 16, 3), 60 + 2 * step, np.uint8) for step in range(40)]
    after, _ = read(written(pictures, [50] * 40))
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(pictures, after, strict=True)) <= gif.SAME + 4


def test_another_scene_gets_colours_of_its_own(portrait: Picture) -> None:
    one = portrait[::4, ::4]
    other = np.ascontiguousarray(255 - one)[..., ::-1]
    scenes = [one] * gif.TOGETHER + [other] * gif.TOGETHER
    after, _ = read(written(scenes, [50] * len(scenes)))
    for before, now in ((scenes[0], after[0]), (scenes[-1], after[-1])):
        assert np.abs(before.astype(int) - now).mean() < 5


def test_what_is_clear_stays_clear_and_each_picture_stands_for_itself() -> None:
    pictures = []
    for left in (4, 20, 36):
        picture = np.zeros((32, 64, 4), np.uint8)
        picture[8:24, left : left + 16] = (200, 40, 40, 255)
        picture[0:4, left : left + 16] = (200, 40, 40, 100)
        pictures.append(picture)
    after, _ = read(written(pictures, [60] * 3), "RGBA")
    for before, now in zip(pictures, after, strict=True):
        assert np.array_equal(now[..., 3] == 255, before[..., 3] >= 128)
        assert set(np.unique(now[..., 3])) == {0, 255}


def test_a_picture_that_is_wholly_clear_is_one() -> None:
    after, _ = read(written([np.zeros((8, 8, 4), np.uint8)], [60]), "RGBA")
    assert not after[0][..., 3].any()


def test_without_a_picture_nothing_is_written() -> None:
    assert written([], []) == b""


def test_fewer_colours_make_a_smaller_file(portrait: Picture) -> None:
    sizes = [len(written([portrait], [50], colours=colours)) for colours in (255, 64, 16)]
    assert sizes == sorted(sizes, reverse=True)
