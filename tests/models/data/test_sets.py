"""Data sets by the name of their format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ferfiles
import pytest
from datafiles import class_folders

from emojicam.errors import UsageError
from emojicam.models.data import sets
from emojicam.models.data.affectnet import read_affectnet
from emojicam.models.data.fer import read_fer_folders
from emojicam.models.data.folders import read_folders
from emojicam.models.data.listing import Listing
from emojicam.models.data.rafdb import read_rafdb


@pytest.mark.parametrize("reader", [read_folders, read_fer_folders, read_rafdb, read_affectnet])
def test_a_missing_folder_is_wrong_usage(tmp_path: Path, reader: Callable[[Path], Listing]) -> None:
    with pytest.raises(UsageError, match="nowhere: "):
        reader(tmp_path / "nowhere")


def test_faces_that_are_all_of_one_size_stay_so_and_others_get_the_size_that_is_wanted(tmp_path: Path) -> None:
    counts = {f"{split}/{name}": 4 for split in ("train", "test") for name in ("angry", "happy")}
    root = class_folders(tmp_path / "data", counts)
    for name, shape in (("fer-folders", (1, 48, 48)), ("folders", (3, 20, 20))):
        splits = sets.read(name, root, size=20, channels=3, cache=tmp_path / "cache")
        assert list(splits) == ["train", "validation", "test"]
        assert len(splits["test"]) == 8
        assert {faces.images.shape[1:] for faces in splits.values()} == {shape}
    kept = {path.name for path in (tmp_path / "cache").iterdir()}
    assert kept == {
        f"{name}.{kind}" for name in ("fer-folders-data-48x1", "folders-data-20x3") for kind in ("npy", "npz")
    }


def test_what_is_in_memory_already_is_not_packed(tmp_path: Path) -> None:
    ferfiles.write(tmp_path / "data")
    splits = sets.read("ferplus", tmp_path / "data", size=96, channels=3, cache=tmp_path / "cache")
    assert {name: faces.images.shape for name, faces in splits.items()} == {
        "train": (96, 1, 48, 48),
        "validation": (24, 1, 48, 48),
        "test": (24, 1, 48, 48),
    }
    assert not (tmp_path / "cache").exists()


def test_how_far_the_packing_is_can_be_watched(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "data", {"a": 10, "b": 10})
    seen: list[tuple[int, int]] = []
    sets.read("folders", root, size=8, channels=1, cache=tmp_path, progress=lambda *far: seen.append(far))
    assert seen[-1] == (20, 20)


@pytest.mark.parametrize(
    ("name", "says"), [("jpegs", "no data format is called 'jpegs'"), ("folders", "no such folder")]
)
def test_what_cannot_be_read_at_all_is_wrong_usage(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=says):
        sets.read(name, tmp_path / "nowhere", size=8, channels=1, cache=tmp_path)
