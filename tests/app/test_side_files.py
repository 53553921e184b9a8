"""Timelines and subtitles beside annotated videos: refused early, or written whole."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from films import FILM, gathered
from PIL import Image

from emojicam import side_files
from emojicam.errors import EmojicamError, OutputError, UsageError
from emojicam.plan import Job
from emojicam.side_files import SideFiles
from emojicam.stream.media.container import Kind
from emojicam.stream.records.subtitles import subtitles

RECORD = gathered(FILM)


def job(name: str) -> Job:
    return Job(Path(f"{name}.mov"), Path(f"{name}-emoji.mp4"), Kind.VIDEO)


def test_one_video_has_them_under_the_names_that_were_asked_for(inside: Path) -> None:
    beside = SideFiles("who.png", "who.SRT", several=False, overwrite=False)
    assert list(inside.iterdir()) == []
    beside.add(job("a"), RECORD)
    with Image.open("who.png") as picture:
        assert picture.width > 1000
    assert Path("who.SRT").read_text() == subtitles(RECORD)
    assert sorted(path.name for path in inside.iterdir()) == ["who.SRT", "who.png"]


@pytest.mark.parametrize("there", [False, True])
def test_several_have_them_in_a_folder_under_the_names_of_their_results(inside: Path, there: bool) -> None:
    if there:
        Path("beside").mkdir()
    given = "beside" if there else "beside/"
    beside = SideFiles(None, given, several=True, overwrite=False)
    for name in ("a", "b"):
        beside.refuse_existing(job(name))
        assert beside.add(job(name), RECORD) == []
    assert sorted(path.name for path in Path("beside").iterdir()) == ["a-emoji.srt", "b-emoji.srt"]


def test_what_was_not_asked_for_is_not_written(inside: Path) -> None:
    SideFiles(None, None, several=False, overwrite=False).add(job("a"), RECORD)
    assert list(inside.iterdir()) == []


@pytest.mark.parametrize(
    ("plot", "titles", "several", "error", "says"),
    [
        ("who.png", None, True, UsageError, "--plot who.png: several inputs need a folder; end it with a slash"),
        (None, "who.srt", True, UsageError, "--subtitles who.srt: several inputs need a folder"),
        ("who.jpg", None, False, UsageError, r"--plot who.jpg: is written as \.png"),
        (None, "who.vtt", False, UsageError, r"--subtitles who.vtt: is written as \.srt"),
        ("there.png", None, False, OutputError, "there.png: is already there"),
        (None, "none/who.srt", False, OutputError, "none: no such folder"),
    ],
)
def test_what_cannot_be_is_said_before_the_work(
    plot: str | None, titles: str | None, several: bool, error: type[EmojicamError], says: str, inside: Path
) -> None:
    Path("there.png").write_bytes(b"mine")
    with pytest.raises(error, match=says):
        SideFiles(plot, titles, several=several, overwrite=False)
    assert Path("there.png").read_bytes() == b"mine"


@pytest.mark.parametrize("overwrite", [False, True])
def test_one_that_is_there_in_a_folder_is_replaced_only_when_asked(overwrite: bool, inside: Path) -> None:
    old = Path("beside", "a-emoji.png")
    old.parent.mkdir()
    old.write_bytes(b"mine")
    beside = SideFiles("beside/", None, several=True, overwrite=overwrite)
    if overwrite:
        beside.add(job("a"), RECORD)
        assert Image.open(io.BytesIO(old.read_bytes())).format == "PNG"
    else:
        with pytest.raises(OutputError, match=r"a-emoji\.png: is already there"):
            beside.refuse_existing(job("a"))
        (problem,) = beside.add(job("a"), RECORD)
        assert "is already there" in str(problem)
        assert old.read_bytes() == b"mine"


@pytest.mark.parametrize("failure", [RuntimeError("latex could not be found\nand more"), KeyError("glyph")])
def test_whatever_one_stumbles_over_the_other_is_written(
    failure: Exception, inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbles(record: object, title: str) -> bytes:
        raise failure

    monkeypatch.setattr(side_files, "timeline", stumbles)
    (problem,) = SideFiles("a.png", "a.srt", several=False, overwrite=False).add(job("a"), RECORD)
    assert (problem.exit_code, "\n" in str(problem)) == (5, False)
    assert str(problem).startswith("a.png: the timeline can't be made: ")
    assert [path.name for path in inside.iterdir()] == ["a.srt"]
