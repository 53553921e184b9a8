"""What is known of one place moves as either net sees it move, and what the other saw goes along."""

from __future__ import annotations

import numpy as np
import pytest

from emojicam.stream.faces.detect import Evidence
from emojicam.stream.faces.known import DIM, Known
from emojicam.stream.types import Face, Frame, Placement


def face(x: float, size: float = 50.0, score: float = 0.8) -> Face:
    box = (x - size / 2, 100 - size / 2, size, size)
    return Face(box=box, score=score, eyes=((x - size / 5, 90), (x + size / 5, 90)), roll=0.0)


def known(at: Face, *, glanced: Face | None = None, found: Face | None = None) -> Known:
    one = Known(1, at, glanced, real=True, evidence=Evidence(at), born=0.0, since=0.0, looked=0.0, seen=0.0)
    one.found = found
    return one


def test_a_glance_moves_the_face_by_as_much_as_it_has_moved_itself() -> None:
    one = known(face(100), glanced=face(104, 60))
    one.moved_to(face(114, 66), 0.5)
    assert one.face.middle[0] == pytest.approx(114 - 4 * 1.1)
    assert one.face.box[2] == pytest.approx(55)
    assert (one.seen, one.missed, one.placement) == (0.5, False, Placement.DETECTED)


def test_a_find_of_the_second_net_does_too_and_what_a_glance_saw_goes_along() -> None:
    one = known(face(100), glanced=face(104, 60), found=face(90, 40))
    one.found_at(face(120, 40), 0.5)
    assert one.face.middle[0] == pytest.approx(130)
    assert one.glanced is not None
    assert (one.glanced.middle[0], one.glanced.box[2]) == pytest.approx((134, 60))
    assert one.found == face(120, 40)


def test_the_first_sight_of_a_net_moves_nothing() -> None:
    one = known(face(100))
    one.moved_to(face(110, 80), 0.5)
    one.found_at(face(95, 40), 0.5)
    assert one.face.box == face(100).box


def test_a_dim_sight_hardly_changes_the_size() -> None:
    one = known(face(100), found=face(100, 50))
    one.found_at(face(100, 100, score=0.3), 0.5)
    assert one.face.box[2] == pytest.approx(50 * DIM)


def test_the_scores_are_those_of_what_was_not_missed() -> None:
    one = known(face(100), glanced=face(100, score=0.7), found=face(100, score=0.6))
    assert one.scores == (0.7, 0.6)
    one.missed, one.found = True, None
    assert one.scores == (0.0, 0.0)


def test_who_is_found_again_elsewhere_is_not_corrected_by_what_was() -> None:
    one = known(face(100), glanced=face(104), found=face(96))
    one.refound(face(300), Frame(0, 1.0, np.zeros((200, 400, 3), np.uint8)))
    assert (one.glanced, one.found) == (None, None)
    assert one.face.middle[0] == 300
