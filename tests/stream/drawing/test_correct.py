"""What the user says of a face holds in place of what was read in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from making import judged_face

from emojicam.stream.choices import NONE, Corrections, Style
from emojicam.stream.drawing.correct import Correct, shown_as
from emojicam.stream.types import Frame, Judged, JudgedFace

FRAME = Frame(0, 0.0, np.zeros((48, 64, 3), np.uint8))


def corrected(corrections: Corrections, *faces: JudgedFace) -> list[JudgedFace]:
    return list(Correct(corrections)(Judged(FRAME, faces)).faces)


ONE = judged_face((10, 10, 20, 20), "happiness", track=1)
TWO = judged_face((30, 10, 10, 10), "neutral", track=2)


def test_without_corrections_nothing_is_touched() -> None:
    judged = Judged(FRAME, (ONE, TWO))
    assert Correct(Corrections())(judged) is judged


def test_a_person_shows_what_the_user_says() -> None:
    one, two = corrected(Corrections(persons=((2, "anger"),)), ONE, TWO)
    assert one == ONE
    assert (two.label, two.drawn, two.confidence, two.degree) == ("anger", 1.0, 1.0, 1.0)
    assert (two.box, two.track, two.alone) == (TWO.box, 2, False)


def test_who_shows_it_already_keeps_the_degree() -> None:
    faint = replace(ONE, drawn=0.6)
    assert shown_as(faint, "happiness") is faint
    assert shown_as(faint, "boredom").emotion.labels == (*ONE.emotion.labels, "boredom")


def test_a_person_is_left_alone_or_drawn_in_another_style() -> None:
    one, two = corrected(Corrections(persons=((1, NONE), (2, "badge"))), ONE, TWO)
    assert (one.alone, one.style) == (True, None)
    assert (two.alone, two.style, two.label) == (False, Style.BADGE, "neutral")


def test_the_later_word_holds_where_a_record_said_another() -> None:
    (one,) = corrected(Corrections(persons=((1, "fear"),)), replace(ONE, style=Style.BADGE, alone=True))
    assert (one.style, one.alone, one.label) == (None, False, "fear")


@pytest.mark.parametrize(
    ("corrections", "alone"),
    [
        (Corrections(only=("happiness",)), [False, True]),
        (Corrections(leave=("happiness",)), [True, False]),
        (Corrections(only=("happiness", "neutral"), leave=("neutral",)), [False, True]),
        # What a person was said to show counts.
        (Corrections(persons=((2, "happiness"),), only=("happiness",)), [False, False]),
        (Corrections(persons=((2, "solid"),), only=("happiness",)), [False, False]),
    ],
)
def test_faces_are_left_alone_by_what_they_show(corrections: Corrections, alone: list[bool]) -> None:
    assert [face.alone for face in corrected(corrections, ONE, TWO)] == alone


def test_who_has_no_number_is_nobodys_person() -> None:
    nobody = replace(ONE, track=None)
    assert corrected(Corrections(persons=((1, NONE),)), nobody) == [nobody]
