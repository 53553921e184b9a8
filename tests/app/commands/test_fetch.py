"""`emojicam fetch`: the detector's files, ahead of time, and where they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from emojicam.cli import main
from emojicam.stream.faces.detector_files import ENVIRONMENT, FILES, SECOND, SHORT


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


def test_both_nets_files_are_fetched() -> None:
    assert set(FILES) == {SHORT, SECOND}


@pytest.mark.parametrize("lacks", [SHORT, SECOND])
def test_a_folder_that_lacks_one_of_the_files_is_wrong_usage_and_stays_as_it_is(
    lacks: object,
    detector_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is fetched into a folder that is the user's own; what is there is named."""
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    (here,) = (file for file in FILES if file is not lacks)
    (gone,) = (file for file in FILES if file is lacks)
    shutil.copy(detector_folder / here.name, tmp_path)
    assert main(["fetch"]) == 2
    out, err = capsys.readouterr()
    assert out == (f"{tmp_path / here.name}\n" if here is FILES[0] else "")
    assert err.count("\n") == 1
    assert str(tmp_path / gone.name) in err
    assert [path.name for path in tmp_path.iterdir()] == [here.name]
