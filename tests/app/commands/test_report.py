"""`emojicam report`: what a report holds, told and drawn again."""

from __future__ import annotations

from pathlib import Path

import pytest
from films import FILM, LABELS, film, gathered
from films import face as seen
from PIL import Image

from emojicam.cli import main
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.records.subtitles import subtitles


@pytest.fixture(params=[".jsonl", ".csv"])
def report(request: pytest.FixtureRequest, inside: Path) -> str:
    """Of two sources."""
    path = inside / f"seen{request.param}"
    with ReportWriter(path, LABELS) as writer:
        for judged in FILM:
            writer.add("one.mp4", judged)
        for judged in film([seen(1, "anger")], [seen(1, "anger")]):
            writer.add("more/two.mp4", judged)
    return path.name


def test_each_source_has_a_line(report: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", report]) == 0
    assert capsys.readouterr() == (
        f"one.mp4: {gathered(FILM)}\nmore/two.mp4: 2 frames, 1 person, anger 100 %; covered: 2 by detection\n",
        "",
    )


def test_one_source_is_told_drawn_and_written_as_subtitles(report: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["report", report, "--source", "one.mp4", "--plot", "one.png", "--subtitles", "one.srt"]
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"one.mp4: {gathered(FILM)}\n"
    with Image.open("one.png") as picture:
        assert picture.width > 1000
    assert Path("one.srt").read_text() == subtitles(gathered(FILM))
    assert main(arguments) == 5
    assert "one.png: is already there" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--plot", "a.png"], 2, "holds 2 sources; choose one by --source: one.mp4, more/two.mp4"),
        (["--source", "three.mp4"], 2, "holds no three.mp4; it holds one.mp4, more/two.mp4"),
        (["--source", "one.mp4", "--plot", "a.jpg"], 2, "a.jpg: is written as .png"),
        (["--source", "one.mp4", "--subtitles", "a.vtt"], 2, "a.vtt: is written as .srt"),
        (["--source", "one.mp4", "--plot", "none/a.png"], 5, "none: no such folder"),
    ],
)
def test_what_cannot_be_is_one_line_and_no_file(
    report: str, arguments: list[str], code: int, says: str, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", report, *arguments]) == code
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1
    assert [path.name for path in inside.iterdir()] == [report]


def test_what_is_no_report_is_refused(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inside / "seen.jsonl").write_text("[]\n")
    assert main(["report", "seen.jsonl"]) == 3
    assert "seen.jsonl, line 1: not a line of a report" in capsys.readouterr().err
    assert main(["report", "none.jsonl"]) == 2


def test_a_source_whose_name_is_no_text_is_drawn_all_the_same(inside: Path) -> None:
    with ReportWriter(inside / "seen.jsonl", LABELS) as writer:
        for judged in FILM:
            writer.add("caf\udce9 $\\frac{$.mp4", judged)
    assert main(["report", "seen.jsonl", "--plot", "one.png", "--subtitles", "one.srt"]) == 0
    with Image.open("one.png") as picture:
        assert picture.width > 1000


def test_a_report_of_years_is_drawn(inside: Path) -> None:
    face = '{"track": 1, "emotion": "anger"}'
    (inside / "seen.jsonl").write_text(
        "".join(f'{{"source": "a", "time": {time}, "faces": [{face}]}}\n' for time in (0, 1, 900_000_000))
    )
    assert main(["report", "seen.jsonl", "--plot", "one.png"]) == 0
    assert (inside / "one.png").stat().st_size > 1000


@pytest.mark.parametrize("wrong", ['"time": Infinity', '"time": 1, "x": "\\ud800", "time": 2'])
def test_a_broken_line_is_exit_code_3_and_no_file(inside: Path, wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    (inside / "seen.jsonl").write_text(f'{{"source": "a", {wrong}, "faces": []}}\n')
    assert main(["report", "seen.jsonl", "--plot", "one.png"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("emojicam: seen.jsonl, line 1: not a line of a report: ")
    assert err.count("\n") == 1
    assert not (inside / "one.png").exists()
