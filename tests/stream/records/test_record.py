"""What was seen, gathered and read back."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest
from films import FILM, face, film, gathered

from emojicam.stream.records.record import Bare, Record, Sight, Span, percent, shares_text
from emojicam.stream.types import Judged, Placement


def baring(*counts: int) -> list[Judged]:
    """A film in whose frames so many faces may be bare."""
    return [replace(judged, bare=bare) for judged, bare in zip(film(*[[face(1)]] * len(counts)), counts, strict=True)]


def rounded(spans: list[Span]) -> list[tuple[float, float, int]]:
    return [(round(span.start, 3), round(span.end, 3), span.emotion) for span in spans]


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
    followed = [[face(1)]] * 3 + [[face(1, placement=Placement.FOLLOWED)]] * 2
    assert (
        str(gathered(film(*followed))) == "5 frames, 1 person, happiness 100 %; covered: 3 by detection, 2 by following"
    )


def test_how_faces_are_covered_is_counted_once_a_frame() -> None:
    both = [[face(1), face(2), face(3, placement=Placement.FOLLOWED)]] * 4
    assert gathered(film(*both)).covered == {"detected": 4, "followed": 4}


def test_what_is_not_confirmed_is_not_recorded() -> None:
    guess = replace(face(None, "anger", Placement.FOLLOWED), confirmed=False)
    record = gathered(film([face(1), guess], [guess], [face(1)]))
    assert (list(record.people), record.emotions, record.covered) == ([1], ["happiness"], {"detected": 2})
    assert [(start, end) for start, end, _ in rounded(record.spans(1))] == [(0.0, 0.1), (0.2, 0.3)]
    assert record.shares() == {"happiness": 1.0}


# --- what may be bare ------------------------------------------------------------------------------------------------


def test_stretches_in_which_faces_may_be_bare_are_told_with_frames_and_times() -> None:
    record = gathered(baring(0, 0, 1, 2, 1, 0, 0, 1, 0))
    assert record.bare == [Bare(2, 4, 0.2, 0.4, 2), Bare(7, 7, 0.7, 0.7, 1)]
    assert [str(bare) for bare in record.bare] == [
        "frames 2–4 (0.2 to 0.4 s): 2 faces may be uncovered",
        "frame 7 (0.7 to 0.7 s): one face may be uncovered",
    ]
    assert record.doubts() == [str(bare) for bare in record.bare]


def test_a_stretch_goes_from_the_first_frame_to_the_last() -> None:
    assert gathered(baring(1, 1, 1)).bare == [Bare(0, 2, 0.0, 0.2, 1)]


def test_of_a_film_in_which_nothing_is_bare_there_is_no_doubt() -> None:
    record = gathered(FILM)
    assert (record.bare, record.doubts()) == ([], [])


@pytest.mark.parametrize(("stretches", "lines"), [(5, 5), (6, 6), (30, 6)])
def test_of_many_stretches_a_few_are_told_and_the_others_are_counted(stretches: int, lines: int) -> None:
    doubts = gathered(baring(*[1, 0] * stretches)).doubts()
    assert len(doubts) == lines
    assert doubts[:5] == [f"frame {2 * n} ({n / 5:.1f} to {n / 5:.1f} s): one face may be uncovered" for n in range(5)]
    if stretches > 5:
        assert doubts[5] == f"and {stretches - 5} more such stretches: see the report"


def test_time_counts_not_frames() -> None:
    record = Record()
    for number in range(600):  # ten seconds at 60 frames a second
        record.add_frame(number / 60, [Sight(1, "happiness")])
    for number in range(50):  # and fifty at one
        record.add_frame(10 + number, [Sight(1, "neutral")])
    assert record.shares() == pytest.approx({"neutral": 50 / 60, "happiness": 10 / 60}, abs=0.01)
    assert record.main_emotion(1) == "neutral"
    assert [(round(a, 2), round(b)) for a, b, _, _ in record.spans(1)] == [(0.0, 10), (10.0, 59)]


def test_hours_take_no_more_memory_than_what_changes_in_them() -> None:
    def size(record: Record) -> int:
        return len(pickle.dumps(record))

    record = Record()
    shown = {}
    for number in range(7200 * 25):
        emotion = "neutral" if number // 2500 % 2 else "surprise"
        record.add_frame(number / 25, [Sight(1, emotion), Sight(2, "happiness")])
        shown[number] = size(record) if number in (2000, 2400, 179_999) else 0
    assert shown[2400] - shown[2000] < 10
    assert shown[179_999] < 12_000
    assert len(record.spans(1)) == 72
    assert rounded(record.spans(2)) == [(0.0, 7200.0, record.emotions.index("happiness"))]


def test_faces_without_a_track_each_count() -> None:
    record = Record()
    for number in range(10):
        record.add_frame(number / 10, [Sight(0, "neutral"), Sight(0, "neutral"), Sight(0, "anger")])
    assert record.seconds(0) == pytest.approx(3.0)
    assert record.shares() == pytest.approx({"neutral": 2 / 3, "anger": 1 / 3})
    assert record.main_emotion(0) == "neutral"
    assert max(span.end for span in record.spans(0)) == pytest.approx(1.0)


def test_a_clock_that_runs_backwards_takes_no_time_away() -> None:
    record = Record()
    for time in (0.0, 0.1, 5.0, 0.2, 0.3):
        record.add_frame(time, [Sight(1, "neutral")])
    assert record.seconds(1) == pytest.approx(0.1 + 4.9 + 0.0 + 0.1 + record.step)
    assert (record.start, record.last, record.frames) == (0.0, 0.3, 5)


def test_a_span_has_one_degree() -> None:
    record = Record()
    for number in range(40):  # it rises, trembles, and is another person's all the time
        degree = 0.5 + 0.01 * min(number, 20) + 0.005 * (number % 2)
        record.add_frame(number / 10, [Sight(1, "happiness", degree=degree), Sight(2, "happiness", degree=0.9)])
    spans = record.spans(1)
    assert [span.start for span in spans] == pytest.approx([0.0, 1.0], abs=0.11)
    assert [span.end for span in spans] == pytest.approx([1.0, 4.0], abs=0.11)
    assert [span.degree for span in spans] == pytest.approx([0.5, 0.61], abs=0.011)
    assert [span.degree for span in record.spans(2)] == pytest.approx([0.9])
    assert record.seconds(1) == record.seconds(2) == pytest.approx(4.0)


def test_the_degree_is_that_of_what_is_shown() -> None:
    record = gathered(film([face(1), face(2, "neutral")]))
    assert [record.spans(track)[0].degree for track in (1, 2)] == pytest.approx([face(1).degree, 0])


@pytest.mark.parametrize(
    ("share", "text"),
    [
        *((0.0, "0 %"), (0.004, "< 1 %"), (0.005, "< 1 %"), (0.006, "1 %"), (0.5, "50 %"), (0.994, "99 %")),
        *((0.995, "> 99 %"), (0.9999, "> 99 %"), (1.0, "100 %"), (1.0 - 1e-12, "100 %")),
    ],
)
def test_a_share_is_written_so_that_a_little_is_not_nothing_and_nearly_all_not_all(share: float, text: str) -> None:
    assert percent(share) == text


def test_shares_are_listed_in_their_order() -> None:
    assert shares_text({"fear": 0.75, "anger": 0.248, "sadness": 0.002}) == "fear 75 %, anger 25 %, sadness < 1 %"
    assert shares_text({}) == ""


def test_one_frame_is_told_in_the_singular() -> None:
    assert str(gathered(film([face(1)]))) == "1 frame, 1 person, happiness 100 %; covered: 1 by detection"
