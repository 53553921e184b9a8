"""`emojicam fetch`: the detector's files, ahead of time, and where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from emojicam.cli import main
from emojicam.stream.faces.detector_files import ENVIRONMENT, FILES


def test_what_is_there_is_named_and_nothing_is_fetched(
    detector_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(detector_folder))
    assert main(["fetch"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(detector_folder / file.name) for file in FILES]
    assert err == ""
    assert [Path(line).stat().st_size for line in out.splitlines()] == [file.size for file in FILES]
    assert main(["fetch", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_files_that_are_not_the_published_ones_are_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    for file in FILES:
        (tmp_path / file.name).write_bytes(b"something else")
    assert main(["fetch"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert FILES[0].name in err
