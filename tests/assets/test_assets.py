from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emojicam import assets
from emojicam.assets import render
from emojicam.errors import UsageError
from emojicam.stream.media.photos import read_photo


def own_theme(folder: Path, *emotions: str) -> Path:
    for emotion in emotions:
        Image.new("RGB", (20, 30), (9, 8, 7)).save(folder / f"{emotion}.png")
    return folder


def test_the_sample_photo_is_a_photo() -> None:
    assert read_photo(assets.sample_photo()).bgr.shape == (512, 512, 3)


# --- themes ---


def test_a_users_folder_is_a_theme(tmp_path: Path) -> None:
    picture = assets.emoji(str(own_theme(tmp_path, "fear")), "fear")
    assert picture.shape == (30, 20, 4)
    assert (picture == (9, 8, 7, 255)).all()


@pytest.mark.parametrize("name", ["modern", "no/such/folder", ""])
def test_an_unknown_theme_is_refused_and_the_known_are_named(inside: Path, name: str) -> None:
    with pytest.raises(UsageError, match="classic"):
        assets.theme_folder(name)


def levels(theme: Path, emotion: str) -> list[int]:
    return [int(picture[0, 0, 0]) for picture in assets.emojis(str(theme), emotion)]


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    """A theme whose pictures of fear grow by degree: -1 is of level 10, -2 of 20, … and fear.png of 0."""
    for name, level in (("", 0), *((f"-{degree}", 10 * degree) for degree in (1, 2, 3, 4))):
        Image.new("RGB", (20, 20), (level, 0, 0)).save(tmp_path / f"fear{name}.png")
    return tmp_path


@pytest.mark.parametrize(
    ("without", "drawn", "plain"),
    [
        (["-1", "-2", "-3", "-4"], [0], 0),
        (["-4"], [10, 20, 30], 0),
        (["-3", "-4"], [10, 20], 0),
        (["", "-4"], [10, 20, 30], 20),
        (["", "-3", "-4"], [10, 20], 20),
    ],
)
def test_pictures_of_degrees_go_before_the_plain_one(
    grown: Path, without: list[str], drawn: list[int], plain: int
) -> None:
    for name in without:
        (grown / f"fear{name}.png").unlink()
    assert levels(grown, "fear") == drawn
    assert assets.emoji(str(grown), "fear")[0, 0, 0] == plain


@pytest.mark.parametrize(
    ("kept", "drawn"),
    [([1], [10, 0]), ([2], [0, 20]), ([3], [0, 0, 30]), ([1, 3], [10, 0, 30]), ([2, 3], [0, 20, 30])],
)
def test_for_a_missing_degree_the_plain_picture_stands_in(grown: Path, kept: list[int], drawn: list[int]) -> None:
    for degree in {1, 2, 3, 4} - set(kept):
        (grown / f"fear-{degree}.png").unlink()
    assert levels(grown, "fear") == drawn


def test_for_a_degree_without_a_plain_picture_classic_stands_in(grown: Path) -> None:
    for name in ("", "-1", "-3", "-4"):
        (grown / f"fear{name}.png").unlink()
    classic = assets.theme_folder("classic")
    assert assets.emoji_files(grown, "fear") == (classic / "fear-1.png", grown / "fear-2.png")


def test_a_fourth_degree_is_refused_in_a_line(grown: Path) -> None:
    with pytest.raises(UsageError) as caught:
        assets.emojis(str(grown), "fear")
    found = ", ".join(f"fear-{degree}.png" for degree in (1, 2, 3, 4))
    assert str(caught.value) == f"{grown}: has {found}; the degrees of an emotion are -1 and -2, or -1, -2 and -3"
    assert assets.emoji(str(grown), "fear")[0, 0, 0] == 0, "the plain one is there all the same"


def test_for_an_emotion_that_is_missing_classic_stands_in_with_a_disc_as_large(tmp_path: Path) -> None:
    own_theme(tmp_path, "fear")
    (stands_in,), (classic,) = assets.emojis(str(tmp_path), "neutral"), assets.emojis("classic", "neutral")
    assert len(stands_in) == round(assets.DISC * len(classic))
    assert (stands_in == classic[16:-16, 16:-16]).all(), "a theme without theme.toml has no border"
    (tmp_path / "theme.toml").write_text("disc = 0.75")
    (smaller,) = assets.emojis(str(tmp_path), "neutral")
    border = (len(smaller) - len(classic)) // 2
    assert len(classic) / len(smaller) == pytest.approx(0.75 / assets.DISC, abs=0.002)
    assert (smaller[border:-border, border:-border] == classic).all()
    assert not smaller[:border].any()


def test_a_degree_that_is_no_png_is_refused_by_file(grown: Path) -> None:
    (grown / "fear-4.png").unlink()
    (grown / "fear-2.png").write_bytes(b"text")
    with pytest.raises(UsageError, match=r"fear-2\.png: not a PNG that can be read"):
        assets.emojis(str(grown), "fear")


def test_a_word_that_classic_has_no_picture_for_either_is_refused_by_file(tmp_path: Path) -> None:
    own_theme(tmp_path, "fear")
    with pytest.raises(UsageError) as caught:
        assets.emoji(str(tmp_path), "boredom")
    assert str(caught.value).startswith(f"{tmp_path / 'boredom.png'}: no such emoji")


@pytest.mark.parametrize(("typed", "meant"), [("pixle", "pixel"), ("Classic", "classic"), ("cats", "cat")])
def test_a_name_that_is_nearly_one_of_ours_is_asked_about(inside: Path, typed: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"; did you mean {meant}[?]$"):
        assets.theme_folder(typed)


# --- larger pictures ---


def test_a_picture_is_drawn_as_large_as_it_is_wanted_from_the_drawing_beside_it(tmp_path: Path) -> None:
    own_theme(tmp_path, "fear")
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path d="M0 0H1V2H0Z" fill="#0f0"/></svg>'
    (tmp_path / "fear.svg").write_text(svg)
    large = assets.picture(tmp_path, tmp_path / "fear.png", 100)
    assert (large[:, :50] == (0, 255, 0, 255)).all()
    assert not large[:, 50:].any()
    assert assets.picture(tmp_path, tmp_path / "fear.png", 30).shape == (30, 20, 4), "large enough as it is"


@pytest.mark.parametrize("drawing", [None, "no drawing", "<svg"])
def test_without_a_drawing_a_picture_is_as_large_as_it_is(tmp_path: Path, drawing: str | None) -> None:
    own_theme(tmp_path, "fear")
    if drawing is not None:
        (tmp_path / "fear.svg").write_text(drawing)
    assert assets.picture(tmp_path, tmp_path / "fear.png", 100).shape == (30, 20, 4)


def test_art_of_large_pixels_keeps_its_edges(tmp_path: Path) -> None:
    checks = (np.indices((8, 8)).sum(axis=0) % 2 * 255).astype(np.uint8)
    Image.fromarray(checks).save(tmp_path / "fear.png")
    (tmp_path / "theme.toml").write_text("nearest = true")
    for size, side in ((0, 1024), (1500, 1504)):
        large = assets.picture(tmp_path, tmp_path / "fear.png", size)
        assert large.shape == (side, side, 4)
        assert set(np.unique(large[..., 0])) == {0, 255}


@pytest.mark.parametrize("kind", ["text", "jpeg", "cut off", "folder", "empty"])
def test_an_emoji_that_is_no_png_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "anger.png"
    if kind == "folder":
        path.mkdir()
    elif kind == "jpeg":
        Image.new("RGB", (20, 20)).save(path, "JPEG")
    else:
        whole = (assets.theme_folder("classic") / "disgust.png").read_bytes()
        path.write_bytes({"text": b"an emoji", "cut off": whole[:5000], "empty": b""}[kind])
    with pytest.raises(UsageError) as caught:
        assets.emoji(str(tmp_path), "anger")
    assert str(caught.value) == f"{path}: not a PNG that can be read"


@pytest.mark.parametrize("size", [(4097, 4096), (12_000, 8_000), (14_000, 13_000), (5000, 3), (3, 5000)])
def test_a_huge_emoji_is_refused_by_its_size(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("1", size).save(tmp_path / "anger.png", compress_level=1)
    with pytest.raises(UsageError, match=r"anger\.png: has more than the 4096x4096 px"):
        assets.emoji(str(tmp_path), "anger")


def test_an_emoji_that_moves_is_refused(tmp_path: Path) -> None:
    first, *others = (Image.new("RGB", (20, 20), (level, 0, 0)) for level in (0, 90, 180))
    first.save(tmp_path / "anger.png", save_all=True, append_images=others)
    with pytest.raises(UsageError, match=r"anger\.png: moves; an emoji is a still picture"):
        assets.emoji(str(tmp_path), "anger")


def test_an_emoji_of_one_picture_that_says_it_moves_is_told_from_one_that_does(tmp_path: Path) -> None:
    Image.new("RGB", (20, 20), (9, 8, 7)).save(tmp_path / "anger.png", save_all=True)
    assert (assets.emoji(str(tmp_path), "anger") == (9, 8, 7, 255)).all()


def test_sixteen_bits_of_grey_are_scaled_not_cut_off(tmp_path: Path) -> None:
    Image.fromarray(np.full((20, 20), 0x8000, np.uint16)).save(tmp_path / "anger.png")
    assert (assets.emoji(str(tmp_path), "anger") == (128, 128, 128, 255)).all()


# --- drawings ---


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """A folder with a copy of one emoji and of its drawing, as a theme in a folder of themes."""
    theme = tmp_path / "themes" / "mine"
    theme.mkdir(parents=True)
    for suffix in (".svg", ".png"):
        shutil.copy(assets.theme_folder("pixel") / f"disgust{suffix}", theme)
    return theme.parent


@pytest.mark.slow
def test_the_committed_pictures_are_those_of_the_drawings(capsys: pytest.CaptureFixture[str]) -> None:
    assert render.main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_a_changed_picture_is_named(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    png = drawn / "mine" / "disgust.png"
    assert render.main(["--check", "--folder", str(drawn)]) == 0
    with Image.open(png) as image:
        changed = image.copy()
    changed.putpixel((256, 300), (0, 255, 0, 255))
    changed.save(png)
    before = png.read_bytes()
    assert render.main(["--check", "--folder", str(drawn)]) == 1
    assert "out of date: themes/mine/disgust.png" in capsys.readouterr().out
    assert png.read_bytes() == before, "--check wrote to it"
    assert render.main(["--folder", str(drawn)]) == 0
    assert render.main(["--check", "--folder", str(drawn)]) == 0


def test_a_drawing_that_code_would_draw_otherwise_is_drawn_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels = tmp_path / "themes" / "pixel"
    shutil.copytree(assets.theme_folder("pixel"), pixels)
    svg = pixels / "fear-2.svg"
    drawn = svg.read_text("utf-8")
    svg.write_text(drawn.replace("#", "#f"), "utf-8")
    assert [path for path, _ in render.stale(pixels.parent)] == [svg]
    assert dict(render.stale(pixels.parent)) == {svg: drawn}
    for path in pixels.glob("*"):
        if path.stem != "fear-2":
            path.unlink()
    assert render.main(["--check", "--folder", str(pixels.parent)]) == 1
    assert "out of date: themes/pixel/fear-2.svg" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["missing", "text", "size", "no alpha"])
def test_a_picture_that_is_no_rendering_is_named(drawn: Path, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    png = drawn / "mine" / "disgust.png"
    if damage == "missing":
        png.unlink()
    elif damage == "text":
        png.write_text("an emoji")
    else:
        with Image.open(png) as image:
            changed = image.resize((256, 256)) if damage == "size" else image.convert("RGB")
        changed.save(png)
    assert render.main(["--check", "--folder", str(drawn)]) == 1
    assert "disgust.png" in capsys.readouterr().out


def test_a_folder_without_drawings_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert render.main(["--check", "--folder", str(tmp_path)]) == 1
    assert f"no SVG files in {tmp_path}" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
@pytest.mark.parametrize("what", ["pipe", "folder"])
def test_what_is_no_file_is_refused_and_not_waited_for(what: str, tmp_path: Path) -> None:
    if what == "pipe":
        os.mkfifo(tmp_path / "happiness.png")
    else:
        (tmp_path / "happiness.png").mkdir()
    with pytest.raises(UsageError, match=r"happiness\.png: not a PNG that can be read"):
        assets.emoji(str(tmp_path), "happiness")
