"""Label files: rows with their numbers, and what is wrong with them by file and row."""

from __future__ import annotations

from pathlib import Path

import pytest

from emojicam.errors import InputError, UsageError
from emojicam.models.data.table import cells, counted, rows


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding)
    return path


def test_rows_come_with_their_numbers_the_header_being_the_first(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", 'name,class\na.png,1\n"b, or c.png",2\n')
    assert list(rows(table, ["name", "class"])) == [(2, ["a.png", "1"]), (3, ["b, or c.png", "2"])]


def test_a_byte_order_mark_and_other_line_ends_are_no_part_of_it(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "name,class\r\na.png,1\r\n", "utf-8-sig")
    assert list(rows(table, ["name", "class"])) == [(2, ["a.png", "1"])]


def test_bytes_that_are_no_utf_8_end_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"name,class\ncaf\xe9.png,1\nb.png,2\n")
    (first, second) = rows(tmp_path / "t.csv", ["name", "class"])
    assert (first[1][1], second) == ("1", (3, ["b.png", "2"]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"row 1: the columns are \[\], not"),
        ("class,name\n", r"row 1: the columns are \['class', 'name'\], not \['name', 'class'\]"),
        ("name,class\na.png\n", "row 2: 1 columns, not 2"),
        ("name,class\na.png,1\nb.png,2,3\n", "row 3: 3 columns, not 2"),
        ("name,class\na.png,1\n\n", "row 3: 0 columns, not 2"),
        ("name,class\n" + "x" * 200_000 + ",1\n", "row 2: field larger than"),
    ],
)
def test_what_is_wrong_is_told_by_its_row(text: str, says: str, tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", text)
    with pytest.raises(InputError, match=rf"t\.csv, {says}"):
        list(rows(table, ["name", "class"]))


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.csv: No such file"):
        list(cells(tmp_path / "none.csv"))


def test_cells_may_be_anything_until_they_are_counted(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "a\nb,c\n")
    assert list(cells(table)) == [(1, ["a"]), (2, ["b", "c"])]
    with pytest.raises(InputError, match="row 2: 2 columns, not 1"):
        list(counted(table, cells(table), 1))
