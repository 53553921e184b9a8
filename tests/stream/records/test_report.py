from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from films import FILM, face, film
from making import judged_face

from emojicam.errors import EmojicamError, OutputError, UsageError
from emojicam.models.card import EMOTIONS
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Frame, Judged, Placement

LABELS = ("happiness", *(label for label in EMOTIONS if label != "happiness"))

COLUMNS = [
    *("source", "frame", "time", "bare", "face", "track", "left", "top", "width", "height", "score", "roll", "by"),
    *("emotion", "confidence", "degree", "unsure", *LABELS),
]


def judged(index: int, *faces: tuple[float, int | None]) -> Judged:
    """A frame of a 25/s video with faces, given by their left side and track."""
    frame = Frame(index, index / 25, np.zeros((48, 64, 3), np.uint8))
    return Judged(
        frame, tuple(judged_face((left, 2.26, 30, 31), roll=-3.126, confidence=0.93, track=t) for left, t in faces)
    )


FRAMES = [judged(0, (1.04, 7), (-12.5, None)), judged(1), replace(judged(7, (5, 7)), bare=2)]


def write(path: Path, *, overwrite: bool = False) -> None:
    with ReportWriter(path, LABELS, overwrite=overwrite) as report:
        for frame in FRAMES:
            report.add("a film, of two.mp4", frame)


def write_then(path: Path, error: BaseException) -> None:
    with ReportWriter(path, LABELS) as report:
        report.add("a.mp4", FRAMES[2])
        raise error


def test_json_lines_hold_one_frame_each(tmp_path: Path) -> None:
    write(tmp_path / "r.jsonl")
    lines = [json.loads(text) for text in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert [(line["frame"], line["time"], len(line["faces"])) for line in lines] == [
        (0, 0, 2),
        (1, 0.04, 0),
        (7, 0.28, 1),
    ]
    assert {line["source"] for line in lines} == {"a film, of two.mp4"}
    assert lines[0]["faces"][0] == {
        "track": 7,
        "box": [1.0, 2.3, 30, 31],
        "score": 0.9,
        "roll": -3.13,
        "by": "detected",
        "emotion": "happiness",
        "confidence": 0.93,
        "degree": 0.9894,
        "drawn": 1.0,
        "unsure": False,
        "scores": {label: 0.93 if label == "happiness" else 0.01 for label in LABELS},
    }
    assert lines[0]["faces"][1]["track"] is None
    assert lines[0]["size"] == [FRAMES[0].frame.width, FRAMES[0].frame.height]
    assert [line["bare"] for line in lines] == [0, 0, 2]


def test_csv_has_a_row_for_each_face_and_one_for_a_frame_without(tmp_path: Path) -> None:
    write(tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == COLUMNS
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(row["frame"], row["face"], row["track"], row["left"]) for row in found] == [
        ("0", "0", "7", "1.0"),
        ("0", "1", "", "-12.5"),
        ("1", "", "", ""),
        ("7", "0", "7", "5"),
    ]
    assert found[0]["source"] == "a film, of two.mp4"
    assert (found[0]["emotion"], found[0]["confidence"], found[0]["roll"]) == ("happiness", "0.93", "-3.13")
    assert sum(float(found[0][label]) for label in LABELS) == pytest.approx(1)
    assert found[2]["time"] == "0.04"
    assert [row["bare"] for row in found] == ["0", "0", "0", "2"]


def guesses(one: Judged, *places: int) -> Judged:
    """The same frame, in which these faces are not confirmed."""
    return replace(
        one, faces=tuple(replace(face, confirmed=number not in places) for number, face in enumerate(one.faces))
    )


def test_what_is_not_confirmed_is_not_reported(tmp_path: Path) -> None:
    frames = [guesses(judged(0, (1, None), (2, 7)), 0), guesses(judged(1, (3, None)), 0), judged(2, (4, 7))]
    for name in ("r.jsonl", "r.csv"):
        with ReportWriter(tmp_path / name, LABELS) as report:
            for frame in frames:
                report.add("a.mp4", frame)
    lines = [json.loads(text) for text in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert [[face["box"][0] for face in line["faces"]] for line in lines] == [[2], [], [4]]
    # What is covered is told apart, so that it can be covered again.
    assert [[face["box"][0] for face in line.get("possible", [])] for line in lines] == [[1], [3], []]
    with (tmp_path / "r.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    # Its frame has a row all the same, and who is told of is counted without it.
    assert [(row["frame"], row["face"], row["left"]) for row in rows] == [
        ("0", "0", "2"),
        ("1", "", ""),
        ("2", "0", "4"),
    ]


@pytest.mark.parametrize("placement", Placement)
def test_each_face_says_how_its_place_is_known(tmp_path: Path, placement: Placement) -> None:
    for name in ("r.jsonl", "r.csv"):
        with ReportWriter(tmp_path / name, LABELS) as report:
            report.add("a.mp4", film([face(1, placement=placement)])[0])
    assert json.loads((tmp_path / "r.jsonl").read_text())["faces"][0]["by"] == placement.value
    with (tmp_path / "r.csv").open(newline="") as file:
        assert [row["by"] for row in csv.DictReader(file)] == [placement.value]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_source_whose_name_is_not_utf8_is_recorded(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    with ReportWriter(path, LABELS) as report:
        report.add(os.fsdecode(b"caf\xe9.mp4"), FRAMES[0])
    recorded = path.read_bytes()
    assert (b"caf\xe9.mp4" if suffix == ".csv" else rb"caf\udce9.mp4") in recorded


def test_a_report_of_nothing_is_whole_too(tmp_path: Path) -> None:
    for name in ("r.jsonl", "R.CSV"):
        with ReportWriter(tmp_path / name, LABELS):
            pass
    assert (tmp_path / "r.jsonl").read_text() == ""
    assert (tmp_path / "R.CSV").read_text() == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize("name", ["r.json", "r.txt", "r", "csv"])
def test_another_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.jsonl or \.csv"):
        ReportWriter(tmp_path / name, LABELS)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_failure_leaves_no_file_under_its_name_and_what_was_recorded_under_another(
    tmp_path: Path, suffix: str
) -> None:
    with pytest.raises(RuntimeError, match="a defect") as caught:
        write_then(tmp_path / f"r{suffix}", RuntimeError("a defect"))
    part = tmp_path / f"r.part{suffix}"
    assert list(tmp_path.iterdir()) == [part]
    assert part.read_text().splitlines()[-1].startswith(("{", "a.mp4,7,"))
    assert caught.value.__notes__ == [f"its beginning is in {part}"]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_an_interrupt_keeps_what_was_recorded(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    with pytest.raises(KeyboardInterrupt):
        write_then(path, KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text().splitlines()[-1].startswith(("{", "a.mp4,7,"))


def test_the_name_appears_only_when_the_report_is_whole(tmp_path: Path) -> None:
    with ReportWriter(tmp_path / "r.csv", LABELS) as report:
        report.add("a.mp4", FRAMES[0])
        assert [path.name for path in tmp_path.iterdir()] == ["r.part.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_an_existing_report_is_replaced_only_on_demand(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    path.write_text("mine")
    with pytest.raises(OutputError, match="already there"):
        write(path)
    assert path.read_text() == "mine"
    write(path, overwrite=True)
    assert "happiness" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["missing/r.csv", "folder.csv"])
def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(EmojicamError) as caught:
        write(tmp_path / place)
    assert isinstance(caught.value, OutputError)
    assert str((tmp_path / place).parent) in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_every_line_is_as_the_schema_says(tmp_path: Path) -> None:
    import jsonschema

    schema = json.loads((Path(__file__).parents[3] / "docs" / "report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    frames = [*FILM, *film([face(None)]), *film([replace(face(1), unsure=True, shown="neutral")])]
    with_affect = replace(face(1), emotion=replace(face(1).emotion, valence=0.5, arousal=-0.25))
    frames += [*film([with_affect]), *film(*[[face(1, placement=one)] for one in Placement])]
    frames += [replace(one, bare=3) for one in film([face(1)], [])]
    with ReportWriter(tmp_path / "r.jsonl", LABELS, affect=True) as report:
        for judged in frames:
            report.add("a.mp4", judged)
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert len(lines) == len(frames)
    for line in lines:
        validator.validate(line)
    (seen, *_) = lines[0]["faces"]
    for broken in (
        *({**lines[0], "more": 1}, {"frame": 1}, {**lines[0], "faces": [{"track": 1}]}),
        *({**lines[0], "faces": [{**seen, "degree": degree}]} for degree in (-0.1, 1.1, None)),
        *({**lines[0], "faces": [{**seen, "by": "guessed"}]}, {**lines[0], "bare": -1}),
        {name: value for name, value in lines[0].items() if name != "bare"},
    ):
        assert not validator.is_valid(broken)
