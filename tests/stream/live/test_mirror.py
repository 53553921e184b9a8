from __future__ import annotations

import numpy as np
import pytest
from making import i420, judged_face

from emojicam.stream.i420 import Pixels
from emojicam.stream.live.mirror import mirrored, mirrored_frame
from emojicam.stream.types import Format, Frame, Judged


def noise() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)


@pytest.mark.parametrize("form", Format)
def test_a_picture_is_turned_into_its_mirror_image(form: Format) -> None:
    bgr = noise()
    made = Frame(3, 0.5, bgr if form is Format.BGR else i420(bgr), form)
    turned = mirrored_frame(made)
    wanted = Frame(3, 0.5, np.ascontiguousarray(made.bgr()[:, ::-1]))
    assert (turned.index, turned.time, turned.format) == (3, 0.5, form)
    assert np.abs(turned.bgr().astype(int) - wanted.bgr()).max() <= (0 if form is Format.BGR else 1)
    assert np.array_equal(mirrored_frame(turned).pixels, made.pixels)
    assert not np.shares_memory(turned.pixels, made.pixels)


def test_a_face_is_where_it_is_in_the_mirror() -> None:
    face = judged_face((10, 5, 20, 24), "anger", roll=15, track=4)
    judged = mirrored(Judged(Frame(0, 0.0, noise()), (face,), veiled=True, bare=2))
    (turned,) = judged.faces
    assert turned.box == (34, 5, 20, 24)
    assert turned.roll == -15
    assert (turned.label, turned.track, judged.veiled, judged.bare) == ("anger", 4, True, 2)
    (ax, ay), (bx, by) = turned.eyes
    assert ax < bx
    assert (63 - bx, by) == pytest.approx(face.eyes[0])
    assert (63 - ax, ay) == pytest.approx(face.eyes[1])
    assert mirrored(judged).faces[0].box == face.box
