"""Nobody keeps a place for nothing: without a request, or with an answer that is not fetched."""

from __future__ import annotations

import socket
import time

import numpy as np
import pytest
from serving import GOOD, PaintedModels, packed, site

from emojicam.web import timeouts


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds are tenths."""
    monkeypatch.setattr(timeouts, "REQUEST", 0.5)
    monkeypatch.setattr(timeouts, "ANSWER", 0.5)
    monkeypatch.setattr(timeouts, "EVERY", 0.05)


def ended(line: socket.socket) -> bytes:
    """What still comes until the other side is done."""
    got = b""
    line.settimeout(20)
    try:
        while chunk := line.recv(1 << 20):
            got += chunk
    except ConnectionResetError:
        pass
    return got


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: "])
def test_a_connection_without_a_whole_request_is_given_up(begun: bytes) -> None:
    with site() as here, socket.create_connection(("127.0.0.1", here.port)) as line:
        line.sendall(begun)
        got = ended(line)
        assert got.startswith(b"HTTP/1.1 408 " if begun else b"")
        assert bool(got) == bool(begun)


@pytest.mark.usefixtures("quick")
def test_a_second_request_must_come_whole_as_well() -> None:
    with site() as here, socket.create_connection(("127.0.0.1", here.port)) as line:
        line.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/he")
        assert ended(line).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.usefixtures("quick")
def test_who_waits_for_an_answer_is_not_given_up() -> None:
    models = PaintedModels(before=lambda frame: time.sleep(1.5))
    with site(models=models) as here:
        assert here.send(GOOD).status_code == 200


@pytest.mark.usefixtures("quick")
def test_an_answer_that_nobody_fetches_is_thrown_away() -> None:
    noise = np.random.default_rng(0).integers(0, 170, (1750, 1750, 3), dtype=np.uint8)
    body = b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n' + packed(noise) + b"\r\n--x--\r\n"
    head = (
        "POST /api/photo HTTP/1.1\r\nHost: localhost\r\nAccept: image/png\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with site() as here, socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", here.port))
        line.sendall(head.encode() + body)
        time.sleep(3)  # it is ready after a second, and half a second later it is gone
        got = ended(line)
    length = int(got.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert len(got) < length
