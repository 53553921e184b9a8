"""A picture's face, by the careful decoder and by the quick one."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emojicam.models.data.decode import UNREADABLE, face_in, quick_face, reason

RNG = np.random.default_rng(3)
PICTURE = Image.fromarray(RNG.integers(0, 256, (9, 7, 3), dtype=np.uint8)).resize((70, 90))


def saved(picture: Image.Image = PICTURE, form: str = "JPEG") -> bytes:
    file = BytesIO()
    picture.save(file, form)
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [16, 70, 100])
@pytest.mark.parametrize("box", [None, np.array([10.5, -3, 40, 41.25], np.float32)])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_both_decoders_give_the_same_of_plain_pictures(
    channels: int, size: int, box: np.ndarray | None, form: str
) -> None:
    data = saved(form=form)
    face = face_in(data, box, size, channels)
    assert (face.shape, face.dtype) == ((channels, size, size), np.uint8)
    assert np.array_equal(quick_face(np.frombuffer(data, np.uint8), box, size, channels), face)


def test_a_file_and_its_bytes_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved())
    assert np.array_equal(face_in(path, None, 20, 3), face_in(path.read_bytes(), None, 20, 3))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"no picture", "not a JPEG or PNG file"),
        (saved(form="GIF"), "not a JPEG or PNG file"),
        (saved()[:900], "truncated"),
    ],
)
def test_what_is_no_picture_says_so_in_words(data: bytes, says: str) -> None:
    with pytest.raises(UNREADABLE) as caught:
        face_in(data, None, 20, 3)
    assert says in reason(caught.value)
    assert "\n" not in reason(caught.value)


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_what_the_quick_decoder_cannot_read_is_an_error_of_value(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        quick_face(np.frombuffer(data, np.uint8), None, 20, 3)


def test_a_missing_file_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        face_in(tmp_path / "none.jpg", None, 20, 3)
    assert reason(caught.value) == "no such file"
