"""What was seen, gathered and read back; subtitles made of it."""

from __future__ import annotations

import json
import pickle
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from making import judged_face

from emojicam.errors import InputError, UsageError
from emojicam.models.card import EMOTIONS
from emojicam.stream.records.record import Record, read_report
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.records.subtitles import clock, subtitles
from emojicam.stream.types import Frame, Judged, JudgedFace, Placement

LABELS = ("happiness", *(label for label in EMOTIONS if label != "happiness"))
PIXELS = np.zeros((48, 64, 3), np.uint8)
RATE = 10


def face(track: int | None, emotion: str = "happiness", placement: Placement = Placement.DETECTED) -> JudgedFace:
    p = {label: 0.9 if label == emotion else 0.1 / 7 for label in LABELS}
    one = judged_face((10, 10, 20, 20), track=track)
    return replace(one, emotion=replace(one.emotion, labels=LABELS, p=tuple(p.values())), placement=placement)


def film(*frames: list[JudgedFace]) -> list[Judged]:
    return [Judged(Frame(n, n / RATE, PIXELS), tuple(faces)) for n, faces in enumerate(frames)]


FILM = film(
    *[[face(1), face(2, "neutral")]] * 10,
    *[[face(1, "surprise"), face(2, "neutral", Placement.AHEAD)]] * 10,
    *[[face(2, "neutral", Placement.COASTED)]] * 5,
    *[[]] * 5,
    *[[face(1)]] * 10,
)


def gathered(frames: list[Judged]) -> Record:
    record = Record()
    for judged in frames:
        record.add(judged)
    return record


def rounded(spans: list[tuple[float, float, int]]) -> list[tuple[float, float, int]]:
    return [(round(start, 3), round(end, 3), emotion) for start, end, emotion in spans]


# --- the record ---


def test_spans_say_who_showed_what_when() -> None:
    record = gathered(FILM)
    names = record.emotions
    assert [(start, end, names[e]) for start, end, e in rounded(record.spans(1))] == [
        (0.0, 1.0, "happiness"),
        (1.0, 2.0, "surprise"),
        (3.0, 4.0, "happiness"),
    ]
    assert [(start, end, names[e]) for start, end, e in rounded(record.spans(2))] == [(0.0, 2.5, "neutral")]


def test_shares_are_those_of_all_time_in_which_faces_were_seen() -> None:
    shares = gathered(FILM).shares()
    assert list(shares) == ["neutral", "happiness", "surprise"]
    assert list(shares.values()) == pytest.approx([25 / 55, 20 / 55, 10 / 55])


def test_a_person_has_a_main_emotion() -> None:
    record = gathered(FILM)
    assert (record.main_emotion(1), record.main_emotion(2)) == ("happiness", "neutral")


def test_it_says_what_it_holds_in_a_line() -> None:
    assert str(gathered(FILM)) == (
        "40 frames, 2 people, neutral 45 %, happiness 36 %, surprise 18 %; "
        "covered: 30 by detection, 10 by looking ahead, 5 by motion alone"
    )
    assert str(gathered(film([], []))) == "2 frames, no face"


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


def test_time_counts_not_frames() -> None:
    record = Record()
    for number in range(600):  # ten seconds at 60 frames a second
        record._add(number / 60, [(1, "happiness", "detected")])
    for number in range(50):  # and fifty at one
        record._add(10 + number, [(1, "neutral", "detected")])
    assert record.shares() == pytest.approx({"neutral": 50 / 60, "happiness": 10 / 60}, abs=0.01)
    assert record.main_emotion(1) == "neutral"
    assert [(round(a, 2), round(b)) for a, b, _ in record.spans(1)] == [(0.0, 10), (10.0, 59)]


def test_hours_take_no_more_memory_than_what_changes_in_them() -> None:
    def size(record: Record) -> int:
        return len(pickle.dumps(record))

    record = Record()
    shown = {}
    for number in range(7200 * 25):
        emotion = "neutral" if number // 2500 % 2 else "surprise"
        record._add(number / 25, [(1, emotion, "detected"), (2, "happiness", "detected")])
        shown[number] = size(record) if number in (2000, 2400, 179_999) else 0
    assert shown[2400] - shown[2000] < 10
    assert shown[179_999] < 12_000
    assert len(record.spans(1)) == 72
    assert rounded(record.spans(2)) == [(0.0, 7200.0, record.emotions.index("happiness"))]


def test_faces_without_a_track_each_count() -> None:
    record = Record()
    for number in range(10):
        record._add(number / 10, [(0, "neutral", "detected"), (0, "neutral", "detected"), (0, "anger", "detected")])
    assert record.seconds(0) == pytest.approx(3.0)
    assert record.shares() == pytest.approx({"neutral": 2 / 3, "anger": 1 / 3})
    assert record.main_emotion(0) == "neutral"
    assert max(end for _, end, _ in record.spans(0)) == pytest.approx(1.0)


def test_a_clock_that_runs_backwards_takes_no_time_away() -> None:
    record = Record()
    for time in (0.0, 0.1, 5.0, 0.2, 0.3):
        record._add(time, [(1, "neutral", "detected")])
    assert record.seconds(1) == pytest.approx(0.1 + 4.9 + 0.0 + 0.1 + record.step)
    assert (record.start, record.last, record.frames) == (0.0, 0.3, 5)


# --- the schema ---


def test_every_line_is_as_the_schema_says(tmp_path: Path) -> None:
    import jsonschema

    schema = json.loads((Path(__file__).parents[3] / "docs" / "report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    frames = [*FILM, *film([face(None)]), *film([replace(face(1), unsure=True, shown="neutral")])]
    with_affect = replace(face(1), emotion=replace(face(1).emotion, valence=0.5, arousal=-0.25))
    with ReportWriter(tmp_path / "r.jsonl", LABELS, affect=True) as report:
        for judged in [*frames, *film([with_affect])]:
            report.add("a.mp4", judged)
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert len(lines) == len(frames) + 1
    for line in lines:
        validator.validate(line)
    for broken in ({**lines[0], "more": 1}, {"frame": 1}, {**lines[0], "faces": [{"track": 1}]}):
        assert not validator.is_valid(broken)


# --- subtitles ---

BLOCK = re.compile(r"(\d+)\n(\S+) --> (\S+)\n((?:.+\n)+)\n")


def parsed(text: str) -> list[tuple[str, str, str]]:
    """As a player reads it: start, end, text."""
    blocks = BLOCK.findall(text)
    assert "".join(f"{n}\n{a} --> {b}\n{words}\n" for n, a, b, words in blocks) == text
    assert [int(block[0]) for block in blocks] == list(range(1, len(blocks) + 1))
    return [(start, end, words.rstrip("\n")) for _, start, end, words in blocks]


def test_subtitles_have_a_line_for_each_person() -> None:
    assert parsed(subtitles(gathered(FILM))) == [
        ("00:00:00,000", "00:00:01,000", "1: happiness\n2: neutral"),
        ("00:00:01,000", "00:00:02,000", "1: surprise\n2: neutral"),
        ("00:00:02,000", "00:00:02,500", "2: neutral"),
        ("00:00:03,000", "00:00:04,000", "1: happiness"),
    ]


def test_what_is_too_short_to_be_read_is_not_told() -> None:
    flicker = film(*[[face(1)]] * 10, *[[face(1, "anger")]] * 2, *[[face(1)]] * 10)
    assert parsed(subtitles(gathered(flicker))) == [("00:00:00,000", "00:00:02,200", "1: happiness")]


def test_of_nobody_there_are_no_subtitles() -> None:
    assert subtitles(gathered(film([], []))) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00:00,000"), (59.9996, "00:01:00,000"), (3723.456, "01:02:03,456"), (-1, "00:00:00,000")],
)
def test_a_time_as_subrip_has_it(seconds: float, text: str) -> None:
    assert clock(seconds) == text
