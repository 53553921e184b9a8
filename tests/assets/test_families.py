"""All themes that come with emojicam: whole, of one size, hiding a head, and each emotion unlike the others."""

from __future__ import annotations

import functools
from configparser import ConfigParser
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from emojicam import assets
from emojicam.assets import render
from emojicam.assets.families import FAMILIES
from emojicam.assets.manifest import manifest
from emojicam.models.card import EMOTIONS
from emojicam.stream.drawing.cover import hides_face, hides_head

ROOT = Path(__file__).resolve().parents[2]
THEMES = assets.themes()
SIDE = render.SIZE
Pictures = dict[tuple[str, int], npt.NDArray[np.uint8]]


@functools.cache
def pictures(theme: str) -> Pictures:
    return {(emotion, n): art for emotion in EMOTIONS for n, art in enumerate(assets.emojis(theme, emotion), 1)}


def small(theme: str, side: int, mode: str = "RGB") -> dict[tuple[str, int], npt.NDArray[np.float64]]:
    """All pictures of a theme, as small as text, on white."""
    white = Image.new("RGBA", (SIDE, SIDE), "white")
    return {
        key: np.asarray(
            Image.alpha_composite(white, Image.fromarray(art)).convert(mode).resize((side, side), Image.Resampling.BOX),
            float,
        )
        for key, art in pictures(theme).items()
    }


def test_code_draws_all_themes_but_the_one_that_is_drawn_by_hand() -> None:
    assert set(THEMES) == {"classic", *FAMILIES}
    assert list(render.stale()) == []


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_is_whole(theme: str) -> None:
    degrees = {emotion: len(assets.emojis(theme, emotion)) for emotion in EMOTIONS}
    assert degrees == {
        "happiness": 3,
        **dict.fromkeys(("anger", "sadness", "surprise", "fear"), 2),
        **dict.fromkeys(("neutral", "disgust", "contempt"), 1),
    }
    folder = assets.theme_folder(theme)
    drawings = {path.stem for path in folder.glob("*.svg")}
    assert drawings == {path.stem for path in folder.glob("*.png")}
    assert drawings == {path.stem for emotion in EMOTIONS for path in assets.emoji_files(folder, emotion)}


@pytest.mark.parametrize("theme", THEMES)
def test_each_emoji_is_an_opaque_disc_that_hides_a_head(theme: str) -> None:
    disc = manifest(assets.theme_folder(theme)).disc
    assert disc == assets.DISC or theme == "cat"
    for key, art in pictures(theme).items():
        assert art.shape == (SIDE, SIDE, 4)
        assert hides_face(art, disc), key
        assert hides_head(art, disc), key
        assert not art[..., 3][[0, 0, -1, -1], [0, -1, 0, -1]].any(), "the corners are clear"
        rows, columns = art[..., 3].any(axis=1).nonzero()[0], art[..., 3].any(axis=0).nonzero()[0]
        assert np.ptp(columns) > 0.93 * SIDE
        assert np.ptp(rows) > 0.9 * SIDE


@pytest.mark.parametrize("theme", THEMES)
def test_no_two_emoji_of_a_theme_look_alike(theme: str) -> None:
    """At 32 px; the degrees of one emotion may share their colour, and differ in eyes, brows and mouth."""
    for (name, one), (other_name, other) in combinations(small(theme, 32).items(), 2):
        away = np.abs(one - other).max(axis=2)
        least = 20 if name[0] == other_name[0] or theme in ("cat", "line", "yellow") else 60
        assert (away > 60).sum() > 20, (name, other_name)
        assert (away > 20).sum() > least, (name, other_name)


def test_line_is_told_apart_in_grey_as_small_as_text() -> None:
    """At 20 px, without colour: of the pixels of a face a tenth and more differ from those of any other emotion."""
    for (name, one), (other_name, other) in combinations(small("line", 20, "L").items(), 2):
        if name[0] != other_name[0]:
            assert (np.abs(one - other) > 64).sum() > 30, (name, other_name)


def test_line_is_black_and_white() -> None:
    for art in pictures("line").values():
        art = art[::4, ::4]
        opaque = art[art[..., 3] == 255][:, :3]
        sure = (opaque > 240).all(axis=1) | (opaque < 40).all(axis=1)
        assert sure.mean() > 0.97


def test_yellow_is_all_of_one_yellow() -> None:
    """The forehead's colour is that of every face: what is told, brows, eyes and mouth tell."""
    forehead = {tuple(art[int(0.06 * SIDE), SIDE // 2]) for art in pictures("yellow").values()}
    assert len(forehead) == 1


def test_pixels_have_no_soft_edges() -> None:
    for art in pictures("pixel").values():
        assert set(np.unique(art[..., 3])) == {0, 255}
        assert len(np.unique(np.ascontiguousarray(art[::8, ::8]).view(np.uint32))) < 16


def test_the_wheel_has_all_files_of_all_themes() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    patterns = config["options.package_data"]["emojicam.assets"].split(", ")
    packed = {path for pattern in patterns for path in (ROOT / "assets").glob(pattern)}
    there = {path for path in (ROOT / "assets" / "emojis").rglob("*") if path.is_file()}
    assert len(there) == len(THEMES) * (2 * 14 + 1)
    assert there <= packed
