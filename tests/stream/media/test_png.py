"""What a PNG says beside its picture never decides about its pixels."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from emojicam.stream.media import png
from emojicam.stream.media.photos import read_photo

PICTURE = np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)

NOISE = np.random.default_rng(2).integers(0, 256, 3_000_000, np.uint8).tobytes()


def chunk(kind: bytes, data: bytes, check: int | None = None) -> bytes:
    check = zlib.crc32(kind + data) if check is None else check
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def encoded(**options: object) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(PICTURE).save(memory, "PNG", **options)
    return memory.getvalue()


SIDE = {
    "3 MB of compressed text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(3_000_000))),
    "3 MB of compressed international text": chunk(b"iTXt", b"a\0\1\0de\0\0" + zlib.compress(bytes(3_000_000))),
    "3 MB of XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(3_000_000))),
    "a hundred texts of a megabyte": chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000))) * 100,
    "plain text": chunk(b"tEXt", b"a\0" + NOISE),
    "text that is none": chunk(b"iTXt", b"\xff\xfe"),
    "packed text that is none": chunk(b"zTXt", b"a\0\0not packed"),
    "text with a wrong check sum": chunk(b"tEXt", b"a\0b", 7),
    "an unknown chunk": chunk(b"prVt", NOISE),
    "a damaged profile": chunk(b"iCCP", b"icc\0\0" + NOISE[:1000]),
    "a profile packed in an unknown way": chunk(b"iCCP", b"icc\0\7" + NOISE[:1000]),
    "a profile with a wrong check sum": chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"x"), 7),
    "a profile without end": chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(40_000_000))),
    "an empty profile": chunk(b"iCCP", b""),
    "damaged EXIF": chunk(b"eXIf", NOISE[:500]),
    "EXIF with a wrong check sum": chunk(b"eXIf", NOISE[:500], 7),
    "3 MB of EXIF": chunk(b"eXIf", NOISE),
    "a damaged raw profile": chunk(b"tEXt", b"Raw profile type exif\0no\nhex\nat\nall"),
    "odd sizes of pixels": chunk(b"pHYs", b"\1"),
    "a broken gamma": chunk(b"gAMA", b"\1"),
    "a broken time": chunk(b"tIME", b""),
}


@pytest.mark.parametrize("side", SIDE.values(), ids=SIDE)
@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
def test_what_stands_beside_the_picture_does_not_cost_it(tmp_path: Path, side: bytes, behind: bool) -> None:
    whole = encoded()
    at = len(whole) - 12 if behind else 33
    (tmp_path / "a.png").write_bytes(whole[:at] + side + whole[at:])
    assert np.array_equal(read_photo(tmp_path / "a.png").bgr[..., ::-1], PICTURE)


def swapped(size: int) -> bytes:
    """sRGB's profile with red and green exchanged, and a tag of that many bytes that nobody reads."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")
    data += NOISE[:size]
    return struct.pack(">I", len(data)) + data[4:]


@pytest.mark.parametrize("size", [0, 900_000, 2_500_000])
def test_a_large_colour_profile_is_applied(tmp_path: Path, size: int) -> None:
    red = Image.new("RGB", (8, 8), (200, 60, 40))
    red.save(tmp_path / "a.png", icc_profile=swapped(size))
    assert np.abs(read_photo(tmp_path / "a.png").bgr[4, 4].astype(int) - (40, 200, 60)).max() <= 6


@pytest.mark.parametrize("kind", ["EXIF", "XMP", "packed XMP", "ImageMagick's"])
def test_how_the_picture_is_to_be_turned_is_still_obeyed(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    words = PngImagePlugin.PngInfo()
    options: dict[str, object] = {"pnginfo": words}
    if kind == "EXIF":
        options["exif"] = exif
    elif kind == "ImageMagick's":
        words.add_text("Raw profile type exif", f"\nexif\n      30\n{exif.tobytes().hex()}", zip=True)
    else:
        text = '<x:xmpmeta xmlns:x="adobe:ns:meta/" tiff:Orientation="6"/>'
        words.add_itxt("XML:com.adobe.xmp", text, zip=kind != "XMP")
    (tmp_path / "a.png").write_bytes(encoded(**options))
    assert np.array_equal(read_photo(tmp_path / "a.png").bgr[..., ::-1], np.rot90(PICTURE, -1))


def test_of_a_plain_png_nothing_is_lost() -> None:
    whole = encoded()
    file, profile = png.plain(io.BytesIO(whole))
    assert file.read() == whole
    assert profile is None


def test_what_is_left_can_be_sought_in() -> None:
    whole = encoded()
    file, _ = png.plain(io.BytesIO(whole[:33] + SIDE["plain text"] + whole[33:]))
    assert file.seek(0, io.SEEK_END) == len(whole)
    file.seek(30)
    assert file.read(40) == whole[30:70]
    file.seek(-8, io.SEEK_CUR)
    assert file.read(8) == whole[62:70]
    assert file.seek(10**9) == 10**9
    assert file.read() == b""
