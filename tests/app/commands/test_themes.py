"""The command `themes`."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from emojicam import cli
from emojicam.models.card import EMOTIONS


def mine(folder: Path) -> Path:
    folder.mkdir()
    for emotion in EMOTIONS:
        Image.new("RGB", (200, 200), (9, 80, 7)).save(folder / f"{emotion}.png")
    return folder


def test_all_are_listed_and_drawn_and_nothing_is_replaced(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["themes"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["classic", "cat", "line", "pixel", "yellow", "themes.png"]
    assert all(line.endswith("(14 pictures)") for line in said[:-1])
    with Image.open("themes.png") as image:
        assert image.width > image.height > 900
    before = Path("themes.png").read_bytes()
    assert cli.main(["themes", "pixel"]) == 5
    out, err = capsys.readouterr()
    assert out.startswith("pixel: "), "listed all the same"
    assert "themes.png: is already there; --overwrite replaces it" in err
    assert Path("themes.png").read_bytes() == before
    assert cli.main(["themes", "pixel", "--overwrite"]) == 0
    with Image.open("themes.png") as image:
        assert image.height < 300


def test_what_ones_own_lacks_is_told(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = mine(inside / "mine")
    for emotion in ("fear", "neutral"):
        (folder / f"{emotion}.png").unlink()
    assert cli.main(["themes", "mine", "-o", "sheet.png"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == ["mine (6 pictures)", "sheet.png"]
    assert err == "emojicam: mine: has no picture of neutral, fear-1 and fear-2, for which classic's stand in\n"


@pytest.mark.parametrize(
    ("word", "said"),
    [("pixle", "yellow; did you mean pixel?"), ("nowhere", "there are: classic, cat")],
)
def test_one_that_is_not_there_is_refused(
    inside: Path, word: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["themes", word]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert not Path("themes.png").exists()


def test_a_folder_without_any_picture_is_no_theme(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inside / "mine").mkdir()
    assert cli.main(["themes", "mine"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "emojicam: mine: has no picture of any emotion, such as happiness.png\n"


def test_a_broken_picture_leaves_no_sheet(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mine(inside / "mine") / "fear.png").write_bytes(b"none")
    assert cli.main(["themes", "mine"]) == 2
    assert "fear.png: not a PNG that can be read" in capsys.readouterr().err
    assert [path.name for path in inside.iterdir()] == ["mine"]
