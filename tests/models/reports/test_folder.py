from __future__ import annotations

from pathlib import Path

import pytest

from emojicam.errors import OutputError
from emojicam.models.reports.folder import write_folder


def test_files_are_replaced_and_pictures_of_an_earlier_report_go(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "too"
    write_folder(folder, {"a.png": b"1", "b.png": b"1", "index.html": b"1"}, ("a", "b"))
    (folder / "own.png").write_bytes(b"somebody's")
    write_folder(folder, {"b.png": b"2", "index.html": b"2"}, ("a", "b"), own=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "b.png": b"2",
        "index.html": b"2",
        "own.png": b"somebody's",
    }


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="file"):
        write_folder(tmp_path / "file", {"a.png": b""}, ())
