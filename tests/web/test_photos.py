"""`POST /api/photo`: good uploads, bad uploads, bombs, and many at once."""

from __future__ import annotations

import base64
import io
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from heicfiles import heic, tiled
from making import Picture
from PIL import Image, ImageCms
from serving import GOOD, PaintedModels, Site, memory, opened, packed, painted, site

from emojicam.web.camera import StreamEnded, unpacked
from emojicam.web.config import Config, Limits

# --- good ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "media", "form"),
    [
        ("*/*", "image/png", "PNG"),
        ("image/*", "image/png", "PNG"),
        ("image/jpeg", "image/jpeg", "JPEG"),
        ("image/webp;q=0.9, image/jpeg;q=0.2", "image/webp", "WEBP"),
        ("text/html, image/jpeg", "image/jpeg", "JPEG"),
    ],
)
def test_the_answer_is_the_picture_with_an_emoji_in_the_format_that_is_wanted(
    here: Site, accept: str, media: str, form: str
) -> None:
    before = painted()
    answer = here.send(packed(before), accept)
    assert (answer.status_code, answer.headers["content-type"], answer.headers["x-faces"]) == (200, media, "1")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.format == form
    after = opened(answer.content).astype(int)
    assert after.shape == before.shape
    # The face is hidden by yellow: much red and green, little blue.
    blue, green, red = after[100:140, 140:180].reshape(-1, 3).mean(axis=0)
    assert red > 180
    assert green > 120
    assert blue < 120
    # The corners are as they were.
    assert np.abs(after[:20, :20] - 90).max() <= 3


def clear(form: str) -> bytes:
    """A picture whose left quarter is invisible."""
    pixels = np.dstack([painted()[..., ::-1], np.full((240, 320), 255, np.uint8)])
    pixels[:, :80, 3] = 0
    if form == "HEIC":
        return heic(pixels)
    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, form)
    return memory.getvalue()


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (lambda: tiled(np.ascontiguousarray(painted()[..., ::-1]), 128), "image/jpeg"),
        (lambda: packed(painted(), "AVIF", quality=95), "image/jpeg"),
        (lambda: packed(painted(), "TIFF"), "image/jpeg"),
        (lambda: packed(painted(), "BMP"), "image/jpeg"),
        (lambda: packed(painted(), "MPO", quality=95), "image/jpeg"),
        (lambda: packed(painted(), "GIF"), "image/jpeg"),
        (lambda: clear("HEIC"), "image/png"),
        (lambda: clear("AVIF"), "image/png"),
        (lambda: clear("TIFF"), "image/png"),
    ],
    ids=["heic", "avif", "tiff", "bmp", "mpo", "gif", "clear heic", "clear avif", "clear tiff"],
)
def test_photos_of_every_format_are_taken_by_their_content(here: Site, data: Callable[[], bytes], media: str) -> None:
    answer = here.send(data(), name="IMG_1.jpg", kind="image/jpeg")
    assert (answer.status_code, answer.headers["content-type"], answer.headers["x-faces"]) == (200, media, "1")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (320, 240)
        assert image.has_transparency_data == (media == "image/png")
    assert here.send(data(), "application/json").json()["faces"][0]["box"] == pytest.approx([130, 90, 60, 60], abs=2)


def test_what_is_invisible_is_not_looked_at(here: Site) -> None:
    pixels = np.dstack([painted()[..., ::-1], np.zeros((240, 320), np.uint8)])
    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, "PNG")
    answer = here.send(memory.getvalue())
    assert (answer.status_code, answer.headers["x-faces"]) == (200, "0")
    with Image.open(io.BytesIO(answer.content)) as after:
        assert (np.asarray(after) == (255, 255, 255, 0)).all()


def test_json_tells_what_was_seen(here: Site) -> None:
    answer = here.send(packed(painted()), "application/json")
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert (said["width"], said["height"]) == (320, 240)
    (face,) = said["faces"]
    assert face["box"] == [130, 90, 60, 60]
    assert face["emotion"] == "happiness"
    assert face["confidence"] == 0.9
    assert sum(face["scores"].values()) == pytest.approx(1, abs=0.001)
    assert "image" not in said


def test_json_can_hold_the_picture(here: Site) -> None:
    said = here.send(packed(painted()), "application/json", image="png").json()
    head, _, data = said["image"].partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == here.send(packed(painted())).content


def test_without_a_face_the_picture_is_unchanged(here: Site) -> None:
    before = painted(faces=())
    answer = here.send(packed(before))
    assert (answer.status_code, answer.headers["x-faces"]) == (200, "0")
    assert np.array_equal(opened(answer.content), before)


def test_the_styles_differ(here: Site) -> None:
    pictures = {style: here.send(packed(painted()), style=style).content for style in ("cover", "badge", "label")}
    assert len(set(pictures.values())) == 3
    # A badge leaves the middle of the face as it is.
    assert np.array_equal(opened(pictures["badge"])[115:125, 150:165], painted()[115:125, 150:165])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_all_metadata_are_gone(here: Site, form: str) -> None:
    image = Image.fromarray(painted()[..., ::-1])
    exif = Image.Exif()
    exif[0x010E] = "SECRET-DESCRIPTION"
    exif[0x0112] = 1
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 30.0)
    options: dict[str, object] = {
        "exif": exif,
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    }
    if form != "PNG":
        options["xmp"] = b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>"
    memory = io.BytesIO()
    image.save(memory, form, **options)
    assert b"SECRET" in memory.getvalue()
    for accept in ("*/*", "image/jpeg", "image/png", "image/webp"):
        content = here.send(memory.getvalue(), accept).content
        assert b"SECRET" not in content
        with Image.open(io.BytesIO(content)) as after:
            after.load()
            assert not dict(after.getexif())
            assert not set(after.info) & {"exif", "icc_profile", "xmp", "comment", "XML:com.adobe.xmp"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_upright(here: Site, orientation: int) -> None:
    upright = painted(faces=((60, 60, 50),))
    upright[:, 300:] = 250  # neither axis is symmetrical
    image = Image.fromarray(upright[..., ::-1])
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    if orientation in turns:
        image = image.transpose(turns[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    memory = io.BytesIO()
    image.save(memory, "PNG", exif=exif)
    answer = here.send(memory.getvalue(), "application/json", image="png").json()
    assert (answer["width"], answer["height"]) == (320, 240)
    assert answer["faces"][0]["box"] == [35, 35, 50, 50]
    after = opened(base64.b64decode(answer["image"].partition(",")[2]))
    assert (after[:, 300:] == 250).all()


def test_transparency_stays(here: Site) -> None:
    pixels = np.dstack([painted()[..., ::-1], np.full((240, 320), 100, np.uint8)])
    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, "PNG")
    with Image.open(io.BytesIO(here.send(memory.getvalue()).content)) as after:
        alpha = np.asarray(after.getchannel("A"))
    assert alpha[0, 0] == 100
    assert alpha[120, 160] == 255


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (3, 3), (16, 16), (641, 481)])
def test_odd_sizes(here: Site, size: tuple[int, int]) -> None:
    answer = here.send(packed(np.full((size[1], size[0], 3), 90, np.uint8)))
    assert answer.status_code == 200
    assert opened(answer.content).shape == (size[1], size[0], 3)


# --- bad -------------------------------------------------------------------------------------------------------------


def png_header(width: int, height: int, *, bits: int = 1, colour: int = 0) -> bytes:
    """A PNG that claims a size; all its pixels are packed to almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    samples = {0: 1, 2: 3}[colour]
    row = b"\0" + bytes((width * bits * samples + 7) // 8)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg_header(width: int, height: int) -> bytes:
    """A JPEG of 16x16 px that claims another size."""
    data = bytearray(packed(np.full((16, 16, 3), 90, np.uint8), "JPEG"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_header(width: int, height: int) -> bytes:
    """An animated WebP that claims a size."""
    vp8x = b"VP8X" + struct.pack("<I", 10) + bytes([2, 0, 0, 0]) + struct.pack("<I", width - 1)[:3]
    vp8x += struct.pack("<I", height - 1)[:3]
    anim = b"ANIM" + struct.pack("<I", 6) + bytes(6)
    inner = packed(np.full((16, 16, 3), 90, np.uint8), "WEBP")[12:]
    frame = bytes(6) + struct.pack("<I", 15)[:3] * 2 + bytes([10, 0, 0, 0]) + inner
    anmf = b"ANMF" + struct.pack("<I", len(frame)) + frame
    body = b"WEBP" + vp8x + anim + anmf
    return b"RIFF" + struct.pack("<I", len(body)) + body


def moving(form: str) -> bytes:
    """Two pictures, one after the other."""
    others = [Image.fromarray(painted(faces=()))]
    return packed(painted(), form, save_all=True, append_images=others, duration=100)


def tiff_header(width: int, height: int, tile: int = 0) -> bytes:
    """A TIFF (grey, LZW) that claims a size, and perhaps that of its tiles."""
    tags = {256: width, 257: height, 258: 8, 259: 5, 262: 1, 277: 1}
    tags |= {322: tile, 323: tile, 324: 8, 325: 90} if tile else {273: 8, 278: height, 279: 90}
    content = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + content + bytes(100)


def bmp_header(width: int, height: int) -> bytes:
    """A BMP that claims a size."""
    data = bytearray(packed(painted(16, 16, ()), "BMP"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def heic_header(width: int, height: int) -> bytes:
    """A HEIC of one tile that claims a size."""
    data = tiled(painted(128, 128, ()), 128)
    return data.replace(struct.pack(">II", 128, 128), struct.pack(">II", width, height))


def gif(frames: int) -> bytes:
    """Many frames."""
    head = b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0x80, 0, 0) + bytes(6)
    one = b"\x2c" + struct.pack("<HHHHB", 0, 0, 4, 4, 0) + b"\x02\x04\x84\x8f\x09\x05\x00"
    return head + one * frames + b";"


HTML = b"<!doctype html><script>alert(1)</script>"

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500)

PDF = b"%PDF-1.7\n" + bytes(500)

BAD: list[tuple[str, Callable[[], bytes], int]] = [
    ("empty", lambda: b"", 400),
    ("one byte", lambda: b"x", 415),
    ("text", lambda: b"Dear Sir,\n" * 100, 415),
    ("html", lambda: HTML, 415),
    ("svg", lambda: SVG, 415),
    ("heic", lambda: HEIC, 415),
    ("pdf", lambda: PDF, 415),
    ("gif", lambda: gif(3), 415),
    ("gif of 10^5 frames", lambda: gif(100_000), 415),
    ("torn heic", lambda: tiled(painted(), 128)[:-500], 400),
    ("torn avif", lambda: packed(painted(), "AVIF")[:-40], 400),
    ("torn tiff", lambda: packed(painted(), "TIFF")[:3000], 400),
    ("avif that moves", lambda: moving("AVIF"), 415),
    ("a camera's raw file", lambda: b"II*\0\x10\0\0\0CR\2\0" + bytes(90), 415),
    ("tiff that claims 65000x65000", lambda: tiff_header(65000, 65000), 413),
    ("tiff of tiles that claim 65000x65000", lambda: tiff_header(64, 64, tile=65520), 400),
    ("bmp that claims 60000x60000", lambda: bmp_header(60000, 60000), 413),
    ("heic that claims 30000x30000", lambda: heic_header(30000, 30000), 413),
    ("gif that claims 65000x65000", lambda: gif(1)[:6] + struct.pack("<HH", 65000, 65000) + gif(1)[10:], 413),
    ("torn png", lambda: packed(np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8))[:9000], 400),
    ("torn jpeg", lambda: packed(painted(), "JPEG")[:700], 400),
    ("jpeg's first bytes", lambda: b"\xff\xd8\xff\xe0", 415),
    ("png's first bytes", lambda: b"\x89PNG\r\n\x1a\n", 415),
    ("png of 400 megapixels", lambda: png_header(20_000, 20_000), 413),
    ("png of 144 megapixels", lambda: png_header(12_000, 12_000), 413),
    ("png of 25.01 megapixels", lambda: png_header(5001, 5001), 413),
    ("jpeg that claims 65500x65500", lambda: jpeg_header(65500, 65500), 413),
    ("jpeg that claims 65500x400", lambda: jpeg_header(65500, 400), 413),
    ("webp that claims 16383x16383", lambda: webp_header(16383, 16383), 413),
    ("more than 10 MB", lambda: packed(painted(), "JPEG") + bytes(10 * 1024 * 1024), 413),
]


@pytest.mark.parametrize("form", ["GIF", "AVIF"])
def test_a_format_that_is_taken_is_not_said_to_be_none_that_is(here: Site, form: str) -> None:
    answer = here.send(gif(3) if form == "GIF" else moving(form))
    assert answer.json()["error"] == "this picture moves; only pictures that don't are taken"


@pytest.mark.parametrize(("data", "status"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_uploads_are_refused_in_words(here: Site, data: Callable[[], bytes], status: int) -> None:
    answer = here.send(data())
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.json()["error"]) > 10
    assert here.alive()


BOMBS = [row for row in BAD if "megapixels" in row[0] or "claims" in row[0] or "frames" in row[0]]


@pytest.mark.parametrize(("data", "status"), [row[1:] for row in BOMBS], ids=[row[0] for row in BOMBS])
def test_bombs_cost_neither_memory_nor_time(here: Site, data: Callable[[], bytes], status: int) -> None:
    bomb = data()
    here.send(packed(painted()))
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = memory()
    began = time.perf_counter()
    for _ in range(5):
        assert here.send(bomb).status_code == status
    passed = (time.perf_counter() - began) / 5
    assert memory() - before < 50_000_000
    assert passed < 0.5  # 50 ms on a machine that does nothing else, most of it the client's


def test_text_chunks_that_unpack_to_much_cost_little(here: Site) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    whole = packed(painted())
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000), 9))
    bomb = whole[:33] + text * 200 + whole[33:]
    Path("/proc/self/clear_refs").write_text("5")
    before = memory()
    assert here.send(bomb).status_code in (200, 400)
    assert memory() - before < 50_000_000


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../../etc/passwd", "image/jpeg"),
        ("a\0b.jpg", "image/jpeg"),
        ("n" * 3000 + ".jpg", "image/jpeg"),
        ("shell.php", "application/x-php"),
        ("page.html", "text/html"),
        ("", ""),
        ("über 😀.jpg", "image/svg+xml"),
    ],
)
def test_name_and_type_of_an_upload_mean_nothing(here: Site, name: str, kind: str) -> None:
    answer = here.send(packed(painted()), name=name, kind=kind)
    # httpx writes no filename where there is none: a form field, which is as good.
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert "content-disposition" not in answer.headers
    assert not any("passwd" in value or "php" in value for value in answer.headers.values())


@pytest.mark.parametrize("tail", [HTML, b"PK\x03\x04" + bytes(30), b"<?php system($_GET['c']); ?>"])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_of_a_polyglot_only_the_pixels_come_back(here: Site, form: str, tail: bytes) -> None:
    answer = here.send(packed(painted(), form) + tail)
    assert answer.status_code == 200
    assert tail not in answer.content
    assert HTML not in answer.content


@pytest.mark.parametrize("accept", ["text/html", "application/pdf", "image/gif", "image/png;q=0"])
def test_what_is_not_given_is_406(here: Site, accept: str) -> None:
    assert here.send(GOOD, accept).status_code == 406


@pytest.mark.parametrize("accept", ["image/png;q=", "image/png;q=x, image/jpeg", ",,,", "a" * 5000, "image/png;q=nan"])
def test_odd_wishes_are_no_defect(here: Site, accept: str) -> None:
    assert here.send(GOOD, accept).status_code in (200, 406)


def test_a_picture_too_long_for_its_format_is_said(here: Site) -> None:
    answer = here.send(packed(np.full((2, 20_000, 3), 90, np.uint8)), "image/webp")
    assert answer.status_code == 400
    assert "PNG" in answer.json()["error"]


# --- many ------------------------------------------------------------------------------------------------------------


def test_fifty_at_once_are_all_answered_and_none_mixed_up() -> None:
    def one(number: int) -> None:
        before = painted(200 + 2 * number, 150 + number, ((60 + number, 70, 40),), ground=60 + 3 * number)
        said = here.send(packed(before), "application/json", image="png").json()
        assert (said["width"], said["height"]) == (200 + 2 * number, 150 + number)
        assert said["faces"][0]["box"] == [40 + number, 50, 40, 40]
        after = opened(base64.b64decode(said["image"].partition(",")[2]))
        assert (after[0] == 60 + 3 * number).all()

    models = PaintedModels(before=lambda frame: time.sleep(0.01))
    with site(models=models) as here, ThreadPoolExecutor(50) as visitors:
        list(visitors.map(one, range(50)))
    assert sum(models.batches) == 50


def test_a_crowd_is_told_to_come_back() -> None:
    go_on = threading.Event()
    limits = replace(Limits(), at_work=1, waiting=2, wait_seconds=5)
    models = PaintedModels(before=lambda frame: (go_on.wait(10), None)[1])
    with site(Config(limits=limits), models) as here, ThreadPoolExecutor(8) as visitors:
        waiting = [visitors.submit(here.send, GOOD) for _ in range(6)]
        while sum(one.done() for one in waiting) < 3:
            time.sleep(0.01)
        go_on.set()
        answers = [one.result() for one in waiting]
    busy = [answer for answer in answers if answer.status_code == 503]
    assert len(busy) == 3
    assert all(answer.headers["retry-after"] == "2" for answer in busy)
    assert [answer.status_code for answer in answers].count(200) == 3


def test_who_waits_too_long_is_told_so() -> None:
    go_on = threading.Event()
    models = PaintedModels(before=lambda frame: (go_on.wait(10), None)[1])
    with site(Config(limits=replace(Limits(), wait_seconds=0.3)), models) as here:
        began = time.perf_counter()
        assert here.send(GOOD).status_code == 503
        assert time.perf_counter() - began < 3
        go_on.set()
        assert here.alive()


def test_too_many_in_a_row_are_429() -> None:
    with site(Config(limits=replace(Limits(), photos_burst=3, photos_a_second=0.01))) as here:
        assert [here.send(GOOD).status_code for _ in range(4)] == [200, 200, 200, 429]
        answer = here.send(GOOD)
        assert 50 < int(answer.headers["retry-after"]) <= 100
        with here.client() as client:
            assert client.get("/api/health").status_code == 200


def test_passes_times_pixels_are_bounded(portrait: Picture) -> None:
    usual = packed(portrait, "JPEG", progressive=True)
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00"
    limits = replace(Limits(), pixels=512 * 512 * 4, passes=10)
    with site(Config(limits=limits)) as here:
        for passes, status in ((10, 200), (40, 200), (41, 413), (90, 413)):
            data = usual[:-2] + scan * (passes - usual.count(b"\xff\xda")) + b"\xff\xd9"
            assert here.send(data).status_code == status, passes
    with pytest.raises(StreamEnded, match="too many passes"):
        unpacked(usual[:-2] + scan * 50 + b"\xff\xd9", 512 * 512, 16)


def from_address(here: Site, address: str, data: bytes) -> httpx.Response:
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(base_url=here.url, timeout=60, transport=transport) as client:
        return client.post("/api/photo", files={"photo": data}, headers={"Accept": "application/json"})


def test_turns_go_by_address() -> None:
    models = PaintedModels(before=lambda frame: time.sleep(0.2))
    done: list[str] = []

    def one(here: Site, address: str) -> None:
        assert from_address(here, address, GOOD).status_code == 200
        done.append(address)

    with site(models=models) as here, ThreadPoolExecutor(31) as visitors:
        many = [visitors.submit(one, here, "127.0.0.3") for _ in range(30)]
        while len(done) < 2:
            time.sleep(0.01)
        visitors.submit(one, here, "127.0.0.2").result()
        assert len(done) < 25
        for each in many:
            each.result()


def hung_up(here: Site, number: int) -> None:
    """Send photos, and hang up when all have arrived."""
    body = b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n' + GOOD + b"\r\n--x--\r\n"
    head = (
        "POST /api/photo HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with ExitStack() as stack:
        for _ in range(number):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", here.port)))
            line.sendall(head.encode() + body)
        time.sleep(0.5)


@pytest.mark.parametrize("at_work", [1, 50_000_000])
def test_who_has_hung_up_is_worked_for_no_longer(at_work: int, capfd: pytest.CaptureFixture[str]) -> None:
    """Whether their photos wait for room, or for the models."""
    go_on = threading.Event()
    models = PaintedModels(before=lambda frame: (go_on.wait(20), None)[1])
    with site(Config(limits=replace(Limits(), at_work=at_work)), models) as here:
        hung_up(here, 20)
        time.sleep(0.3)
        go_on.set()
        assert here.alive()
    assert models.frames <= 9  # those that were begun, in one batch, and the last
    assert capfd.readouterr() == ("", "")


def test_an_answer_that_nobody_fetches_is_counted_until_it_is() -> None:
    noise = packed(np.random.default_rng(0).integers(0, 170, (1200, 1200, 3), dtype=np.uint8))
    limits = replace(Limits(), answers=6_000_000, wait_seconds=1.0)
    body = b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n' + noise + b"\r\n--x--\r\n"
    head = (
        "POST /api/photo HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with site(Config(limits=limits)) as here, socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.bind(("127.0.0.3", 0))
        line.connect(("127.0.0.1", here.port))
        line.sendall(head.encode() + body)
        assert line.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        assert from_address(here, "127.0.0.2", GOOD).status_code == 200  # no picture, and so nothing to count
        answer = here.send(noise)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        line.close()
        assert here.send(noise).status_code == 200


def test_a_photo_in_absurdly_many_passes_is_refused_at_once(portrait: Picture) -> None:
    usual = packed(portrait, "JPEG", progressive=True)
    assert 5 < usual.count(b"\xff\xda") < 20
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00"  # one that refines nothing
    hostile = usual[:-2] + scan * 100_000 + b"\xff\xd9"
    with site() as here:
        assert here.send(usual).status_code == 200
        started = time.process_time()
        answer = here.send(hostile)
        assert (answer.status_code, answer.json()["error"]) == (400, "the photo is damaged")
        assert time.process_time() - started < 5  # each pass costs a millisecond: it would take minutes
    assert unpacked(usual, 10_000_000).shape == portrait.shape
    with pytest.raises(StreamEnded, match="a frame is a JPEG"):
        unpacked(hostile, 10_000_000)
