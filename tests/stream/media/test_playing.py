"""How an animation is to be played, as Pillow and browsers understand its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from emojicam.stream.media.playing import Playing, playing_of


def animation(path: Path, **options: Any) -> Path:
    pictures = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], **options)
    return path


@pytest.mark.parametrize(("loop", "plays"), [(None, 1), (0, 0), (4, 5)])
def test_a_gif_is_played_once_more_than_it_is_repeated(tmp_path: Path, loop: int | None, plays: int) -> None:
    said = {} if loop is None else {"loop": loop}
    path = animation(tmp_path / "a.gif", duration=[40, 50, 700], **said)
    assert playing_of(path) == Playing(plays, 700)


@pytest.mark.parametrize("loop", [0, 1, 7])
def test_a_webp_says_how_often_it_is_played(tmp_path: Path, loop: int) -> None:
    path = animation(tmp_path / "a.webp", duration=[40, 50, 333], loop=loop)
    assert playing_of(path) == Playing(loop, 333)


def test_what_is_too_short_to_be_seen_is_a_tenth_of_a_second(tmp_path: Path) -> None:
    assert playing_of(animation(tmp_path / "a.gif", duration=10)) == Playing(1, 100)


@pytest.mark.parametrize("keep", [3, 12, 20, 60, -9])
def test_a_torn_file_is_read_as_far_as_it_goes(tmp_path: Path, keep: int) -> None:
    for name in ("a.gif", "a.webp"):
        path = animation(tmp_path / name, duration=50)
        path.write_bytes(path.read_bytes()[:keep])
        found = playing_of(path)
        assert found is None or found.plays in (0, 1)


def test_other_files_are_no_animation(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"....ftypisom....")
    assert playing_of(tmp_path / "a.mp4") is None
    assert playing_of(tmp_path / "none.gif") is None
