"""Still pictures of every format, opened by content: tiles, turns, pages, depths; and what is refused."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from heicfiles import box, heic, tiled
from making import as_stored
from PIL import ExifTags, Image, ImageCms

from emojicam.errors import InputError
from emojicam.stream.media.photos import Photo, decode_photo, photo_size
from emojicam.stream.media.profiles import profile
from emojicam.stream.media.stills import NotAPhoto, TooManyPixels

Rgb = npt.NDArray[np.uint8]


def quarters(width: int = 640, height: int = 480) -> Rgb:
    """RGB: red, green, white and blue, clockwise from the upper left, with white last."""
    picture = np.zeros((height, width, 3), np.uint8)
    y, x = height // 2, width // 2
    picture[:y, :x], picture[:y, x:] = (220, 30, 30), (30, 200, 30)
    picture[y:, x:], picture[y:, :x] = (30, 30, 220), (240, 240, 240)
    return picture


def alike(read: Photo, picture: Rgb, within: int = 8) -> bool:
    """Alike in the middle of each quarter."""
    assert read.bgr.shape == picture.shape
    height, width = picture.shape[:2]
    places = np.ix_([height // 4, 3 * height // 4], [width // 4, 3 * width // 4])
    return bool(np.abs(read.bgr[..., ::-1][places].astype(int) - picture[places]).max() <= within)


def encoded(picture: Rgb | Image.Image, form: str, **options: object) -> bytes:
    memory = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(memory, form, **options)
    return memory.getvalue()


def read(content: bytes) -> Photo:
    return decode_photo(content, "a")


# --- HEIC and AVIF ---


@pytest.mark.parametrize("size", [(1300, 900), (512, 512), (1000, 514), (300, 1100)])
def test_a_phones_tiles_are_put_together(size: tuple[int, int]) -> None:
    content = tiled(quarters(*size))
    assert photo_size(content, "a") == size
    found = read(content)
    assert found.format == "HEIF"
    assert alike(found, quarters(*size))


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_phones_photo_that_was_cut_off_is_damaged(share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    content = tiled(noise, 128)
    assert read(content).bgr.shape == (200, 300, 3)
    with pytest.raises(InputError, match="a: the photo is damaged: it was cut off"):
        read(content[: round(len(content) * share)])


@pytest.mark.parametrize("turn", [1, 2, 3])
@pytest.mark.parametrize("orientation", [0, 6])
def test_a_turn_is_made_once_whatever_exif_says_besides(turn: int, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored = np.ascontiguousarray(np.rot90(quarters(), -turn))
    assert alike(read(tiled(stored, 256, turn=turn, exif=exif.tobytes()[6:] if orientation else b"")), quarters())


@pytest.mark.parametrize(("mirror", "stored"), [(0, quarters()[::-1]), (1, quarters()[:, ::-1])])
def test_a_mirror_is_undone(mirror: int, stored: Rgb) -> None:
    assert alike(read(tiled(np.ascontiguousarray(stored), 256, mirror=mirror)), quarters())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_avif_is_turned_once(orientation: int) -> None:
    stored = as_stored(quarters(), orientation)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    assert alike(read(encoded(np.ascontiguousarray(stored), "AVIF", exif=exif)), quarters())


def test_ten_bits_become_eight() -> None:
    deep = (quarters().astype(np.uint16) * 257).tobytes()
    memory = io.BytesIO()
    pillow_heif.from_bytes(mode="RGB;16", size=(640, 480), data=deep).save(memory, quality=90)
    assert alike(read(memory.getvalue()), quarters())


@pytest.mark.parametrize("main", [0, 1])
def test_of_several_pictures_the_main_one_is_taken_and_that_is_told(main: int) -> None:
    file = pillow_heif.from_pillow(Image.new("RGB", (100, 80), "blue"))
    file.add_from_pillow(Image.fromarray(quarters()))
    memory = io.BytesIO()
    file.save(memory, primary_index=main)
    found = read(memory.getvalue())
    assert found.notes == ("holds 2 pictures; the main one is taken",)
    assert found.bgr.shape == ((80, 100, 3), (480, 640, 3))[main]


def test_grey_is_read() -> None:
    assert alike(read(heic(quarters()[..., 0], chroma=420)), np.dstack([quarters()[..., 0]] * 3))


CLEAR = np.dstack([quarters(), np.where(quarters()[..., 0] == 220, 0, 255).astype(np.uint8)])
"""The red quarter is invisible."""


@pytest.mark.parametrize(
    "content",
    [
        lambda: heic(CLEAR),
        lambda: encoded(CLEAR, "AVIF", quality=90),
        lambda: encoded(CLEAR, "TIFF"),
        lambda: encoded(CLEAR, "TIFF", compression="tiff_lzw"),
        lambda: encoded(CLEAR, "PNG"),
        lambda: encoded(CLEAR, "WEBP", lossless=True, exact=True),
        lambda: encoded(Image.fromarray(CLEAR), "GIF"),
        lambda: bmp_with_alpha(CLEAR),
    ],
    ids=["heic", "avif", "tiff", "lzw", "png", "webp", "gif", "bmp"],
)
def test_what_was_made_invisible_is_white_and_transparency_is_kept(content: Callable[[], bytes]) -> None:
    found = read(content())
    assert found.alpha is not None
    assert (found.alpha[10:230, 10:310] == 0).all()
    assert (found.alpha[250:, 330:] == 255).all()
    assert (found.bgr[found.alpha == 0] == 255).all()
    assert np.abs(found.bgr[300, 400].astype(int) - (220, 30, 30)).max() <= 8


def bmp_with_alpha(rgba: Rgb) -> bytes:
    """A BMP whose header (its fourth version) says where each channel's bits are."""
    height, width = rgba.shape[:2]
    pixels = np.ascontiguousarray(rgba[::-1, :, [2, 1, 0, 3]]).tobytes()
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 32, 3, len(pixels), 2835, 2835, 0, 0) + masks + b"BGRs"
    head = head.ljust(108, b"\0")
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(pixels), 0, 0, 14 + len(head)) + head + pixels


@pytest.mark.parametrize("named", ["numbers", "a profile"])
def test_a_phones_wide_colours_become_srgb(named: str) -> None:
    red = np.full((64, 64, 3), (234, 51, 35), np.uint8)  # sRGB's red in Display P3
    display_p3 = profile(12, 13)
    assert display_p3
    how = {"nclx": (12, 13, 6, 1)} if named == "numbers" else {"profile": display_p3}
    assert np.abs(read(tiled(red, 64, **how)).bgr[32, 32].astype(int) - (0, 0, 255)).max() <= 6


def test_an_avifs_wide_colours_become_srgb() -> None:
    content = encoded(np.full((64, 64, 3), (234, 51, 35), np.uint8), "AVIF", quality=95)
    assert content.count(b"nclx\0\1\0\r") == 1
    content = content.replace(b"nclx\0\1\0\r", b"nclx\0\x0c\0\r")
    assert np.abs(read(content).bgr[32, 32].astype(int) - (0, 0, 255)).max() <= 6


@pytest.mark.parametrize("form", ["AVIF", "HEIC"])
def test_damaged_exif_does_not_cost_the_photo(form: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ellen" * 20
    content = (
        encoded(quarters(), "AVIF", exif=exif) if form == "AVIF" else tiled(quarters(), 256, exif=exif.tobytes()[6:])
    )
    at = content.index(b"MM\0*")
    for damage in (b"\xff\xee\xdd\xcc", b"MM\0*\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff\xff\xff"):
        assert alike(read(content[:at] + damage + content[at + len(damage) :]), quarters())


def test_libheif_is_not_loaded_for_other_photos() -> None:
    code = (
        "import sys, io; from PIL import Image; from emojicam.stream.media.photos import decode_photo\n"
        "memory = io.BytesIO(); Image.new('RGB', (8, 8)).save(memory, 'JPEG'); decode_photo(memory.getvalue(), 'a')\n"
        "print('pi_heif' in sys.modules, 'HEIF' in Image.OPEN)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


# --- TIFF, BMP, MPO, GIF, APNG ---


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_deflate", "packbits", "jpeg", "zstd"])
def test_a_tiff_is_read(compression: str | None) -> None:
    found = read(encoded(quarters(), "TIFF", compression=compression))
    assert (found.format, found.alpha, found.notes) == ("TIFF", None, ())
    assert alike(found, quarters())


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_tiff_is_turned_once(orientation: int, compression: str | None) -> None:
    turns = {3: 2, 6: 1, 8: -1}[orientation]
    stored = np.ascontiguousarray(np.rot90(quarters(), turns))
    content = encoded(stored, "TIFF", compression=compression, tiffinfo={274: orientation})
    assert alike(read(content), quarters())


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "LAB"])
def test_a_tiff_of_other_pixels_becomes_colour(mode: str) -> None:
    image = Image.fromarray(quarters())
    if mode == "LAB":
        colours = (ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"))
        lab = ImageCms.profileToProfile(image, *colours, outputMode="LAB")
        assert lab is not None
        image = lab
    else:
        image = image.convert(mode)
    expected = np.asarray(image.convert("RGB")) if mode in "LP" else quarters()
    assert alike(read(encoded(image, "TIFF")), expected, 10)


@pytest.mark.parametrize("big", [np.uint16, np.float32])
def test_a_deep_grey_tiff_is_read(big: type[np.uint16] | type[np.float32]) -> None:
    grey = quarters()[..., 0]
    deep = grey.astype(np.uint16) * 257 if big is np.uint16 else grey.astype(np.float32) / 255
    assert alike(read(encoded(Image.fromarray(deep), "TIFF")), np.dstack([grey] * 3), 1)


def test_a_deep_colour_tiff_is_read() -> None:
    _, data = cv2.imencode(".tif", quarters()[..., ::-1].astype(np.uint16) * 257)
    assert alike(read(data.tobytes()), quarters(), 1)


def test_a_tiff_of_a_kind_that_can_not_be_read_says_what_to_do() -> None:
    _, data = cv2.imencode(".tif", quarters()[..., ::-1].astype(np.float32) / 255)
    with pytest.raises(NotAPhoto, match="a: a TIFF of a kind that can't be read; save it with 8 bits a channel"):
        read(data.tobytes())


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_a_tiff_that_was_cut_off_is_damaged(compression: str | None) -> None:
    content = encoded(quarters(), "TIFF", compression=compression)
    with pytest.raises(InputError, match="a: the photo is damaged"):
        read(content[: len(content) // 2])


def test_of_several_pages_the_first_is_taken_and_that_is_told() -> None:
    pages = [Image.new("RGB", (30, 20), "blue")] * 2
    found = read(encoded(quarters(), "TIFF", save_all=True, append_images=pages))
    assert found.notes == ("has 3 pages; the first is taken",)
    assert alike(found, quarters())


def test_smaller_copies_in_a_tiff_are_no_pages() -> None:
    memory = io.BytesIO()
    copy = Image.new("RGB", (30, 20))
    copy.encoderinfo = {"tiffinfo": {254: 1}}  # Pillow's word for what belongs to one page
    Image.fromarray(quarters()).save(memory, "TIFF", save_all=True, append_images=[copy])
    assert read(memory.getvalue()).notes == ()


@pytest.mark.parametrize("tags", [{254: 1}, {50706: b"\1\4\0\0"}])
def test_a_preview_is_not_taken_for_the_photo(tags: dict[int, object]) -> None:
    """As in a camera's raw file: the first picture is a thumbnail, the photo itself can't be read."""
    with pytest.raises(NotAPhoto, match="a: its first picture is only a preview"):
        read(encoded(quarters(160, 120), "TIFF", tiffinfo=tags))


@pytest.mark.parametrize("content", [b"II*\0\x10\0\0\0CR\2\0" + bytes(90), box(b"ftyp", b"crx \0\0\0\1crx isom")])
def test_a_raw_file_says_what_it_is(content: bytes) -> None:
    with pytest.raises(NotAPhoto, match="a: a camera's raw file; develop it first"):
        read(content)


def test_a_tile_that_claims_gigabytes_is_refused() -> None:
    size, grey_lzw, tiles = {256: 64, 257: 64}, {258: 8, 259: 5, 262: 1, 277: 1}, {322: 65520, 323: 65520}
    tags = size | grey_lzw | tiles | {324: 8, 325: 90}
    content = b"II*\0" + struct.pack("<IH", 8, len(tags))
    content += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()) + bytes(100)
    with pytest.raises(InputError, match="claims tiles of more than"):
        read(content)


def test_the_first_picture_of_an_mpo_is_the_photo() -> None:
    found = read(encoded(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (30, 20))], quality=95))
    assert (found.format, found.notes) == ("JPEG", ())
    assert alike(found, quarters())


def test_a_damaged_list_of_further_pictures_does_not_cost_the_first() -> None:
    content = bytearray(encoded(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (30, 20))]))
    at = content.index(b"MPF\0")
    content[at + 4 : at + 60] = b"\xff\xee" * 28
    assert alike(read(bytes(content)), quarters(), 12)


def test_one_picture_of_an_animation_is_the_one_that_browsers_show() -> None:
    """Of an APNG whose first picture is only for programs that know no animation."""
    shown = Image.fromarray(quarters())
    whole = encoded(Image.new("RGB", (640, 480)), "PNG", save_all=True, append_images=[shown], default_image=True)
    assert whole[whole.index(b"acTL") + 4 :][:4] == b"\0\0\0\1"
    assert alike(read(whole), quarters())


@pytest.mark.parametrize("form", ["GIF", "AVIF"])
def test_what_moves_is_no_photo(form: str) -> None:
    pictures = [Image.new("RGB", (30, 20), colour) for colour in ("red", "lime", "blue")]
    with pytest.raises(NotAPhoto, match="a: not a photo"):
        read(encoded(pictures[0], form, save_all=True, append_images=pictures[1:], duration=100))


# --- what is refused ---


@pytest.mark.parametrize(
    "content",
    [
        lambda: tiled(quarters(), 256),
        lambda: heic(quarters()),
        lambda: encoded(quarters(), "AVIF"),
        lambda: encoded(quarters(), "TIFF", compression="tiff_lzw"),
        lambda: encoded(quarters(), "TIFF"),
        lambda: encoded(quarters(), "BMP"),
        lambda: encoded(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (30, 20))]),
        lambda: encoded(Image.fromarray(quarters()), "GIF"),
    ],
    ids=["tiles", "heic", "avif", "lzw", "tiff", "bmp", "mpo", "gif"],
)
def test_a_photo_that_is_torn_or_damaged_is_read_or_refused_in_words(content: Callable[[], bytes]) -> None:
    whole = content()
    chance = np.random.default_rng(5)
    pieces = [whole[: len(whole) * part // 12] for part in range(1, 12)]
    for _ in range(25):
        damaged = np.frombuffer(whole, np.uint8).copy()
        places = chance.integers(12, min(len(whole), 1500), 6)
        damaged[places] = chance.integers(0, 256, 6)
        pieces.append(damaged.tobytes())
    refused = [word for word in map(refusal, pieces) if word]
    assert len(refused) > 5
    assert all(word.startswith("a: ") and "\n" not in word for word in refused)


def refusal(content: bytes) -> str:
    """The words with which a file is refused; none if it can be read."""
    try:
        assert read(content).bgr.ndim == 3
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "content",
    [
        lambda: tiled(quarters(), 256),
        lambda: heic(quarters()),
        lambda: encoded(quarters(), "AVIF"),
        lambda: encoded(quarters(), "TIFF"),
        lambda: encoded(quarters(), "BMP"),
        lambda: encoded(Image.fromarray(quarters()), "GIF"),
    ],
    ids=["tiles", "heic", "avif", "tiff", "bmp", "gif"],
)
def test_too_many_pixels_are_refused_by_the_header(content: Callable[[], bytes]) -> None:
    for work in (photo_size, decode_photo):
        with pytest.raises(TooManyPixels, match="640x480 px is more than"):
            work(content(), "a", 640 * 480 - 1)
