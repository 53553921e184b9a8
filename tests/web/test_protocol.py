"""What uvicorn reads and says by itself: bounded, in our own shape, and never in the log."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace

import pytest
from serving import GOOD, Site, memory, site

from emojicam.web.config import Config, Limits

UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@pytest.fixture
def quiet(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is written to the log; what pytest catches on its way there is looked at as well."""
    yield
    assert capfd.readouterr() == ("", "")
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelname != "DEBUG"] == []


def said(got: bytes) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer, whose shape is ours."""
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(len(body))
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert "date" in headers
    assert set(json.loads(body)) == {"error", "status"}
    return int(first.split()[1]), headers


HEADS = [
    ("no HTTP", "HELLO\r\n\r\n", 400),
    ("TLS", "\x16\x03\x01\x02\x00\x01\x00", 400),
    ("a bad header", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    ("a bad target", "GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    ("two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    ("another HTTP", "GET / HTTP/9.9\r\n\r\n", 400),
    ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("a line of 70 kB", f"GET / HTTP/1.1\r\nHost: localhost\r\nX: {'a' * 70_000}\r\n\r\n", 431),
    ("a target of 70 kB", f"GET /{'a' * 70_000} HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    ("200 lines", "GET / HTTP/1.1\r\nHost: localhost\r\n" + "A: b\r\n" * 200 + "\r\n", 431),
    ("no key", f"GET /api/camera HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\n{UPGRADE}\r\n", 400),
    ("no version", f"GET /api/camera HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}{KEY}\r\n", 400),
    (
        "a WebSocket by POST",
        f"POST /api/camera HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\n{UPGRADE}{KEY}\r\n",
        400,
    ),
    (
        "a WebSocket with a line of 9 kB",
        f"GET /api/camera HTTP/1.1\r\nX: {'a' * 9000}\r\nSec-WebSocket-Version: 13\r\n{UPGRADE}{KEY}\r\n",
        431,
    ),
    (
        "a WebSocket where there is none",
        f"GET /nothing HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\n{UPGRADE}{KEY}\r\n",
        403,
    ),
    (
        "a WebSocket by another name",
        f"GET /api/camera HTTP/1.1\r\nHost: evil.example\r\nSec-WebSocket-Version: 13\r\n{UPGRADE}{KEY}\r\n",
        403,
    ),
]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("head", "status"), [row[1:] for row in HEADS], ids=[row[0] for row in HEADS])
def test_what_the_app_is_not_asked_is_answered_like_all_else(here: Site, head: str, status: int) -> None:
    assert said(here.raw(head.encode("latin-1")))[0] == status
    assert here.alive()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("body", [b"abc", b"--x\r\n: v\r\n\r\n", b"--x\r\nA: b\rc\r\n", b"--y\r\n"])
def test_a_malformed_form_is_not_in_the_log(here: Site, body: bytes) -> None:
    head = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert said(here.raw(head + body))[0] == 400


@pytest.mark.usefixtures("quiet")
def test_text_that_is_none_is_not_in_the_log(here: Site) -> None:
    request = f"GET /api/camera HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\n{UPGRADE}{KEY}\r\n".encode()
    with socket.create_connection(("127.0.0.1", here.port), timeout=20) as line:
        line.sendall(request)
        assert line.recv(1000).startswith(b"HTTP/1.1 101 ")
        line.sendall(b"\x81\x81\0\0\0\0\xff")
        assert line.recv(1000)[2:4] == (1007).to_bytes(2, "big")


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("early", [b"\x89\x81\0\0\0\0p", b"\xff\xff\xff" * 9000], ids=["a ping", "no frame"])
def test_who_does_not_wait_for_the_handshake_is_not_in_the_log(here: Site, early: bytes) -> None:
    request = f"GET /api/camera HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\n{UPGRADE}{KEY}\r\n".encode()
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", here.port), timeout=20) as line, suppress(OSError):
            line.sendall(request + early * 20)
            line.recv(1000)
    assert here.alive()


def pour(here: Site, head: bytes, more: bytes, most: int) -> tuple[int, bytes]:
    """Send a request that doesn't end, up to `most` bytes; how much was taken, and what came back."""
    with socket.create_connection(("127.0.0.1", here.port), timeout=20) as line:
        sent = 0
        try:
            line.sendall(head)
            while sent < most:
                sent += line.send(more)
                if sent % (len(more) * 8) == 0:
                    time.sleep(0.001)
        except OSError:
            pass
        got = b""
        try:
            while chunk := line.recv(65536):
                got += chunk
        except OSError:
            pass
        return sent, got


POST = b"POST /api/photo HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
ENDLESS = [
    ("a header", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ", b"a" * 4096),
    ("a header's name", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"a" * 4096),
    ("headers", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"A: b\r\n" * 700),
    ("a target", b"GET /", b"a" * 4096),
    ("empty lines before a request", b"", b"\r\n" * 2048),
    ("a header behind a body", POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * 4096),
    ("an extension of a chunk", POST + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 4096),
]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("head", "more"), [row[1:] for row in ENDLESS], ids=[row[0] for row in ENDLESS])
def test_what_does_not_end_is_not_read_on(here: Site, head: bytes, more: bytes) -> None:
    before = memory()
    sent, got = pour(here, head, more, 64 * 1024 * 1024)
    assert sent < 32 * 1024 * 1024  # most of it in the system's own buffers
    assert got == b"" or said(got)[0] in (431, 400)  # a request that is under way is cut off
    assert memory() - before < 30_000_000
    assert here.alive()


def test_a_head_of_64_kb_is_the_limit(here: Site) -> None:
    def asked(size: int) -> bytes:
        lines = "".join(f"X-{number}: {'a' * (size // 10)}\r\n" for number in range(10))
        return here.raw(f"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n".encode())

    assert asked(50_000).startswith(b"HTTP/1.1 200 ")
    assert said(asked(66_000))[0] == 431


def test_many_requests_on_one_connection_are_answered_but_not_kept_without_end(here: Site) -> None:
    one = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert here.raw(one * 4 + last).count(b"HTTP/1.1 200 ") == 5
    got = here.raw(one * 10_000)
    assert got.count(b"HTTP/1.1 200 ") < 10_000
    assert here.alive()


# --- shares of connections ---


def connected(here: Site, address: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", here.port), timeout=20, source_address=(address, 0))


def asked(line: socket.socket) -> bytes:
    line.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    got = b""
    try:
        while chunk := line.recv(65536):
            got += chunk
    except ConnectionResetError:
        pass
    return got


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nX: "])
def test_idle_connections_of_one_address_keep_nobody_out(begun: bytes) -> None:
    with site() as here, ExitStack() as stack:
        for _ in range(300):
            line = stack.enter_context(connected(here, "127.0.0.3"))
            line.sendall(begun)
        for _ in range(20):
            with connected(here, "127.0.0.2") as line:
                assert asked(line).startswith(b"HTTP/1.1 200 ")
        with connected(here, "127.0.0.3") as line:  # nor themselves: the oldest make room
            assert asked(line).startswith(b"HTTP/1.1 200 ")


@pytest.mark.usefixtures("quiet")
def test_uploads_of_one_address_that_never_end_keep_nobody_out() -> None:
    slow = POST + b"Content-Length: 5000\r\n\r\n--x\r\n"
    with site(Config(limits=replace(Limits(), connections=8, connections_each=8, body_seconds=30))) as here:
        with ExitStack() as stack:
            for _ in range(12):
                line = stack.enter_context(connected(here, "127.0.0.3"))
                try:
                    line.sendall(slow)
                except OSError:
                    pass  # refused
            time.sleep(0.3)
            with connected(here, "127.0.0.3") as line:
                status, headers = said(asked(line))
            assert (status, headers["retry-after"]) == (503, "2")
            for _ in range(5):
                with connected(here, "127.0.0.2") as line:
                    assert asked(line).startswith(b"HTTP/1.1 200 ")


def test_a_websocket_counts_until_it_ends() -> None:
    request = f"GET /api/camera HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\n{UPGRADE}{KEY}\r\n".encode()
    with site(Config(limits=replace(Limits(), connections=4, connections_each=1))) as here:
        for _ in range(3):
            with connected(here, "127.0.0.3") as line:
                line.sendall(request)
                assert line.recv(1000).startswith(b"HTTP/1.1 101 ")
                with connected(here, "127.0.0.3") as another:
                    assert said(asked(another))[0] == 503
            time.sleep(0.3)
        with connected(here, "127.0.0.3") as line:
            assert asked(line).startswith(b"HTTP/1.1 200 ")


def test_a_proxys_visitors_share_its_connections_and_have_shares_of_requests() -> None:
    limits = replace(Limits(), connections=12, connections_each=2, body_seconds=30)
    with site(Config(limits=limits, proxy=True)) as here, ExitStack() as stack:
        for _ in range(3):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", here.port), timeout=20))
            line.sendall(POST + b"X-Forwarded-For: 10.0.0.1\r\nContent-Length: 5000\r\n\r\n--x\r\n")
        time.sleep(0.3)
        assert said(line.recv(65536))[0] == 503
        assert here.send(GOOD, headers={"X-Forwarded-For": "10.0.0.2"}).status_code == 200
