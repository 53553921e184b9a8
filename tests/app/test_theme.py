from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from emojicam import assets
from emojicam.errors import UsageError
from emojicam.models.card import EMOTIONS
from emojicam.settings import Settings
from emojicam.stream.choices import Style
from emojicam.theme import (
    Theme,
    lacking,
    pictures_of,
    say_of_theme,
    shipped,
    theme_files,
    theme_notes,
    theme_of,
)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A theme with nothing to be said of it."""
    for emotion in EMOTIONS:
        Image.new("RGBA", (256, 256), (9, 80, 7, 255)).save(tmp_path / f"{emotion}.png")
    return tmp_path


def notes(folder: Path, style: Style = Style.COVER) -> list[str]:
    return theme_notes(Settings(theme=str(folder), style=style))


def test_nothing_is_said_of_ours_nor_of_one_that_is_well(mine: Path) -> None:
    assert theme_notes(Settings()) == []
    assert theme_notes(Settings(theme=str(assets.theme_folder("classic")))) == []
    assert notes(mine) == []


def test_a_picture_that_is_too_small_is_told_with_its_size(mine: Path) -> None:
    Image.new("RGBA", (100, 120), (9, 80, 7, 255)).save(mine / "fear.png")
    (said,) = notes(mine)
    assert said.startswith(f"{mine}: ")
    assert "less than 128x128 px" in said
    assert said.endswith("fear.png (100x120)")


def test_several_are_told_in_one_line(mine: Path) -> None:
    for emotion in EMOTIONS:
        Image.new("RGBA", (72, 72), (9, 80, 7, 255)).save(mine / f"{emotion}.png")
    (said,) = notes(mine)
    assert said.endswith("neutral.png (72x72) and 7 more")


@pytest.mark.parametrize("alpha", [0, 128, 254])
def test_a_picture_that_a_face_shows_through_is_told_for_a_cover_alone(mine: Path, alpha: int) -> None:
    Image.new("RGBA", (256, 256), (9, 80, 7, alpha)).save(mine / "happiness.png")
    (said,) = notes(mine)
    assert "a plain disc is laid under" in said
    assert said.endswith("happiness.png")
    assert notes(mine, Style.BADGE) == notes(mine, Style.LABEL) == []


def test_pictures_of_degrees_are_told_by_their_names(mine: Path) -> None:
    (mine / "fear.png").unlink()
    Image.new("RGBA", (100, 120), (9, 80, 7, 255)).save(mine / "fear-1.png")
    Image.new("RGBA", (256, 256), (9, 80, 7, 0)).save(mine / "fear-2.png")
    coarse, clear = notes(mine)
    assert coarse.endswith("fear-1.png (100x120)")
    assert clear.endswith("fear-2.png")


def test_a_theme_is_made_of_its_plain_pictures_and_of_the_degrees_that_are_there(mine: Path) -> None:
    assert theme_files("classic") == []
    plain = {f"{emotion}{suffix}" for emotion in EMOTIONS for suffix in (".png", ".svg")} | {"theme.toml"}
    assert {path.name for path in theme_files(str(mine))} == plain
    for degree in (1, 2):
        (mine / f"fear-{degree}.png").touch()
    files = theme_files(str(mine))
    assert {path.name for path in files} == plain | {f"fear-{n}{suffix}" for n in (1, 2) for suffix in (".png", ".svg")}
    assert len(files) == len(plain) + 4
    assert {path.parent for path in files} == {mine}, "what classic draws isn't theirs"


def test_what_others_stand_in_for_is_told_in_a_line(mine: Path) -> None:
    (mine / "fear.png").unlink()
    assert notes(mine) == [f"{mine}: has no picture of fear-1 and fear-2, for which classic's stand in"]
    (mine / "anger.png").rename(mine / "anger-2.png")
    (mine / "happiness-1.png").write_bytes((mine / "happiness.png").read_bytes())
    (said,) = notes(mine)
    lacks = "happiness-2, anger-1, fear-1 and fear-2"
    assert said == f"{mine}: has no picture of {lacks}, for which its own or classic's stand in"
    for emotion in EMOTIONS:
        (mine / f"{emotion}.png").unlink(missing_ok=True)
    (said,) = notes(mine)
    assert "of neutral, happiness-2, happiness-3 and 9 more, for which classic's stand in" in said


def test_too_many_degrees_are_left_to_who_draws_them_too(mine: Path) -> None:
    for degree in (1, 2, 3, 4):
        Image.new("RGBA", (100, 120), (9, 80, 7, 0)).save(mine / f"fear-{degree}.png")
    assert notes(mine) == []
    with pytest.raises(UsageError, match=r"has fear-1\.png, .*; the degrees"):
        theme_files(str(mine))


def test_what_cannot_be_read_is_left_to_who_draws_it(mine: Path) -> None:
    (mine / "anger.png").write_bytes(b"")
    assert notes(mine) == []


def test_the_shipped_themes_tell_what_they_look_like() -> None:
    themes = shipped()
    assert [theme.word for theme in themes] == list(assets.themes()) == ["classic", "cat", "line", "pixel", "yellow"]
    for theme in themes:
        assert theme.name.lower() == theme.word
        assert 20 < len(theme.about) < 80
        assert lacking(theme.folder) == []
        assert len(pictures_of(theme.folder)) == 14
    assert {theme.word for theme in themes if theme.flat} == {"line", "pixel"}


def test_a_theme_of_ones_own_is_called_by_its_folder_unless_it_has_a_name(mine: Path) -> None:
    assert theme_of(str(mine)) == Theme(str(mine), mine.name, "", mine, flat=False)
    (mine / "theme.toml").write_text('name = "Frogs"\nabout = "green"\nflat = true')
    assert theme_of(str(mine)) == Theme(str(mine), "Frogs", "green", mine, flat=True)


def test_a_theme_that_is_not_there_is_refused(inside: Path) -> None:
    with pytest.raises(UsageError, match="no theme is called"):
        theme_notes(Settings(theme="nowhere"))


def test_what_is_to_be_said_goes_to_stderr_unless_quiet(mine: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Image.new("RGBA", (40, 60), (9, 80, 7, 0)).save(mine / "happiness.png")
    say_of_theme(Settings(theme=str(mine), quiet=True))
    assert capfd.readouterr() == ("", "")
    say_of_theme(Settings(theme=str(mine)))
    out, err = capfd.readouterr()
    assert out == ""
    assert [line.split(": ")[0] for line in err.splitlines()] == ["emojicam", "emojicam"]


@pytest.mark.parametrize("side", [1, 3])
def test_a_tiny_picture_that_is_opaque_is_not_called_clear(mine: Path, side: int) -> None:
    Image.new("RGBA", (side, side), (9, 80, 7, 255)).save(mine / "anger.png")
    (said,) = notes(mine)
    assert "less than 128x128 px" in said
    Image.new("RGBA", (side, side), (9, 80, 7, 90)).save(mine / "anger.png")
    assert "clear where the face is" in notes(mine)[1]
