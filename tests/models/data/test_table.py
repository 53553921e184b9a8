"""Label files: rows with their numbers, and what is wrong with them by file and row."""

from __future__ import annotations

from pathlib import Path

import pytest

from emojicam.errors import InputError, UsageError
from emojicam.models.data.faults import Faults
from emojicam.models.data.table import cells, rows

COLUMNS = ["name", "class"]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding)
    return path


def read(table: Path) -> list[tuple[int, list[str] | None]]:
    return list(rows(table, COLUMNS, Faults("rows")))


def test_rows_come_with_their_numbers_the_header_being_the_first(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", 'name,class\na.png,1\n"b, or c.png",2\n')
    assert read(table) == [(2, ["a.png", "1"]), (3, ["b, or c.png", "2"])]


@pytest.mark.parametrize(
    "text",
    [
        "name,class\r\na.png,1\r\n",
        "class,name\n1,a.png\n",
        " Name, class\na.png, 1\n",
        '"name","class"\n"a.png","1"\n',
        "name,other,class,more\na.png,x,1,y\n",
        "name,class\na.png,1\n\n\n",
        "name,class\na.png,1\n,\n  \n",
        "NAME,CLASS\na.png,1",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_tables_are_read_however_they_are_written(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    assert read(tmp_path / "t.csv") == [(2, ["a.png", "1"])]


def test_blank_rows_leave_the_numbers_as_they_are(tmp_path: Path) -> None:
    assert read(write(tmp_path / "t.csv", "name,class\n\na.png,1\n"))[0][0] == 3


def test_bytes_that_are_no_utf_8_end_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"name,class\ncaf\xe9.png,1\nb.png,2\n")
    (_, first), second = read(tmp_path / "t.csv")
    assert first is not None
    assert (first[1], second) == ("1", (3, ["b.png", "2"]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"row 1: the columns are \[\], not"),
        ("kind,name\n", r"row 1: the columns are \['kind', 'name'\], not \['name', 'class'\]"),
        ("name,class,class\n", "row 1: the columns are"),
        ("name,class\n" + "x" * 200_000 + ",1\n", "row 2: field larger than"),
    ],
)
def test_what_is_wrong_with_all_of_it_is_told_by_its_row(text: str, says: str, tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", text)
    with pytest.raises(InputError, match=rf"t\.csv, {says}"):
        read(table)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,class\na.png\n", "row 2: 1 columns, not 2"),
        ("name,class\na.png,1\nb.png,2,3\n", "row 3: 3 columns, not 2"),
    ],
)
def test_a_row_that_is_wrong_is_a_fault(text: str, says: str, tmp_path: Path) -> None:
    table, faults = write(tmp_path / "t.csv", text), Faults("rows")
    found = list(rows(table, COLUMNS, faults))
    assert found[-1][1] is None
    assert (faults.number, faults.of) == (1, len(found))
    assert faults.first == f"{table}, {says}"


def test_a_table_may_have_no_header(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "a.png,1\n")
    assert list(rows(table, COLUMNS, Faults("rows"), headless=True)) == [(1, ["a.png", "1"])]


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.csv: No such file"):
        list(cells(tmp_path / "none.csv"))
