"""The timeline of a record: a ribbon for each person, in the emotions' colours."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from emojicam.stream.drawing.colours import COLOURS
from emojicam.stream.records.record import Record, Sight
from emojicam.timeline import BARS, FULL, LEFT, LOWEST, MOST, RIBBONS, WIDTH, _clock, _ticks, timeline


def picture(record: Record) -> npt.NDArray[np.int64]:
    return np.asarray(Image.open(io.BytesIO(timeline(record, "a film.mp4"))).convert("RGB")).astype(int)


def shown(emotion: str, pixels: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    colour = [int(COLOURS[emotion][at : at + 2], 16) for at in (1, 3, 5)]
    return np.asarray(np.abs(pixels - colour).max(2) < 6)


def film(seconds: float, people: int, rate: float = 10) -> Record:
    """The first half happy, the second sad; the second person is absent in the middle third."""
    record = Record()
    for number in range(round(seconds * rate)):
        share = number / (seconds * rate)
        emotion = "happiness" if share < 0.5 else "sadness"
        faces = [Sight(who, emotion) for who in range(1, people + 1) if who != 2 or not 1 / 3 < share < 2 / 3]
        record.add_frame(number / rate, faces)
    return record


@pytest.mark.parametrize("seconds", [10, 7200])
def test_ribbons_have_the_colours_of_what_was_shown_when(seconds: float) -> None:
    pixels = picture(film(seconds, 2, 10 if seconds < 100 else 1))
    happy, sad = shown("happiness", pixels), shown("sadness", pixels)
    columns = np.nonzero((happy | sad)[:, : int(0.75 * pixels.shape[1])].sum(0) > 40)[0]
    left, right = columns.min(), columns.max()
    row = np.nonzero(happy[:, left + 5])[0].min() + 10
    # The first person's ribbon: one half of each colour.
    assert happy[row, left : (left + right) // 2 - 5].all()
    assert sad[row, (left + right) // 2 + 5 : right - 2].all()
    # The second person's: a gap in the middle third.
    below = np.nonzero(happy[:, left + 5])[0].max() - 10
    gap = (left + right) // 2
    assert not (happy | sad)[below, gap - (right - left) // 8 : gap + (right - left) // 8].any()


def test_people_seen_for_a_short_time_have_no_row_of_their_own() -> None:
    few, many = (picture(film(10, count)).shape[0] for count in (MOST, 3 * MOST))
    assert abs(few - many) < 0.1 * few


@pytest.mark.parametrize("emotions", [["happiness"], ["bored"], []])
def test_any_emotions_and_nobody_at_all_can_be_drawn(emotions: list[str]) -> None:
    record = Record()
    for number in range(20):
        record.add_frame(number / 10, [Sight(0, emotion) for emotion in emotions])
    assert picture(record).shape[1] > 1000


def test_a_single_frame_can_be_drawn() -> None:
    record = Record()
    record.add_frame(3.0, [Sight(1, "anger")])
    assert shown("anger", picture(record)).any()


def test_a_ribbon_is_as_high_as_the_emotion_is_strong() -> None:
    record = Record()
    for number in range(100):
        degree = 1.0 if number < 50 else 0.5
        record.add_frame(number / 10, [Sight(1, "happiness", degree=degree), Sight(2, "neutral", degree=0.0)])
    pixels = picture(record)
    ribbon = pixels[:, : int(0.75 * pixels.shape[1])]
    heights = shown("happiness", ribbon).sum(0)
    columns = np.nonzero(heights > 40)[0]
    left, right = columns.min(), columns.max()
    strong, weak = heights[left + 20], heights[right - 20]
    assert weak == pytest.approx(0.625 * strong, rel=0.05)
    assert shown("neutral", ribbon).sum(0)[left + 20] == pytest.approx(LOWEST * strong, rel=0.1)


def only(emotion: str) -> Record:
    record = Record()
    for number in range(20):
        record.add_frame(number / 10, [Sight(1, emotion)])
    return record


def test_a_share_is_a_bar_as_long_as_it_is_large_and_no_square_where_there_are_few() -> None:
    thick = []
    for record, share in ((film(10, 1), 0.5), (only("happiness"), 1.0)):
        pixels = picture(record)
        inch = pixels.shape[1] / WIDTH
        there = shown("happiness", pixels[:, round(BARS * inch) - 5 :])
        columns, rows = np.nonzero(there.any(0))[0], np.nonzero(there.any(1))[0]
        assert len(columns) == pytest.approx(share * FULL * inch, abs=3)
        thick.append(len(rows))
    assert thick[0] == pytest.approx(thick[1], abs=1)
    assert max(thick) < 0.2 * inch


@pytest.mark.parametrize("people", [1, 2, MOST])
def test_a_ribbon_is_as_high_with_few_people_as_with_many(people: int) -> None:
    pixels = picture(film(10, people))
    inch = pixels.shape[1] / WIDTH
    ribbon = shown("happiness", pixels[:, : round((LEFT + RIBBONS) * inch)])
    assert ribbon[:, round((LEFT + 0.1) * inch)].sum() == pytest.approx(people * 0.41 * inch, rel=0.05)


@pytest.mark.parametrize(
    ("start", "end", "marks"),
    [
        (0.0, 37.3, "0:00 0:05 0:10 0:15 0:20 0:25 0:30 0:35 0:37"),
        (0.0, 10.0, "0:00 0:02 0:04 0:06 0:08 0:10"),
        (3.2, 9.1, "0:03 0:04 0:05 0:06 0:07 0:08 0:09"),
        (0.0, 2.84, "0:00.0 0:00.5 0:01.0 0:01.5 0:02.0 0:02.5 0:02.8"),
        (0.0, 0.04, "0:00.00 0:00.04"),
        (0.0, 5025.0, "0:00:00 0:10:00 0:20:00 0:30:00 0:40:00 0:50:00 1:00:00 1:10:00 1:23:45"),
    ],
)
def test_the_axis_tells_the_start_the_end_and_round_moments_between(start: float, end: float, marks: str) -> None:
    assert " ".join(_clock(moment, end - start) for moment in _ticks(start, end)) == marks


def test_a_long_title_is_cut_in_its_middle_and_fits() -> None:
    short, long = (np.asarray(Image.open(io.BytesIO(timeline(only("fear"), name)))) for name in ("a" * 40, "a" * 400))
    assert short.shape == long.shape
    assert (long[: long.shape[0] // 6, -20:, :3] == 255).all()
