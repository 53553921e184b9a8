"""The pictures that users of the Python API hand over."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from emojicam.errors import InputError, UsageError
from emojicam.given import frame_of, is_several, name_of

BGR = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(4, 6, 3)


def image() -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(BGR[..., ::-1]))


def png(picture: Image.Image) -> bytes:
    memory = io.BytesIO()
    picture.save(memory, "PNG", icc_profile=picture.info.get("icc_profile"))
    return memory.getvalue()


def test_all_kinds_give_the_same_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    image().save(path)
    kinds = [path, str(path), path.read_bytes(), bytearray(path.read_bytes()), image(), Image.open(path), BGR]
    for kind in kinds:
        assert np.array_equal(frame_of(kind).pixels, BGR), type(kind)
    assert np.array_equal(frame_of(np.ascontiguousarray(BGR[..., ::-1]), "rgb").pixels, BGR)
    assert np.array_equal(frame_of(path, "rgb").pixels, BGR)


def test_an_image_is_read_like_its_file() -> None:
    """With 16 bits, with a profile, in grey and with a palette: never clipped, and in sRGB."""
    deep = Image.fromarray(np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ"))
    strange = image()
    strange.info["icc_profile"] = lab.tobytes()
    for picture in (deep, strange, image().convert("L"), image().convert("P")):
        data = png(picture)
        assert np.array_equal(frame_of(Image.open(io.BytesIO(data))).pixels, frame_of(data).pixels), picture.mode


def test_white_lies_beneath_an_image() -> None:
    half = Image.new("RGBA", (3, 2), (0, 0, 0, 128))
    assert abs(int(frame_of(half).pixels[0, 0, 0]) - 127) <= 1


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (None, "not None"),
        (3, "not 3 (int)"),
        ({"a": 1}, "not dict"),
        (iter([BGR]), "not list_iterator"),
        (io.BytesIO(b"x"), "not _io.BytesIO"),
        ("a\0b", "a picture is a path, not 'a\\x00b' (str)"),
        (memoryview(b"x"), "not memoryview"),
        ("nowhere.png", "nowhere.png: no such file"),
        ("a" * 5000, "aaa: can't be read: File name too long"),
        (np.zeros((4, 4), np.uint8), "a picture is a BGR array, uint8 HxWx3, not uint8 4x4"),
        (np.array(3.0), "a picture is a BGR array, uint8 HxWx3, not float64 of no dimensions"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_was_got(picture: Any, said: str) -> None:
    with pytest.raises(UsageError) as error:
        frame_of(picture)
    assert str(error.value).endswith(said)
    assert isinstance(error.value, ValueError)


def test_what_is_no_list_is_taken_for_one_picture() -> None:
    assert is_several([BGR])
    assert not any(map(is_several, ["a.png", b"x", bytearray(b"x"), memoryview(b"x"), BGR]))


def test_the_order_of_colours_is_one_of_two() -> None:
    with pytest.raises(UsageError, match="'gbr' is none of bgr, rgb"):
        frame_of(BGR, "gbr")
    with pytest.raises(UsageError, match="a picture is a RGB array, uint8 HxWx3, not float32 4x6x3"):
        frame_of(BGR.astype(np.float32), "rgb")  # type: ignore[arg-type]


def test_what_cannot_be_decoded_is_said_to_be_so() -> None:
    with pytest.raises(InputError, match=r"^5 bytes: not a photo"):
        frame_of(b"hello")
    noise = np.random.default_rng(3).integers(0, 256, (300, 300, 3), np.uint8)
    torn = png(Image.fromarray(noise))[:-2000]
    with pytest.raises(InputError, match="300x300 image: the photo is damaged"):
        frame_of(Image.open(io.BytesIO(torn)))


def test_pictures_have_names(tmp_path: Path) -> None:
    image().save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as opened:
        assert name_of(tmp_path / "a.png") == name_of(opened) == str(tmp_path / "a.png")
    assert (name_of(BGR), name_of(image()), name_of(b"1234")) == ("6x4 array", "6x4 image", "4 bytes")
