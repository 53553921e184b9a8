from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from emojicam.assets.manifest import Manifest, manifest
from emojicam.errors import UsageError


def test_a_folder_without_the_file_has_its_own_name(tmp_path: Path) -> None:
    folder = tmp_path / "frogs"
    folder.mkdir()
    assert manifest(folder) == Manifest("frogs", "", 1.0, flat=False, nearest=False)


def test_all_that_can_be_said_is_read(tmp_path: Path) -> None:
    said = 'name = "Frösche"\nabout = "green ones"\ndisc = 0.9\nflat = true\nnearest = true\n'
    (tmp_path / "theme.toml").write_text(said, "utf-8")
    assert manifest(tmp_path) == Manifest("Frösche", "green ones", 0.9, flat=True, nearest=True)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("colour = 3", "'colour' is none of about, disc, flat, name, nearest"),
        ("name = 3", "name is to be one line of text"),
        ('name = " "', "name is to be one line of text"),
        ('about = "a\\nb"', "about is to be one line of text"),
        ("flat = 1", "flat is to be true or false"),
        ("disc = true", "disc is to be a number with a point"),
        ("disc = 0.1", "disc is to be between 0.5 and 1.0"),
        ("disc = nan", "disc is to be between 0.5 and 1.0"),
        ("flat", "not TOML that can be read"),
        ("x" * 70_000, "not a text file of at most 64 kB"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(tmp_path: Path, said: str, problem: str) -> None:
    (tmp_path / "theme.toml").write_text(said)
    with pytest.raises(UsageError) as caught:
        manifest(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'theme.toml'}: {problem}")
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "theme.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not TOML"):
        manifest(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "theme.toml")
    with pytest.raises(UsageError, match="not a text file"):
        manifest(tmp_path)
