from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emojicam import assets
from emojicam.errors import UsageError
from emojicam.models.card import EMOTIONS
from emojicam.pictures import Pictures, shipped_pictures


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    for emotion in EMOTIONS:
        Image.new("RGB", (1500, 600), (9, 80, 7)).save(tmp_path / f"{emotion}.png")
    return tmp_path


def test_large_pictures_are_kept_small_and_read_again_where_they_are_needed(mine: Path) -> None:
    pictures = Pictures(mine, EMOTIONS)
    (kept,) = pictures("fear")
    assert kept.shape == (300, 750, 4)
    stored = pictures.stored("fear", 0, 4096)
    assert stored is not None
    assert stored.shape == (600, 1500, 4)
    (mine / "fear.png").unlink()
    assert pictures.stored("fear", 0, 4096) is None
    assert pictures("fear")[0] is kept


def test_only_what_is_to_be_drawn_is_drawn_from_the_drawing(mine: Path) -> None:
    (mine / "fear.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0H1V1H0Z" fill="#f00"/></svg>'
    )
    pictures = Pictures(mine, EMOTIONS)
    drawn, stored = pictures.drawn("fear", 0, 2000), pictures.stored("fear", 0, 2000)
    assert drawn is not None
    assert drawn.shape == (2000, 2000, 4)
    assert (drawn == (255, 0, 0, 255)).all()
    assert stored is not None
    assert (stored == (9, 80, 7, 255)).all()


def test_what_is_wrong_with_ones_own_is_known_at_once(mine: Path) -> None:
    (mine / "anger.png").write_bytes(b"")
    with pytest.raises(UsageError, match=r"anger\.png: not a PNG"):
        Pictures(mine, EMOTIONS)


def test_what_one_of_ours_lacks_is_known_at_once() -> None:
    with pytest.raises(UsageError, match=r"boredom\.png: no such emoji"):
        shipped_pictures(assets.theme_folder("pixel"), ("boredom",))


def test_ours_are_read_once_for_all() -> None:
    folder = assets.theme_folder("pixel")
    one, other = (shipped_pictures(folder, tuple(EMOTIONS)) for _ in range(2))
    assert one("happiness")[2] is other("happiness")[2]
    assert [len(art) for art in one("happiness")] == [512, 512, 512]
    stored = one.stored("happiness", 2, 1024)
    assert stored is not None
    assert (np.asarray(Image.fromarray(stored).reduce(2)) == one("happiness")[2]).all()


def test_a_folder_without_any_picture_is_no_theme(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no picture of any emotion"):
        Pictures(tmp_path, EMOTIONS)
