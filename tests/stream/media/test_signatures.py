"""What is a picture and what isn't, and which pictures move: by content alone."""

from __future__ import annotations

import io
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from heicfiles import box, heic, tiled
from making import write_video
from PIL import Image

from emojicam.stream.media.signatures import PIECE, Signature, colour_numbers, find, signature

PICTURE = np.full((48, 64, 3), (200, 60, 40), np.uint8)


def encoded(form: str, pictures: int = 1, **options: object) -> bytes:
    memory = io.BytesIO()
    images = [Image.fromarray(PICTURE + 40 * number) for number in range(pictures)]
    if pictures > 1:
        options |= {"save_all": True, "append_images": images[1:]}
    images[0].save(memory, form, **options)
    return memory.getvalue()


def told(content: bytes) -> Signature | None:
    file = io.BytesIO(content)
    found = signature(file)
    assert file.tell() == 0
    return found


@pytest.mark.parametrize(
    ("content", "form"),
    [
        *[(encoded(form), form) for form in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")],
        (encoded("MPO", 2), "JPEG"),
        (encoded("TIFF", 3), "TIFF"),
        (encoded("TIFF", big_tiff=True), "TIFF"),
        (heic(PICTURE), "HEIF"),
        (tiled(PICTURE, 64), "HEIF"),
        (tiled(PICTURE, 64).replace(b"ftypheic", b"ftypmif1"), "HEIF"),
    ],
)
def test_a_still_picture_is_told_by_its_content(content: bytes, form: str) -> None:
    assert told(content) == Signature(form, moves=False)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "AVIF"])
def test_several_pictures_of_a_format_that_plays_them_move(form: str) -> None:
    assert told(encoded(form, 3, duration=100)) == Signature(form, moves=True)


SMALL = io.BytesIO()
Image.new("RGB", (32, 24)).save(SMALL, "JPEG")
PROGRESSIVE = encoded("JPEG", progressive=True)
WITH_THUMBNAIL = b"\xff\xd8\xff\xe1" + struct.pack(">H", 8 + len(SMALL.getvalue())) + b"Exif\0\0" + SMALL.getvalue()
"""The beginning of a JPEG that holds another one."""


@pytest.mark.parametrize(
    "content",
    [
        5 * encoded("JPEG"),
        3 * PROGRESSIVE,
        4 * (encoded("JPEG") + bytes(6)),  # padded
        3 * (WITH_THUMBNAIL + encoded("JPEG")[2:]),
    ],
    ids=["plain", "progressive", "padded", "thumbnails"],
)
def test_jpegs_of_one_size_behind_one_another_are_a_film(content: bytes) -> None:
    assert told(content) == Signature("JPEG", moves=True)


@pytest.mark.parametrize(
    "content",
    [
        2 * encoded("JPEG"),
        encoded("JPEG") + 4 * SMALL.getvalue(),  # a gain map, a depth map, previews
        encoded("MPO", 5),
        WITH_THUMBNAIL + encoded("JPEG")[2:],
        encoded("JPEG") + box(b"ftyp", b"mp42" + bytes(4)) + 3 * encoded("JPEG"),  # a phone's motion photo
        encoded("JPEG") + b"SEFH" + 3 * encoded("JPEG"),
        encoded("JPEG")[:300],
        b"\xff\xd8\xff\xe0",
    ],
    ids=["two", "smaller", "mpo", "thumbnail", "motion", "trailer", "cut", "head"],
)
def test_a_photo_with_more_behind_it_is_a_photo(content: bytes) -> None:
    assert told(content) == Signature("JPEG", moves=False)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("size", [100, 70_000, 3_000_000])
def test_a_png_that_moves_is_told_behind_however_large_a_chunk(size: int) -> None:
    moving = encoded("PNG", 3)
    noise = np.random.default_rng(0).integers(0, 256, size, np.uint8).tobytes()
    assert told(moving[:33] + chunk(b"iCCP", noise) + moving[33:]) == Signature("PNG", moves=True)


def test_one_picture_in_a_format_for_several_is_still() -> None:
    png = encoded("PNG")
    frame = chunk(b"acTL", struct.pack(">II", 1, 0))
    frame += chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 64, 48, 0, 0, 1, 10, 0, 0))
    assert told(png[:33] + frame + png[33:]) == Signature("PNG", moves=False)
    inner = encoded("WEBP")[12:]
    size = struct.pack("<I", 63)[:3] + struct.pack("<I", 47)[:3]
    one = bytes(6) + size + bytes([10, 0, 0, 0]) + inner
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes([2, 0, 0, 0]) + size
    body += b"ANIM" + struct.pack("<I", 6) + bytes(6) + b"ANMF" + struct.pack("<I", len(one)) + one
    assert told(b"RIFF" + struct.pack("<I", len(body)) + body) == Signature("WEBP", moves=False)
    gif = encoded("GIF")
    loop = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    assert told(gif[: gif.index(b",")] + loop + gif[gif.index(b",") :]) == Signature("GIF", moves=False)


@pytest.mark.parametrize(("brand", "codec"), [(b"hevc", "libx265"), (b"msf1", "libx264")])
def test_a_sequence_of_pictures_moves(tmp_path: Path, brand: bytes, codec: str) -> None:
    write_video(tmp_path / "a.mp4", [PICTURE] * 4, codec=codec, options={"preset": "ultrafast"})
    content = (tmp_path / "a.mp4").read_bytes()
    assert told(content[:8] + brand + content[12:]) == Signature("HEIF", moves=True)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi", ".ts"])
def test_a_video_is_no_picture(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_video(path, [PICTURE] * 2, time_base=Fraction(1, 25))
    assert told(path.read_bytes()) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"B",
        b"BM",
        b"BM and nothing else, only a text",
        b"some text",
        bytes(range(256)),
        box(b"ftyp", b"isom\0\0\0\0"),
    ],
)
def test_what_is_not_known_is_no_picture(content: bytes) -> None:
    assert told(content) is None


@pytest.mark.parametrize("content", [b"II*\0\x10\0\0\0CR\2\0" + bytes(90), box(b"ftyp", b"crx \0\0\0\1crx isom")])
def test_a_cameras_raw_file_is_known_for_one(content: bytes) -> None:
    assert told(content) == Signature("RAW")


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP"])
def test_one_that_is_cut_off_anywhere_is_no_defect(form: str) -> None:
    whole = encoded(form, 2, duration=100) if form not in ("TIFF", "BMP") else encoded(form)
    for end in range(0, min(len(whole), 900), 7):
        told(whole[:end])


@pytest.mark.parametrize("length", [0, 1, 7, 8, 2**31])
def test_boxes_that_lie_about_their_length_end_the_search(length: int) -> None:
    told(box(b"ftyp", b"isom\0\0\0\0") + struct.pack(">I4s", length, b"free") + bytes(40))


def test_the_numbers_of_a_pictures_colours_are_found() -> None:
    assert colour_numbers(io.BytesIO(tiled(PICTURE, 64, nclx=(12, 13, 6, 1)))) == (12, 13)
    assert colour_numbers(io.BytesIO(tiled(PICTURE, 64))) is None
    assert colour_numbers(io.BytesIO(b"some text")) is None


@pytest.mark.parametrize("place", [0, PIECE - 2, PIECE - 1, PIECE, 3 * PIECE - 1])
def test_what_is_looked_for_is_found_on_the_border_of_two_pieces_too(place: int) -> None:
    file = io.BytesIO(bytes(place) + b"moof" + bytes(10) + b"moof")
    assert find(file, b"moof", 0) == place
    assert find(file, b"moof", place + 1) == place + 14
    assert find(file, b"moof", 0, most=place + 4) == place
    assert find(file, b"moof", 0, most=place + 3) == -1
    assert find(file, b"moov", 0) == -1
