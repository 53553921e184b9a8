"""Reports read back: as what was recorded, or refused with the number of the line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from films import FILM, LABELS, RATE, face, film, gathered

from emojicam.errors import InputError, UsageError
from emojicam.stream.records.read import read_report
from emojicam.stream.records.record import Bare, Span
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Judged, Placement


def baring(*counts: int) -> list[Judged]:
    """A film in whose frames so many faces may be bare."""
    return [replace(judged, bare=bare) for judged, bare in zip(film(*[[face(1)]] * len(counts)), counts, strict=True)]


def rounded(spans: list[Span]) -> list[tuple[float, ...]]:
    return [tuple(round(value, 3) for value in span) for span in spans]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_what_may_be_bare_reads_back_from_a_report(tmp_path: Path, suffix: str) -> None:
    seen = [*baring(0, 1, 2, 0), *[replace(one, bare=1) for one in film([], [], [], [], [])][4:]]
    path = tmp_path / f"r{suffix}"
    with ReportWriter(path, LABELS) as report:
        for judged in seen:
            report.add("one.mp4", judged)
    (record,) = read_report(path).values()
    assert record.bare == gathered(seen).bare == [Bare(1, 2, 0.1, 0.2, 2), Bare(4, 4, 0.4, 0.4, 1)]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_how_a_face_is_covered_reads_back_from_a_report(tmp_path: Path, suffix: str) -> None:
    seen = film(*[[face(1, placement=one)] for one in Placement])
    path = tmp_path / f"r{suffix}"
    with ReportWriter(path, LABELS) as report:
        for judged in seen:
            report.add("one.mp4", judged)
    (record,) = read_report(path).values()
    assert record.covered == {one.value: 1 for one in Placement}


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_report_from_before_it_told_of_that_is_read_too(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    if suffix == ".csv":
        path.write_text("source,frame,time,track,emotion\na.mp4,0,0,1,anger\na.mp4,1,0.1,,\n")
    else:
        faces = [{"track": 1, "emotion": "anger"}]
        lines = [{"source": "a.mp4", "time": n / RATE, "faces": faces[n:]} for n in range(2)]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (record,) = read_report(path).values()
    assert (record.bare, record.covered, record.frames) == ([], {"detected": 1}, 2)
    assert [span.degree for span in record.spans(1)] == [1.0]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_report_reads_back_as_what_was_recorded(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    with ReportWriter(path, LABELS) as report:
        for name in ("one.mp4", "two, the sequel.mp4"):
            for judged in FILM:
                report.add(name, judged)
    records = read_report(path)
    assert list(records) == ["one.mp4", "two, the sequel.mp4"]
    for record in records.values():
        assert str(record) == str(gathered(FILM))
        assert {track: rounded(record.spans(track)) for track in record.people} == {
            track: rounded(gathered(FILM).spans(track)) for track in (1, 2)
        }


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("r.jsonl", "", "holds no frame"),
        ("r.csv", "source,frame,time,emotion,track\n", "holds no frame"),
        ("r.jsonl", '{"source": "a", "time": 0, "faces": []}\nnonsense\n', "line 2: not a line of a report"),
        ("r.jsonl", '{"source": "a", "time": 0}\n', "line 1: not a line of a report"),
        ("r.jsonl", '{"source": "a", "time": "x", "faces": []}\n', "line 1: not a line of a report"),
        ("r.jsonl", '{"source": "a", "time": 0, "faces": [], "bare": "x"}\n', "line 1: not a line of a report"),
        ("r.csv", "source,frame,time,emotion,track,bare\na,0,0,,,x\n", "not a line of a report"),
        ("r.csv", "source,frame,time,emotion,track,degree\na,0,0,anger,1,1.5\n", "the degree is '1.5', not a number"),
        (
            "r.jsonl",
            '{"source": "a", "time": 0, "faces": [{"track": 1, "emotion": "x", "degree": "1"}]}\n',
            "the degree",
        ),
        ("r.csv", "a,b\n1,2\n", "not a line of a report"),
        ("r.csv", "source,frame,time,emotion,track\n" + "x" * 200_000 + "\n", "not a line of a report"),
        ("r.jsonl", "[" * 200_000 + "\n", "line 1: not a line of a report"),
        ("r.jsonl", '{"source": "a", "time": 0, "faces": [{"track": 1e999, "emotion": "x"}]}\n', "not a line of a"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, name: str, content: str, why: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=why):
        read_report(tmp_path / name)


@pytest.mark.parametrize(("name", "why"), [("none.jsonl", "no such file"), ("r.txt", "a report is")])
def test_a_report_that_is_not_there_is_wrong_usage(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_report(tmp_path / name)


GOOD = '{"source": "a", "time": 0, "faces": [{"track": 1, "emotion": "anger"}], "bare": 0}'


def line(**changes: str) -> str:
    """A frame whose parts are what is said of them, as JSON."""
    parts = {
        "source": '"a"',
        "time": "1",
        "track": "1",
        "emotion": '"anger"',
        "by": '"detected"',
        "bare": "0",
    } | changes
    face = ", ".join(f'"{name}": {parts[name]}' for name in ("track", "emotion", "by"))
    frame = ", ".join(f'"{name}": {parts[name]}' for name in ("source", "time", "bare"))
    return "{" + frame + ', "faces": [{' + face + "}]}"


@pytest.mark.parametrize(
    "changes",
    [
        *({"time": time} for time in ("Infinity", "-Infinity", "NaN", "1e400", "-1", "1e300", '"1"', "true", "null")),
        *({"time": time} for time in ("9" * 400, "9" * 5000, "[1]", "{}")),
        *({"source": source} for source in ('"\\ud800"', '"\\u0000"', "7", "null", '["a"]', '"\\udc00\\ud8ff"')),
        *({"emotion": emotion} for emotion in ('"\\ud800"', '"\\udc80"', '""', '"a\\nb"', '"\\u001b[2J"', "5", "null")),
        *({"track": track} for track in ("-1", "1.5", '"1"', "true", "9" * 400, "1e999", "[]")),
        *({"bare": bare} for bare in ("-1", "0.5", '"x"', "null", "9" * 400, "NaN")),
        *({"by": by} for by in ("5", "null")),
    ],
    ids=lambda changes: "-".join(f"{name}={value[:12]}" for name, value in changes.items()),
)
def test_what_no_report_holds_is_refused_by_its_line(tmp_path: Path, changes: dict[str, str]) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(f"{GOOD}\n{line()}\n{line(**changes)}\n{GOOD}\n")
    with pytest.raises(InputError, match="line 3: not a line of a report: ") as caught:
        read_report(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 300


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ('{"source": "a", "faces": []}', "it lacks 'time'"),
        ('{"source": "a", "time": 1, "time": 2, "faces": []}', "a name stands twice in it"),
        ('{"source": "a", "time": 1, "faces": {}}', "is not a list"),
        ('{"source": "a", "time": 1, "faces": [5]}', "is not an object"),
        ("[]", "is not an object"),
        ("7", "is not an object"),
        ('{"source": "a", "time": 1, "faces": ' + "[" * 100_000, ""),
        ('{"a":' * 100_000, ""),
        (GOOD[:30], ""),
        ("\0" * 9, ""),
    ],
)
def test_a_line_of_another_form_is_refused_with_the_reason(tmp_path: Path, wrong: str, why: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(f"{GOOD}\n{wrong}\n")
    with pytest.raises(InputError, match=f"line 2: not a line of a report: .*{why}"):
        read_report(path)


@pytest.mark.parametrize(
    ("wrong", "number"),
    [
        *(("a,1,inf,,1,0", 4), ("a,1,nan,,1,0", 4), ("a,1,-3,,1,0", 4), ("a,1,1e400,,1,0", 4), ("a,1,,,1,0", 4)),
        *(("a,1,1,anger,1,0,7", 4), ("a,1,1", 4), ("a,1,1,anger,1.5,0", 4), ("a,1,1,anger,1,-1", 4)),
        *(("a\0,1,1,anger,1,0", 4), ("a,1,1,an\0ger,1,0", 4), ("a,1,1,anger," + "9" * 5000 + ",0", 4)),
        ('"' + "x" * 200_000 + '",1,1,anger,1,0', 4),
    ],
)
def test_a_row_that_no_report_holds_is_refused_by_its_line(tmp_path: Path, wrong: str, number: int) -> None:
    path = tmp_path / "r.csv"
    good = "a,0,0,anger,1,0"
    path.write_text(f"source,frame,time,emotion,track,bare\n{good}\n{good}\n{wrong}\n{good}\n")
    with pytest.raises(InputError, match=f"line {number}: not a line of a report: "):
        read_report(path)


@pytest.mark.parametrize("column", ["source", "frame", "time", "emotion", "track"])
def test_a_column_that_is_not_there_is_named(tmp_path: Path, column: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text("source,frame,time,emotion,track\na,0,0,anger,1\n".replace(column, "other"))
    with pytest.raises(InputError, match=f"line 1: not a line of a report: it lacks '{column}'"):
        read_report(path)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_blank_lines_other_line_ends_and_a_mark_at_the_start_do_no_harm(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    with ReportWriter(path, LABELS) as report:
        for judged in FILM:
            report.add("one.mp4", judged)
    plain = str(read_report(path)["one.mp4"])
    text = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text + b"\r\n\r\n")
    assert str(read_report(path)["one.mp4"]) == plain


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_name_that_is_no_text_reads_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    with ReportWriter(path, LABELS) as report:
        report.add("caf\udce9.mp4", FILM[0])
    assert list(read_report(path)) == ["caf\udce9.mp4"]


@pytest.mark.parametrize("number", ["", "2"])
@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_of_a_part_that_was_left_all_but_the_torn_line_is_read(tmp_path: Path, suffix: str, number: str) -> None:
    rows = {
        ".jsonl": '{"source": "a", "frame": 0, "time": 0, "faces": []}\n{"source": "a", "frame": 1, "ti',
        ".csv": "source,frame,time,emotion,track\na,0,0,,\na,1,0.0",
    }[suffix]
    path, other = tmp_path / f"r.part{number}{suffix}", tmp_path / f"r{suffix}"
    path.write_text(rows)
    other.write_text(rows)
    said: list[str] = []
    assert read_report(path, said.append)["a"].frames == 1
    assert said == [f"{path}: was not finished; its last line is torn, and left out"]
    with pytest.raises(InputError, match=r"not a line of a report"):
        read_report(other)
