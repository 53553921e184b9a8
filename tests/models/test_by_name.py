from __future__ import annotations

from pathlib import Path

import pytest

from emojicam.errors import UsageError
from emojicam.models.by_name import find, names


def test_what_comes_with_emojicam_has_a_name_and_ones_own_a_path(tmp_path: Path) -> None:
    assert "mien" in names("recipes")
    assert list(names("spaces")) == sorted(names("spaces"))
    assert "distil" in find("mien", "recipes", "recipe", "recipe file").read_text("utf-8")
    own = tmp_path / "mien.toml"
    own.write_text("epochs = 1")
    assert find(str(own), "recipes", "recipe", "recipe file").read_text("utf-8") == "epochs = 1"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("none.toml", "none.toml: no such recipe file"),
        ("mein", "no recipe is called 'mein'; there are: .*mien"),
        ("../recipes/mien", "no recipe is called"),
    ],
)
def test_what_there_is_not_is_told(asked: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        find(asked, "recipes", "recipe", "recipe file")
