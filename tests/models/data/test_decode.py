"""A picture's face, by the careful decoder and by the quick one."""

from __future__ import annotations

import subprocess
import sys
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
@pytest.mark.parametrize("picture", [PICTURE, PICTURE.convert("L")], ids=["colour", "grey"])
def test_both_decoders_give_the_same_of_plain_jpegs(
    channels: int, size: int, box: np.ndarray | None, picture: Image.Image
) -> None:
    data = saved(picture)
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


ODD = saved().replace(b"\xff\xda", b"\0\0\xff\xda", 1)
"""A JPEG with two bytes that belong to nothing, of which libjpeg would warn on stderr."""


@pytest.mark.parametrize("data", [b"", b"no picture", saved()[:900], ODD])
def test_the_quick_decoder_refuses_what_is_not_whole_and_says_nothing(
    data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UNREADABLE):
        quick_face(np.frombuffer(data, np.uint8), None, 20, 3)
    assert capfd.readouterr() == ("", "")


def test_without_the_quick_decoder_the_careful_one_does_its_work(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(saved())
    np.save(tmp_path / "face.npy", quick_face(np.frombuffer(saved(), np.uint8), None, 20, 3))
    program = (
        "import sys; sys.modules['simplejpeg'] = None\n"
        "import numpy as np; from emojicam.models.data.decode import quick_face\n"
        "face = quick_face(np.fromfile('a.jpg', np.uint8), None, 20, 3)\n"
        "assert np.array_equal(face, np.load('face.npy'))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)


def test_a_missing_file_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        face_in(tmp_path / "none.jpg", None, 20, 3)
    assert reason(caught.value) == "no such file"
