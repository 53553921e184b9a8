"""The faces as a visitor wants them: what is read, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from emojicam.models.card import EMOTIONS
from emojicam.web.corrections import BYTES, DEGREE, MOST, read_corrections

GOOD: dict[str, Any] = {"box": [10, 20.5, 30, 40], "show": "fear"}


def read(*faces: Any, width: int = 320, height: int = 240) -> Any:
    return read_corrections(json.dumps(list(faces)), EMOTIONS, width, height)


def test_a_face_is_what_it_says() -> None:
    (one,) = read(GOOD | {"roll": -20, "degree": 0.5, "confidence": 0.7})
    assert one.face.box == (10, 20.5, 30, 40)
    assert (one.face.roll, one.face.label, one.face.drawn, one.blurred) == (-20, "fear", 0.5, False)
    assert one.face.confidence == pytest.approx(0.7)
    assert sum(one.face.emotion.p) == pytest.approx(1)


def test_what_is_not_said_has_a_default() -> None:
    (one,) = read(GOOD)
    assert (one.face.roll, one.face.drawn, one.face.confidence) == (0, DEGREE, 1)


def test_the_largest_comes_first_and_who_shows_nothing_is_left_out() -> None:
    small, large = GOOD | {"box": [0, 0, 20, 20]}, GOOD | {"box": [50, 50, 60, 60], "show": "blur"}
    read_faces = read(small, GOOD | {"show": "none"}, large)
    assert [one.face.box[2] for one in read_faces] == [60, 20]
    assert [one.blurred for one in read_faces] == [True, False]
    assert read() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"show": "joy"},
        {"show": None},
        {"show": ["fear"]},
        {"more": 1},
        {"box": [1, 2, 3]},
        {"box": "1234"},
        {"box": [1, 2, True, 4]},
        {"box": [1, 2, "3", 4]},
        {"box": [0, 0, 0, 10]},
        {"box": [0, 0, -5, 10]},
        {"box": [0, 0, 10, 100]},
        {"box": [0, 0, 700, 700]},
        {"box": [10**400, 0, 10, 10]},
        {"box": [-50, 0, 30, 30]},
        {"box": [0, 240, 30, 30]},
        {"roll": 181},
        {"roll": "x"},
        {"degree": 1.01},
        {"degree": None},
        {"confidence": -0.1},
    ],
    ids=str,
)
def test_what_is_wrong_with_a_face_is_said(wrong: dict[str, Any]) -> None:
    with pytest.raises(HTTPException, match="face 2 of the field") as refusal:
        read(GOOD, GOOD | wrong)
    assert refusal.value.status_code == 400


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "{}", "7", '"x"', "[1]", "[[]]", "[{}]", "[" * 9000, '[{"box": [NaN, 0, 9, 9], "show": "none"}]'],
)
def test_what_is_no_list_of_faces_is_refused(text: str) -> None:
    with pytest.raises(HTTPException) as refusal:
        read_corrections(text, EMOTIONS, 320, 240)
    assert refusal.value.status_code == 400


def test_nobodys_photo_takes_minutes() -> None:
    with pytest.raises(HTTPException, match="cover the photo many times"):
        read(*[GOOD | {"box": [0, 0, 320, 320]}] * 8)
    with pytest.raises(HTTPException, match=f"at most {MOST}"):
        read(*[GOOD] * (MOST + 1))


def test_as_many_faces_as_there_may_be_have_room() -> None:
    face = {"box": [-1234.5, 1234.5, 1234.5, 1234.5], "show": "happiness", "roll": -123.45}
    long = json.dumps([face | {"degree": 0.1234, "confidence": 0.1234}] * MOST)
    assert len(long) < BYTES
