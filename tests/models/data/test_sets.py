"""Data sets by the name of their format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ferfiles
import numpy as np
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


def test_what_a_table_holds_is_read_once_and_stays_in_memory(tmp_path: Path) -> None:
    ferfiles.write(tmp_path / "data")
    splits = sets.read("ferplus", tmp_path / "data", size=96, channels=3, cache=tmp_path / "cache")
    assert {name: faces.images.shape for name, faces in splits.items()} == {
        "train": (96, 1, 48, 48),
        "validation": (24, 1, 48, 48),
        "test": (24, 1, 48, 48),
    }
    assert all(isinstance(faces.images, np.ndarray) for faces in splits.values())
    (kept,) = (tmp_path / "cache").iterdir()
    before = kept.stat().st_ino
    again = sets.read("ferplus", tmp_path / "data", size=48, channels=1, cache=tmp_path / "cache")
    assert kept.stat().st_ino == before
    for name, faces in splits.items():
        assert np.array_equal(again[name].images, faces.images)
        for one, two in zip(again[name].answers, faces.answers, strict=True):
            assert np.array_equal(one.targets, two.targets)
    ferfiles.write(tmp_path / "data", seed=1)
    other = sets.read("ferplus", tmp_path / "data", size=48, channels=1, cache=tmp_path / "cache")
    assert not np.array_equal(other["train"].images, splits["train"].images)
    seven = sets.read("fer2013", tmp_path / "data", size=48, channels=1, cache=tmp_path / "cache")
    assert [given.name for given in seven["train"].answers] == ["fer2013"]


def test_rows_that_are_left_out_are_told_each_time(tmp_path: Path) -> None:
    ferfiles.write(tmp_path)
    lines = (tmp_path / "fer2013.csv").read_text().splitlines()
    lines[7] = "3,1 2 3,Training"
    (tmp_path / "fer2013.csv").write_text("\n".join(lines))
    said: list[str] = []
    for _ in range(2):
        sets.read("fer2013", tmp_path, size=48, channels=1, cache=tmp_path / "cache", tell=said.append)
    assert said[0].startswith("1 of 144 rows can't be read, and are left out: ")
    assert said == said[:1] * 2


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
