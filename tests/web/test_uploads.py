"""Forms that arrive: whole, malformed, too large, too slow, or broken off."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from serving import GOOD, Site, memory, packed, painted, site

from emojicam.web.config import Config, Limits


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    """A server that no test spoils."""
    limits = replace(Limits(), photos_burst=10_000, body_seconds=1.0)
    with site(Config(limits=limits)) as running:
        yield running


def test_a_name_of_10_kb_is_refused(here: Site) -> None:
    assert here.send(packed(painted()), name="n" * 10_000).status_code == 400
    assert here.alive()


def form(*parts: tuple[str, bytes], boundary: bytes = b"limit", end: bytes = b"--") -> bytes:
    body = b""
    for disposition, content in parts:
        body += b"--" + boundary + b"\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"
    return body + b"--" + boundary + end + b"\r\n"


PHOTO = 'form-data; name="photo"; filename="a.png"'

FORM = "multipart/form-data; boundary=limit"

FORMS: list[tuple[str, bytes, str, int]] = [
    ("good", form((PHOTO, GOOD)), FORM, 200),
    ("no part", form(), FORM, 400),
    ("another field", form(('form-data; name="file"', GOOD)), FORM, 400),
    ("two photos", form((PHOTO, GOOD), (PHOTO, GOOD)), FORM, 400),
    ("an empty photo", form((PHOTO, b"")), FORM, 400),
    ("no name", form(("form-data", GOOD)), FORM, 400),
    ("no disposition", b"--limit\r\nA: b\r\n\r\nabc\r\n--limit--\r\n", FORM, 400),
    ("cut off", form((PHOTO, GOOD))[:-20], FORM, 400),
    ("empty body", b"", FORM, 400),
    ("another boundary", form((PHOTO, GOOD)), "multipart/form-data; boundary=other", 400),
    ("no boundary", form((PHOTO, GOOD)), "multipart/form-data", 400),
    ("a long boundary", form((PHOTO, GOOD)), "multipart/form-data; boundary=" + "x" * 300, 400),
    (
        "unknown theme",
        form((PHOTO, GOOD), ('form-data; name="theme"', b"../x")),
        FORM,
        400,
    ),
    (
        "unknown style",
        form((PHOTO, GOOD), ('form-data; name="style"', b"huge")),
        FORM,
        400,
    ),
    (
        "unknown image",
        form((PHOTO, GOOD), ('form-data; name="image"', b"gif")),
        FORM,
        400,
    ),
    (
        "two styles",
        form((PHOTO, GOOD), *[('form-data; name="style"', b"cover")] * 2),
        FORM,
        400,
    ),
    (
        "no UTF-8",
        form((PHOTO, GOOD), ('form-data; name="style"', b"\xff\xfe")),
        FORM,
        400,
    ),
    (
        "a long field",
        form((PHOTO, GOOD), ('form-data; name="style"', b"x" * 2000)),
        FORM,
        400,
    ),
    (
        "many fields",
        form((PHOTO, GOOD), *[(f'form-data; name="{i}"', b"x") for i in range(99)]),
        FORM,
        400,
    ),
    ("json", b'{"photo": ""}', "application/json", 415),
    ("the picture itself", GOOD, "image/png", 415),
    ("a plain form", b"photo=a", "application/x-www-form-urlencoded", 415),
]


@pytest.mark.parametrize(("body", "kind", "status"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_forms(here: Site, body: bytes, kind: str, status: int) -> None:
    with here.client() as client:
        answer = client.post("/api/photo", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert here.alive()


def head(here: Site, *more: str) -> bytes:
    lines = [
        "POST /api/photo HTTP/1.1",
        f"Host: {here.host}",
        "Content-Type: multipart/form-data; boundary=limit",
        "Connection: close",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_length_too_large_is_refused_before_the_body_comes(here: Site) -> None:
    began = time.perf_counter()
    got = here.raw(head(here, "Content-Length: 99999999999"))
    assert got.startswith(b"HTTP/1.1 413 ")
    assert time.perf_counter() - began < 2


def test_a_chunked_body_is_counted(here: Site) -> None:
    start = form((PHOTO, b""))[: -len(b"\r\n--limit--\r\n")]

    def pour(line: socket.socket) -> None:
        piece = b"100000\r\n" + bytes(0x100000) + b"\r\n"
        try:
            line.sendall(b"%x\r\n%s\r\n" % (len(start), start))
            for _ in range(40):
                line.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass

    Path("/proc/self/clear_refs").write_text("5")
    before = memory()
    got = here.raw(head(here, "Transfer-Encoding: chunked"), rest=pour)
    assert got == b"" or got.startswith(b"HTTP/1.1 413 ")  # a client that pours on may lose the answer to a reset
    # What is poured is made in this process, too, whose other threads want memory when they like.
    assert memory() - before < 80_000_000
    assert here.alive()


def test_a_slow_body_is_given_up(here: Site) -> None:
    began = time.perf_counter()
    got = here.raw(head(here, "Content-Length: 5000") + form((PHOTO, GOOD))[:100])
    assert got.startswith(b"HTTP/1.1 408 ")
    assert 0.9 < time.perf_counter() - began < 5


def test_a_drip_is_given_up_too(here: Site) -> None:
    def drip(line: socket.socket) -> None:
        try:
            for _ in range(30):
                line.sendall(b"x")
                time.sleep(0.1)
        except (BrokenPipeError, ConnectionResetError):
            pass

    got = here.raw(head(here, "Content-Length: 5000") + form((PHOTO, GOOD))[:100], rest=drip)
    assert got == b"" or got.startswith(b"HTTP/1.1 408 ")


def test_a_visitor_who_hangs_up_harms_nobody(here: Site) -> None:
    for size in (10, 100, 300):
        with socket.create_connection(("127.0.0.1", here.port)) as line:
            line.sendall(head(here, "Content-Length: 5000") + form((PHOTO, GOOD))[:size])
    assert here.alive()
