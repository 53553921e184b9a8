"""RAF-DB in its published form, and what is said where it has another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datafiles import by_split, draw, labelled

from emojicam.errors import InputError
from emojicam.models.data.packed import pack
from emojicam.models.data.rafdb import read_rafdb

RAF_ORDER = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"]


def rafdb(root: Path, per_class: int = 10, table: str = "EmoLabel/list_patition_label.txt") -> Path:
    lines = []
    for split, width, count in (("train", 5, 7 * per_class), ("test", 4, 7)):
        for number in range(count):
            stem = f"{split}_{number + 1:0{width}d}"
            lines.append(f"{stem}.jpg {number % 7 + 1}")
            draw(root / f"Image/aligned/{stem}_aligned.jpg", 10 * (number % 7), 100)
    (root / table).parent.mkdir(exist_ok=True)
    (root / table).write_text("\n".join(lines) + "\n")
    return root


class TestRafDb:
    @pytest.mark.parametrize("table", ["EmoLabel/list_patition_label.txt", "list_patition_label.txt"])
    def test_the_published_form_is_read(self, tmp_path: Path, table: str) -> None:
        found = read_rafdb(rafdb(tmp_path / "basic", table=table))
        assert labelled(found)[:8] == [
            (f"Image/aligned/train_{n + 1:05d}_aligned.jpg", RAF_ORDER[n % 7]) for n in range(8)
        ]
        assert labelled(found)[70] == ("Image/aligned/test_0001_aligned.jpg", "surprise")
        assert by_split(found) == {0: 63, 1: 7, 2: 7}
        assert list(np.bincount(found.answers[0].majority[found.splits == 1])) == [1] * 7
        splits = pack(found, 48, 3, tmp_path / "cache")
        assert [int(image[0, 0, 0]) for image in splits["test"].images] == [0, 10, 20, 30, 40, 50, 60]
        assert splits["test"].labels == tuple(RAF_ORDER)

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("train_00002.jpg", "1 columns, not a picture and its class"),
            ("train_00002.jpg,2", "1 columns, not a picture and its class"),
            ("train_00002.jpg 8", "the class is '8', not one of 1 to 7"),
            ("train_00002.jpg 0", "the class is '0'"),
            ("train_00002.jpg happy", "the class is 'happy'"),
            ("valid_00002.jpg 1", "'valid_00002.jpg' is not called like"),
            ("train_/../../x.jpg 1", "is not called like"),
            ("train_00001.jpg 1", "train_00001.jpg stands in row 1 already"),
        ],
    )
    def test_a_wrong_row_is_named(self, tmp_path: Path, line: str, said: str) -> None:
        table = rafdb(tmp_path, 1) / "EmoLabel/list_patition_label.txt"
        lines = table.read_text().splitlines()
        table.write_text("\n".join([lines[0], line, *lines[2:]]))
        with pytest.raises(InputError, match=rf"list_patition_label\.txt, row 2: .*{said}"):
            read_rafdb(tmp_path)

    def test_blank_lines_and_a_mark_do_no_harm_and_a_row_of_many_is_left_out(self, tmp_path: Path) -> None:
        table = rafdb(tmp_path, 20) / "EmoLabel/list_patition_label.txt"
        lines = table.read_text().splitlines()
        table.write_text("\r\n".join([*lines[:4], "", "train_00005.jpg happy", *lines[5:], "", ""]), "utf-8-sig")
        said: list[str] = []
        found = read_rafdb(tmp_path, said.append)
        assert len(found) == 7 * 20 + 7 - 1
        assert said == [
            f"1 of 147 rows can't be read, and are left out: {table}, row 6: the class is 'happy', not one of 1 to 7"
        ]

    def test_an_empty_label_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "list_patition_label.txt").write_text("")
        with pytest.raises(InputError, match="no rows"):
            read_rafdb(tmp_path)

    def test_missing_and_unreadable_pictures_are_named_with_their_row(self, tmp_path: Path) -> None:
        root = rafdb(tmp_path / "basic", 1)
        picture = root / "Image/aligned/train_00003_aligned.jpg"
        picture.write_bytes(picture.read_bytes()[:300])
        row = r"EmoLabel/list_patition_label\.txt, row 3: .*Image/aligned/train_00003_aligned\.jpg: "
        with pytest.raises(InputError, match=row):
            pack(read_rafdb(root), 48, 1, tmp_path / "cache")
        picture.unlink()
        with pytest.raises(InputError, match=row + "no such file$"):
            pack(read_rafdb(root), 48, 1, tmp_path / "cache")
