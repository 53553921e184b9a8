"""A data set that is a folder for each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datafiles import by_split, class_folders, draw, labelled

from emojicam.errors import EmojicamError, InputError
from emojicam.models.data.folders import read_folders
from emojicam.models.data.packed import pack


class TestFolders:
    def test_class_names_become_the_projects_nouns(self, tmp_path: Path) -> None:
        names = ("Happy", "angry", "sad", "surprised", "fearful", "disgusted", "Neutral", "bored")
        root = class_folders(tmp_path / "mine", {name: 10 for name in names}, "png")
        found = read_folders(root)
        given = found.answers[0]
        nouns = ("anger", "bored", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
        assert given.labels == nouns
        assert given.name == "mine"
        assert ("Happy/000.png", "happiness") in labelled(found)
        assert by_split(found) == {0: 64, 1: 8, 2: 8}
        assert list(np.bincount(given.majority[found.splits == 1])) == [1] * 8

    def test_folders_of_one_noun_are_one_class(self, tmp_path: Path) -> None:
        found = read_folders(class_folders(tmp_path, {"happy": 3, "Happiness": 2, "sad": 4}))
        assert list(np.bincount(found.answers[0].majority)) == [5, 4]

    def test_splits_may_have_several_names(self, tmp_path: Path) -> None:
        counts = {"Training/happy": 5, "Training/sad": 5, "val/sad": 2, "Test/happy": 1}
        found = read_folders(class_folders(tmp_path, counts))
        assert by_split(found) == {0: 10, 1: 2, 2: 1}

    def test_training_faces_alone_are_split(self, tmp_path: Path) -> None:
        assert by_split(read_folders(class_folders(tmp_path, {"train/a": 20, "train/b": 10}))) == {0: 24, 1: 3, 2: 3}

    def test_a_test_set_alone_stays_one(self, tmp_path: Path) -> None:
        assert by_split(read_folders(class_folders(tmp_path, {"test/a": 2, "test/b": 1}))) == {2: 3}

    def test_hidden_files_are_passed_over(self, tmp_path: Path) -> None:
        root = class_folders(tmp_path, {"a": 10, "b": 10})
        for path in (root / "a/.DS_Store", root / "a/Thumbs.db", root / ".git/x"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"")
        draw(root / "a/UPPER.JPEG")
        assert len(read_folders(root)) == 21

    @pytest.mark.parametrize(
        "left", ["__MACOSX", ".Trashes", "System Volume Information", "@eaDir", "lost+found", "$RECYCLE.BIN"]
    )
    def test_what_systems_leave_is_no_class_and_no_split(self, tmp_path: Path, left: str) -> None:
        root = class_folders(tmp_path, {"train/a": 10, "train/b": 10, "test/a": 2, "test/b": 2})
        for place in ("", "train", "test/a"):
            (there := root / place / left / "train").mkdir(parents=True)
            (there / "._001.jpg").write_bytes(b"")
            (there.parent / "thumb.jpg").write_bytes(b"")
        found = read_folders(root)
        assert (found.answers[0].labels, len(found)) == (("a", "b"), 24)

    def test_a_file_of_many_that_is_no_picture_is_left_out_and_told(self, tmp_path: Path) -> None:
        root = class_folders(tmp_path, {"a": 60, "b": 60})
        (root / "b/notes.txt").write_text("notes")
        said: list[str] = []
        assert len(read_folders(root, said.append)) == 120
        assert said == [
            f"1 of 121 files can't be read, and are left out: {root / 'b/notes.txt'}: not a JPEG or PNG file "
            "(.jpg, .jpeg, .png)"
        ]

    @pytest.mark.parametrize(
        ("counts", "other", "error", "said"),
        [
            ({"a": 1, "b": 1}, "a/notes.txt", InputError, r"a/notes\.txt: not a JPEG or PNG file"),
            ({"a": 1, "b": 1}, "a/deep/x.jpg", InputError, "a/deep: not a JPEG or PNG file"),
            ({"a": 1, "b": 0}, "readme.txt", InputError, "1 class folders with"),
            ({}, "x.jpg", InputError, "0 class folders with"),
            ({"train/a": 1, "train/b": 1}, "more/c/x.jpg", InputError, "more: stands beside train or test"),
        ],
    )
    def test_another_form_is_refused(
        self, tmp_path: Path, counts: dict[str, int], other: str, error: type[EmojicamError], said: str
    ) -> None:
        root = class_folders(tmp_path, counts)
        (root / other).parent.mkdir(parents=True, exist_ok=True)
        (root / other).write_bytes(b"")
        with pytest.raises(error, match=said):
            read_folders(root)

    def test_an_unreadable_picture_is_named(self, tmp_path: Path) -> None:
        root = class_folders(tmp_path / "data", {"a": 2, "b": 2})
        (root / "b/001.jpg").write_bytes(b"no picture")
        with pytest.raises(InputError, match=r"data/b/001\.jpg: not a JPEG or PNG file$"):
            pack(read_folders(root), 8, 1, tmp_path / "cache")
