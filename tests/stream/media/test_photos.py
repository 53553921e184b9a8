from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from making import as_stored
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, TiffImagePlugin

from emojicam.errors import InputError, OutputError, UsageError
from emojicam.stream.media.photos import MOST_PIXELS, Photo, decode_photo, passes, read_photo, write_photo

Rgb = npt.NDArray[np.uint8]

SUFFIXES = [".jpg", ".jpeg", ".png", ".webp", ".JPG"]


def corners(width: int = 64, height: int = 48) -> Rgb:
    """RGB: a picture whose four quarters are red, green, blue and white, clockwise from the upper left."""
    picture = np.zeros((height, width, 3), np.uint8)
    y, x = height // 2, width // 2
    picture[:y, :x], picture[:y, x:] = (220, 30, 30), (30, 200, 30)
    picture[y:, x:], picture[y:, :x] = (30, 30, 220), (240, 240, 240)
    return picture


def photo(picture: Rgb, alpha: Rgb | None = None) -> Photo:
    return Photo(np.ascontiguousarray(picture[..., ::-1]), alpha, "PNG")


def close(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8], within: int) -> bool:
    """Alike but at the quarters' edges, where a lossy format rings."""
    assert one.shape == other.shape
    off = np.abs(one.astype(int) - other)
    height, width = off.shape[:2]
    y, x = np.indices((height, width))
    return bool(off[(abs(y - height // 2) >= 8) & (abs(x - width // 2) >= 8)].max() <= within)


# --- what comes out ---


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_photo_comes_back_as_it_was_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    write_photo(photo(corners()), path)
    with Image.open(path) as image:
        assert image.format == {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}[suffix[1:].lower()]
        assert image.size == (64, 48)
    read = read_photo(path)
    assert read.bgr.dtype == np.uint8
    assert read.alpha is None
    assert close(read.bgr[..., ::-1], corners(), 0 if suffix == ".png" else 6)


def test_a_png_is_lossless(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (31, 17, 3), dtype=np.uint8)
    write_photo(photo(noise), tmp_path / "n.png")
    assert np.array_equal(read_photo(tmp_path / "n.png").bgr[..., ::-1], noise)


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_transparency_is_kept(tmp_path: Path, suffix: str) -> None:
    alpha = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    write_photo(photo(corners(), alpha), tmp_path / f"a{suffix}")
    read = read_photo(tmp_path / f"a{suffix}")
    assert read.alpha is not None
    assert np.array_equal(read.alpha, alpha)
    solid = alpha > 200
    assert np.median(np.abs(read.bgr[..., ::-1].astype(int) - corners())[solid]) <= 4


def test_a_fully_opaque_alpha_is_no_transparency(tmp_path: Path) -> None:
    write_photo(photo(corners(), np.full((48, 64), 255, np.uint8)), tmp_path / "a.png")
    assert read_photo(tmp_path / "a.png").alpha is None


def test_a_jpeg_cannot_hold_transparency_so_white_shows_through(tmp_path: Path) -> None:
    write_photo(photo(corners(), np.full((48, 64), 51, np.uint8)), tmp_path / "a.jpg")
    read = read_photo(tmp_path / "a.jpg")
    assert read.alpha is None
    assert close(read.bgr[..., ::-1], np.rint(255 - (255 - corners().astype(float)) * 0.2).astype(np.uint8), 6)


@pytest.mark.parametrize("name", ["a.gif", "a.txt", "a", "a.jpg.exe"])
def test_a_suffix_that_is_no_photos_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.jpg, \.jpeg, \.png, \.webp"):
        write_photo(photo(corners()), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_replaced_only_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("mine")
    with pytest.raises(OutputError, match="already there"):
        write_photo(photo(corners()), path)
    assert path.read_text() == "mine"
    write_photo(photo(corners()), path, overwrite=True)
    assert np.array_equal(read_photo(path).bgr[..., ::-1], corners())
    assert list(tmp_path.iterdir()) == [path]


def test_a_photo_too_large_for_its_format_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"a\.webp: can't be written as WEBP"):
        write_photo(photo(np.zeros((1, 16384, 3), np.uint8)), tmp_path / "a.webp")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["folder.png", "missing/a.png"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError):
        write_photo(photo(corners()), tmp_path / place, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """In a process of its own whose files may not grow beyond 4 KB."""
    code = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from emojicam.errors import OutputError
from emojicam.stream.media.photos import Photo, write_photo
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
try:
    write_photo(Photo(noise, None, "PNG"), Path(sys.argv[1]))
except OutputError as error:
    print(error)
"""
    path = tmp_path / "a.png"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{path}: can't be written: ")
    assert list(tmp_path.iterdir()) == []


# --- orientation and metadata ---


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_upright_whatever_its_orientation_tag(tmp_path: Path, orientation: int, form: str) -> None:
    """Each stored picture is the one that the tag's turn makes upright."""
    stored = as_stored(corners(), orientation)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / "photo"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, form, exif=exif, quality=95)
    read = read_photo(path)
    assert read.format == form
    assert close(read.bgr[..., ::-1], corners(), 8)


def tags(orientation: int) -> bytearray:
    """EXIF data with an orientation, an author and a place."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "Ellen"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    return bytearray(exif.tobytes())


@pytest.mark.parametrize(("at", "value"), [(29, 0), (31, 5), (65, 2), (67, 3), (77, 3), (79, 1), (35, 200), (60, 99)])
def test_one_damaged_tag_does_not_cost_the_photo(tmp_path: Path, at: int, value: int) -> None:
    """Nor a warning: those are errors here."""
    damaged = tags(6)
    damaged[at] = value
    Image.fromarray(np.rot90(corners(), 1).copy()).save(tmp_path / "p.jpg", exif=bytes(damaged), quality=95)
    assert close(read_photo(tmp_path / "p.jpg").bgr[..., ::-1], corners(), 8)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("length", [6, 10, 16, 30, 60])
def test_tags_that_are_cut_off_do_not_cost_the_photo(tmp_path: Path, length: int, form: str) -> None:
    Image.fromarray(corners()).save(tmp_path / "p", form, exif=bytes(tags(1)[:length]))
    assert read_photo(tmp_path / "p").bgr.shape == (48, 64, 3)


SECRETS = (
    b"Ellen",
    b"GPS",
    b"Exif",
    b"MM\x00*",
    b"xmp",
    b"XMP",
    b"ICC_PROFILE",
    b"iCCP",
    b"eXIf",
    b"Photoshop",
    b"home",
)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_the_metadata_is_left(tmp_path: Path, form: str, suffix: str) -> None:
    extra: dict[str, object] = {"exif": bytes(tags(1)), "icc_profile": ImageCms.ImageCmsProfile(SRGB).tobytes()}
    if form == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", "taken at Ellen's home")
        text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>Ellen</x:xmpmeta>")
        extra["pnginfo"] = text
    else:
        extra["xmp"] = b"<x:xmpmeta>Ellen</x:xmpmeta>"
    if form == "JPEG":
        extra["comment"] = b"taken at Ellen's home"
    source, target = tmp_path / "source", tmp_path / f"target{suffix}"
    Image.fromarray(corners()).save(source, form, **extra)
    assert source.read_bytes().count(b"Ellen") >= 2
    write_photo(read_photo(source), target)
    written = target.read_bytes()
    assert [secret for secret in SECRETS if secret in written] == []
    with Image.open(target) as image:
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment", "XML:com.adobe.xmp"} & set(image.info)
    assert close(read_photo(target).bgr[..., ::-1], corners(), 8)


# --- kinds of pixels ---

SRGB = ImageCms.createProfile("sRGB")


def grey_ramp() -> npt.NDArray[np.uint8]:
    return np.tile(np.arange(0, 256, 4, dtype=np.uint8), (16, 1))


@pytest.mark.parametrize(
    ("image", "form", "off"),
    [
        (Image.fromarray(grey_ramp()), "PNG", 0),
        (Image.fromarray(grey_ramp()), "JPEG", 3),
        (Image.fromarray((grey_ramp().astype(np.uint16) << 8) + 77), "PNG", 1),
        (Image.fromarray(grey_ramp()).convert("P"), "PNG", 0),
        (Image.fromarray(grey_ramp()).convert("LA"), "PNG", 0),
        (Image.fromarray(grey_ramp()).convert("RGBA"), "WEBP", 3),
        (Image.fromarray(grey_ramp()).convert("CMYK"), "JPEG", 4),
        (Image.fromarray(grey_ramp()).convert("YCbCr"), "JPEG", 3),
    ],
    ids=["grey", "grey jpeg", "16 bit", "palette", "grey + alpha", "rgba webp", "cmyk", "ycbcr"],
)
def test_every_kind_of_pixels_becomes_8_bit_colour(tmp_path: Path, image: Image.Image, form: str, off: int) -> None:
    image.save(tmp_path / "photo", form, **({"quality": 95} if form != "PNG" else {}))
    read = read_photo(tmp_path / "photo")
    assert read.bgr.shape == (16, 64, 3)
    assert read.alpha is None
    assert np.abs(read.bgr.astype(int) - grey_ramp()[..., None]).max() <= off


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    Image.fromarray(grey_ramp() > 127).save(tmp_path / "p.png")
    assert np.array_equal(read_photo(tmp_path / "p.png").bgr[..., 1], np.where(grey_ramp() > 127, 255, 0))


def test_a_palettes_clear_colour_is_transparent(tmp_path: Path) -> None:
    image = Image.fromarray(corners()).quantize(4, dither=Image.Dither.NONE)
    clear = image.getpixel((0, 0))
    image.save(tmp_path / "p.png", transparency=clear)
    read = read_photo(tmp_path / "p.png")
    assert read.alpha is not None
    assert (read.alpha[:24, :32] == 0).all()
    assert (read.alpha[24:] == 255).all()
    assert np.abs(read.bgr[24:, :, ::-1].astype(int) - corners()[24:]).max() <= 2


def swapped_profile() -> bytes:
    """sRGB's profile with the red and the green primary exchanged: a colour space that is unmistakably another."""
    data = ImageCms.ImageCmsProfile(SRGB).tobytes()
    assert data.count(b"rXYZ") == data.count(b"gXYZ") == 1
    return data.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")


@pytest.mark.parametrize(("form", "alpha"), [("JPEG", False), ("PNG", False), ("PNG", True), ("WEBP", True)])
def test_a_photo_in_another_colour_space_becomes_srgb(tmp_path: Path, form: str, alpha: bool) -> None:
    stored = np.full((32, 32, 3), (200, 60, 40), np.uint8)
    image = Image.fromarray(stored)
    if alpha:
        image.putalpha(Image.new("L", (32, 32), 100))
    image.save(tmp_path / "photo", form, icc_profile=swapped_profile())
    read = read_photo(tmp_path / "photo")
    # What the profile calls red is green.
    assert np.abs(read.bgr[16, 16].astype(int) - (40, 200, 60)).max() <= 6
    assert (read.alpha is not None) == alpha
    if read.alpha is not None:
        assert (read.alpha == 100).all()


@pytest.mark.parametrize("profile", [b"not a profile", swapped_profile()[:300], b""], ids=["text", "cut off", "empty"])
def test_a_broken_profile_is_ignored(tmp_path: Path, profile: bytes) -> None:
    Image.fromarray(corners()).save(tmp_path / "p.png", icc_profile=profile)
    assert np.array_equal(read_photo(tmp_path / "p.png").bgr[..., ::-1], corners())


def test_a_profile_for_other_pixels_is_ignored(tmp_path: Path) -> None:
    """An RGB profile in a grey photo."""
    Image.fromarray(grey_ramp()).save(tmp_path / "p.png", icc_profile=swapped_profile())
    assert np.array_equal(read_photo(tmp_path / "p.png").bgr[..., 0], grey_ramp())


# --- what is invisible, and what stands beside the pixels ---


@pytest.mark.parametrize("suffix", [".png", ".webp", ".jpg"])
def test_of_what_was_made_invisible_nothing_is_written(tmp_path: Path, suffix: str) -> None:
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:24, :32] = 0  # the red quarter
    Image.fromarray(np.dstack([corners(), alpha])).save(tmp_path / "a.png")
    read = read_photo(tmp_path / "a.png")
    assert (read.bgr[alpha == 0] == 255).all()
    write_photo(read, tmp_path / f"b{suffix}")
    with Image.open(tmp_path / f"b{suffix}") as image:
        hidden = np.asarray(image.convert("RGBA"))[4:20, 4:28]
    if suffix == ".jpg":
        assert (hidden[..., :3] > 250).all()
    else:
        assert (hidden[..., 3] == 0).all()
        assert not ((hidden[..., 0] > 150) & (hidden[..., 1] < 100)).any()


def test_what_is_almost_invisible_is_still_seen(tmp_path: Path) -> None:
    """It can be brought back from the copy, so its faces are looked for."""
    Image.fromarray(np.dstack([corners(), np.ones((48, 64), np.uint8)])).save(tmp_path / "a.png")
    assert np.array_equal(read_photo(tmp_path / "a.png").bgr[..., ::-1], corners())


NOISE = np.random.default_rng(4).integers(0, 256, 5_000_000, np.uint8).tobytes()


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


JPEG_SIDES = {
    "comments": segment(0xFE, b"\xff\xda" * 30_000) * 3,
    "5 MB of noise": b"".join(segment(0xEA, NOISE[at : at + 60_000]) for at in range(0, len(NOISE), 60_000)) * 2,
    "a damaged profile": b"".join(segment(0xE2, b"ICC_PROFILE\0\1\3" + NOISE[:60_000]) for _ in range(40)),
    "a damaged list of pictures": segment(0xE2, b"MPF\0" + NOISE[:500]),
    "damaged EXIF": segment(0xE1, b"Exif\0\0" + NOISE[:60_000]),
    "damaged Photoshop data": segment(0xED, b"Photoshop 3.0\0" + b"8BIM" + NOISE[:900]),
    "XMP": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + NOISE[:60_000]),
}


@pytest.mark.parametrize("side", JPEG_SIDES.values(), ids=JPEG_SIDES)
def test_what_a_jpeg_says_beside_its_picture_does_not_cost_it(side: bytes) -> None:
    whole = encoded("JPEG")
    plain = decode_photo(whole, "a")
    assert np.array_equal(decode_photo(whole[:2] + side + whole[2:], "a").bgr, plain.bgr)


def test_what_follows_a_jpeg_does_not_cost_it() -> None:
    """A phone's motion photo has a film behind it; in ten megabytes of it stand a hundred bytes like a pass."""
    whole = encoded("JPEG")
    assert (NOISE + NOISE).count(b"\xff\xda") > 100
    assert np.array_equal(decode_photo(whole + NOISE * 2, "a").bgr, decode_photo(whole, "a").bgr)


@pytest.mark.parametrize("filled", [b"", b"\xff\xff"])
def test_absurdly_many_passes_are_refused(filled: bytes) -> None:
    memory = io.BytesIO()
    Image.fromarray(corners()).save(memory, "JPEG", progressive=True)
    whole = memory.getvalue()
    assert decode_photo(whole, "a").bgr.shape == (48, 64, 3)
    at = whole.index(b"\xff\xda")
    one = filled + whole[at : whole.index(b"\xff\xda", at + 2)]
    with pytest.raises(InputError, match="more than 100 passes"):
        decode_photo(whole[:at] + one * 101 + whole[at:], "a")


@pytest.mark.parametrize("chunk", [b"EXIF", b"XMP ", b"ICCP", b"junk"])
def test_what_a_webp_says_beside_its_picture_does_not_cost_it(chunk: bytes) -> None:
    inner = encoded("WEBP")[12:]
    flags = {b"EXIF": 8, b"XMP ": 4, b"ICCP": 32}.get(chunk, 0)
    size = struct.pack("<I", 159)[:3] + struct.pack("<I", 119)[:3]
    side = chunk + struct.pack("<I", 3_000_000) + NOISE[:3_000_000]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + size
    body += side + inner if chunk == b"ICCP" else inner + side
    read = decode_photo(b"RIFF" + struct.pack("<I", len(body)) + body, "a")
    assert np.array_equal(read.bgr, decode_photo(encoded("WEBP"), "a").bgr)


TIFF_SIDES: dict[str, dict[int, object]] = {
    "a profile that is none": {34675: NOISE[:3_000_000]},
    "XMP": {700: NOISE[:3_000_000]},
    "a long description": {270: "x" * 3_000_000},
    "EXIF behind the end": {34665: 4_000_000_000},
    "EXIF in the header": {34665: 3},
    "a place that is none": {34853: 9},
    "IPTC": {33723: NOISE[:1000]},
    "Photoshop data": {37724: NOISE[:1000]},
    "no resolution": {282: 0, 283: 0, 296: 3},
}


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("tags", TIFF_SIDES.values(), ids=TIFF_SIDES)
def test_what_a_tiff_says_beside_its_picture_does_not_cost_it(tags: dict[int, object], compression: str | None) -> None:
    memory = io.BytesIO()
    known = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        known[tag] = value
        if tag in (34665, 34853):
            known.tagtype[tag] = 4
        elif isinstance(value, bytes):
            known.tagtype[tag] = 7
    Image.fromarray(corners()).save(memory, "TIFF", tiffinfo=known, compression=compression)
    assert np.array_equal(decode_photo(memory.getvalue(), "a").bgr[..., ::-1], corners())


# --- what is refused ---


def encoded(form: str) -> bytes:
    memory = io.BytesIO()
    noise = np.random.default_rng(3).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    Image.fromarray(noise).save(memory, form)
    return memory.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that a decoder would make gigabytes of."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize(
    "content",
    [
        encoded("JPEG")[:3000],
        encoded("JPEG")[:30],
        encoded("PNG")[:3000],
        encoded("WEBP")[:3000],
        encoded("PNG")[:200] + b"\xff" * 200 + encoded("PNG")[400:],
        b"This is a text, not a photo.\n" * 50,
        b"",
        b"\xff\xd8\xff",
        b"GIF89a" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
    ids=["jpeg", "jpeg header", "png", "webp", "png bits", "text", "empty", "3 bytes", "gif", "svg"],
)
def test_what_is_no_whole_photo_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_photo(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [(30_000, 30_000), (13_000, 10_000), (65_500, 65_500), (MOST_PIXELS + 1, 1)])
def test_a_small_file_that_claims_to_be_huge_is_refused_by_its_header(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_claims(*size))
    with pytest.raises(InputError, match=r"bomb\.png: .*pixels"):
        read_photo(path)


def test_a_large_photo_within_the_limit_is_not_warned_about(tmp_path: Path) -> None:
    """Pillow warns from 89 megapixels on; here warnings are errors."""
    path = tmp_path / "large.png"
    path.write_bytes(png_that_claims(10_000, 9_500))
    with pytest.raises(InputError, match="damaged"):
        read_photo(path)


@pytest.mark.parametrize("name", ["missing.jpg", "folder.jpg"])
def test_a_path_that_holds_no_file_is_wrong_usage(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(UsageError) as caught:
        read_photo(tmp_path / name)
    assert name in str(caught.value)


def test_passes_are_counted_where_they_are() -> None:
    memory = io.BytesIO()
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    picture.save(memory, "JPEG", progressive=True)
    plain = memory.getvalue()
    count = passes(plain)
    assert count == plain.count(b"\xff\xda")
    assert count > 5
    tag = b"\xff\xe5" + (602).to_bytes(2, "big") + b"\xff\xda" * 300
    film = b"\xff\xda" * 300  # a phone's "live" photo has one behind the picture
    assert passes(plain[:2] + tag + plain[2:] + film) == count
    assert passes(plain[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00" * 7 + plain[-2:]) == count + 7
    assert passes(plain[:2] + b"\xff\xe5\x00\x00" + b"\xff\xda" * 300) == 300
    assert passes(b"\x89PNG\r\n\x1a\n" + film) == 1


def test_a_photo_with_a_film_behind_it_is_read() -> None:
    memory = io.BytesIO()
    Image.fromarray(np.full((32, 32, 3), 90, np.uint8)).save(memory, "JPEG")
    photo = decode_photo(memory.getvalue() + b"\xff\xda" * 300, "live.jpg")
    assert photo.bgr.shape == (32, 32, 3)
