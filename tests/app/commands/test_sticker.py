"""`emojicam sticker`: files that messengers take, and what is refused in a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import run, write_photo
from making import read_video
from PIL import Image

from emojicam import assets
from emojicam.commands.sticker import StickerOptions
from emojicam.sticker import MOST_SECONDS


def test_a_photos_sticker_is_a_clear_webp_beside_which_nothing_is_left(
    inside: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("sticker", assets.sample_photo()) == 0
    assert capfd.readouterr().out.startswith("astronaut-sticker.webp: happiness, 512x512 px, ")
    assert [path.name for path in inside.iterdir()] == ["astronaut-sticker.webp"]
    path = inside / "astronaut-sticker.webp"
    assert path.stat().st_size <= 500_000
    with Image.open(path) as image:
        assert (image.format, image.size, image.mode) == ("WEBP", (512, 512), "RGBA")
        assert image.getpixel((0, 0))[3] == 0
        assert image.getpixel((256, 256))[3] == 255
    assert run("sticker", assets.sample_photo()) == 5
    assert "astronaut-sticker.webp: is already there" in capfd.readouterr().err
    assert run("sticker", assets.sample_photo(), "--overwrite", "--quiet") == 0
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("out", ["a.gif", "a.webp"])
def test_a_clips_sticker_moves(clip: Path, inside: Path, capfd: pytest.CaptureFixture[str], out: str) -> None:
    assert run("sticker", clip, "-o", out, "--seconds", 0.5) == 0
    assert " pictures in 0.5 s\n" in capfd.readouterr().out
    assert (inside / out).stat().st_size <= 500_000
    with Image.open(inside / out) as image:
        assert image.n_frames == 7
        assert image.info["loop"] == 0
        for index in range(image.n_frames):
            image.seek(index)
            alpha = image.convert("RGBA").getchannel("A")
            assert alpha.getpixel((0, 0)) == 0
            assert alpha.getpixel((image.width // 2, image.height // 2)) == 255
    assert len(read_video(clip)[0]) == 25, "the source stays as it was"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["a.png"], 3, "a.png: no face found, so there is no sticker"),
        (["none.png"], 2, "none.png: no such file"),
        (["a.png", "-o", "b.jpg"], 2, "b.jpg: a photo's sticker is written as .webp, .gif, .png"),
        (["a.png", "-o", "a.png", "--overwrite"], 2, "a.png: the output would replace its own input"),
        (["a.png", "--seconds", "4"], 2, "--seconds 4: more than 0, at most 3"),
        (["a.png", "--seconds", "0"], 2, "--seconds 0: more than 0, at most 3"),
        (["a.png", "--start", "-1"], 2, "--start -1: seconds, from 0 on"),
        (["a.png", "--style", "badge"], 2, "--style badge: lies beside the face, and so outside of a sticker"),
    ],
)
def test_what_can_not_be_is_told_in_a_line(
    inside: Path, capfd: pytest.CaptureFixture[str], options: list[str], code: int, said: str
) -> None:
    write_photo(inside / "a.png")
    assert run("sticker", *options, "--quiet") == code
    assert capfd.readouterr().err == f"emojicam: {said}\n"
    assert [path.name for path in inside.iterdir()] == ["a.png"]


def test_a_clips_sticker_is_no_png(clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("sticker", clip, "-o", "a.png") == 2
    assert "a.png: a video's sticker is written as .webp, .gif" in capfd.readouterr().err


@pytest.mark.parametrize("out", ["out", "new/er/"])
def test_a_folder_takes_a_sticker_and_is_made(inside: Path, out: str) -> None:
    assert run("sticker", assets.sample_photo(), "-o", out, "--quiet") == 0
    assert (inside / out / "astronaut-sticker.webp").is_file()


def test_the_help_names_the_default_that_there_is(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("sticker", "--help")
    assert f"at most {MOST_SECONDS:g} (default: {MOST_SECONDS:g})" in " ".join(capfd.readouterr().out.split())
    assert StickerOptions.seconds == MOST_SECONDS
