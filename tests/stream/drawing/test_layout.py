"""Where labels lie: on no other label, on nobody's face, in the picture, and where they were before."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from making import judged_face

from emojicam.models.card import Point
from emojicam.stream.drawing.layout import BADGES, CORE, Layout, Size
from emojicam.stream.types import Box, Frame, JudgedFace

SIZE = Size(130, 40)


def frame(time: float = 0.0, width: int = 640, height: int = 480) -> Frame:
    return Frame(0, time, np.zeros((height, width, 3), np.uint8))


def box_of(middle: Point, size: Size = SIZE) -> Box:
    return middle[0] - size.wide / 2, middle[1] - size.tall / 2, size.wide, size.tall


def common(one: Box, other: Box) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(0, across) * max(0, down)


def laid(faces: Sequence[JudgedFace], layout: Layout | None = None, time: float = 0.0) -> list[Box]:
    return [box_of(middle) for middle in (layout or Layout())(frame(time), faces, [SIZE] * len(faces))]


def test_one_label_lies_above_its_face() -> None:
    ((left, top, wide, tall),) = laid([judged_face((270, 200, 100, 100))])
    assert left + wide / 2 == 320
    assert top + tall < 200


def test_there_is_room_below_where_there_is_none_above() -> None:
    ((_, top, _, _),) = laid([judged_face((270, 10, 100, 100))])
    assert top > 110


@pytest.mark.parametrize(
    "places",
    [
        [(200, 200), (290, 205)],
        [(200, 200), (280, 180), (360, 210)],
        [(100, 10), (170, 15), (250, 5)],
        [(200, 120), (205, 230), (300, 170), (120, 180)],
        [(0, 0), (560, 0), (0, 400), (560, 400)],
        [(150, 200), (230, 200), (310, 200), (390, 200), (470, 200)],
    ],
)
def test_labels_of_heads_that_are_close_lie_apart_and_in_the_picture(places: list[Point]) -> None:
    faces = [judged_face((*place, 70, 70), track=number) for number, place in enumerate(places, 1)]
    boxes = laid(faces)
    for number, (left, top, wide, tall) in enumerate(boxes):
        assert left >= 0
        assert top >= 0
        assert left + wide <= 640
        assert top + tall <= 480
        assert all(common(boxes[number], other) == 0 for other in boxes[:number])
        assert common(boxes[number], faces[number].box) == 0
    # Each label is nearer to its own face than to most.
    for box, face in zip(boxes, faces, strict=True):
        assert math.dist((box[0] + 65, box[1] + 20), face.middle) < 200


def test_a_label_lies_on_nobodys_face_where_that_can_be() -> None:
    below, above = judged_face((280, 250, 80, 80), track=1), judged_face((280, 130, 80, 80), track=2)
    boxes = laid([below, above])
    assert sum(common(box, face.box) for box in boxes for face in (below, above)) == 0


def test_the_same_faces_get_the_same_places_whoever_is_the_largest() -> None:
    one, other = judged_face((200, 200, 80, 80), track=1), judged_face((270, 200, 80, 80), track=2)
    assert laid([one, other]) == laid([other, one])[::-1]


def test_labels_don_t_go_to_and_fro_while_heads_tremble() -> None:
    layout, trembling = Layout(), np.random.default_rng(5)
    sides: list[tuple[bool, ...]] = []
    for number in range(200):
        gap = 128 + 12 * math.sin(number / 30)  # about as wide as a label: now it fits, now it doesn't
        shift = trembling.normal(0, 1.5, 4)
        faces = [
            judged_face((200 + shift[0], 200 + shift[1], 70, 70), track=1),
            judged_face((200 + gap + shift[2], 200 + shift[3], 70, 70), track=2),
        ]
        boxes = laid(faces, layout, number / 25)
        assert common(*boxes) == 0
        sides.append(tuple(box[0] + 65 > face.middle[0] + 10 for box, face in zip(boxes, faces, strict=True)))
    changes = sum(one != other for one, other in itertools.pairwise(sides))
    assert changes <= 6
    alone = [laid(faces)[1] for faces in [faces] * 2]
    assert alone[0] == alone[1]


def test_another_stream_begins_anew() -> None:
    layout = Layout()
    close = [judged_face((200, 200, 70, 70), track=1), judged_face((270, 200, 70, 70), track=2)]
    apart = [judged_face((100, 200, 70, 70), track=1), judged_face((235, 200, 70, 70), track=2)]
    laid(close, layout, 8.0)
    assert laid(apart, layout, 0.0) == laid(apart)


def test_where_there_is_no_room_labels_are_laid_all_the_same() -> None:
    crowd = [judged_face((20 * column, 24 * row, 16, 16)) for column in range(30) for row in range(18)]
    middles = Layout()(frame(), crowd, [Size(60, 30)] * len(crowd))
    assert len(middles) == len(crowd)
    assert all(30 <= x <= 610 and 15 <= y <= 465 for x, y in middles)


def test_a_label_larger_than_the_picture_lies_in_its_middle() -> None:
    ((x, y),) = Layout()(frame(0, 40, 30), [judged_face((10, 10, 10, 10))], [Size(80, 60)])
    assert (x, y) == (40, 30)


def badges(faces: Sequence[JudgedFace], layout: Layout | None = None, time: float = 0.0) -> list[Point]:
    size = Size(CORE * 60, CORE * 60)
    return (layout or Layout(BADGES))(frame(time), faces, [size] * len(faces))


def test_a_badge_lies_right_of_the_forehead_and_left_where_the_picture_ends() -> None:
    ((x, y),) = badges([judged_face((270, 200, 100, 100))])
    assert (x, y) == (pytest.approx(370 + 0.35 * 60), 195)
    ((x, _),) = badges([judged_face((530, 200, 100, 100))])
    assert x == pytest.approx(530 - 0.35 * 60)


@pytest.mark.parametrize("apart", [112, 125, 140, 170])
def test_badges_of_heads_that_are_close_do_not_touch(apart: int) -> None:
    """Nor do they lie on anybody's face, and the last one, at the border, gives way to that of its neighbour."""
    faces = [judged_face((526 - apart * place, 200, 100, 100), track=3 - place) for place in range(3)]
    middles = badges(faces)
    for (x, y), (other_x, other_y) in itertools.combinations(middles, 2):
        assert math.hypot(x - other_x, y - other_y) >= 60
    for x, y in middles:
        for face in faces:
            assert common(box_of((x, y), Size(30, 30)), face.box) < 0.25 * 30 * 30


def test_a_badge_stays_where_it_is_while_somebody_moves_a_little() -> None:
    layout, last = Layout(BADGES), 0.0
    sides = []
    for step in range(40):
        left = 478 + 4 * math.sin(step)
        ((x, _),) = badges([judged_face((left, 200, 100, 100), track=1)], layout, last)
        sides.append(x > left)
        last += 0.04
    assert len(set(sides)) == 1
