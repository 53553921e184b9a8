"""The server's end: whoever isn't served any more is told to come back, and nothing is said in the log."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress

import pytest
from serving import GOOD, PaintedModels, Site, site

from emojicam.web.config import Config

BODY = b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n' + GOOD + b"\r\n--x--\r\n"
HEAD = (
    "POST /api/photo HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n"
).encode()


def begun(here: Site, data: bytes) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", here.port), timeout=20)
    line.sendall(data)
    return line


def rest(line: socket.socket) -> bytes:
    got = b""
    with suppress(ConnectionResetError):
        while chunk := line.recv(65536):
            got += chunk
    line.close()
    return got


def assert_told(got: bytes) -> None:
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in head.lower()
    assert b"content-security-policy: " in head.lower()
    assert json.loads(body)["status"] == "Service Unavailable"


def test_uploads_under_way_are_told_to_come_back(capfd: pytest.CaptureFixture[str]) -> None:
    with site() as here:
        lines = [begun(here, HEAD + BODY[:size]) for size in (0, 10, 300)]
        time.sleep(0.3)
    for line in lines:
        assert_told(rest(line))
    assert capfd.readouterr() == ("", "")


def test_who_is_still_sending_is_told_as_well(capfd: pytest.CaptureFixture[str]) -> None:
    head = HEAD.replace(str(len(BODY)).encode(), b"9000000")

    def drip(line: socket.socket) -> None:
        with suppress(OSError):
            for _ in range(400):
                line.sendall(b"x" * 1000)
                time.sleep(0.01)

    with site() as here:
        line = begun(here, head + BODY[:100])
        sender = threading.Thread(target=drip, args=(line,))
        sender.start()
        time.sleep(0.3)
    sender.join()
    assert_told(rest(line))
    assert capfd.readouterr() == ("", "")


def test_an_upload_that_is_soon_whole_is_answered(capfd: pytest.CaptureFixture[str]) -> None:
    with site() as here:
        line = begun(here, HEAD + BODY[:100])
        threading.Timer(0.8, line.sendall, [BODY[100:]]).start()
        time.sleep(0.3)
    assert rest(line).startswith(b"HTTP/1.1 200 ")
    assert capfd.readouterr() == ("", "")


def test_photos_that_wait_for_the_models_are_told_as_well(capfd: pytest.CaptureFixture[str]) -> None:
    go_on = threading.Event()
    models = PaintedModels(before=lambda frame: (go_on.wait(20), None)[1])
    with site(models=models) as here:
        lines = [begun(here, HEAD + BODY) for _ in range(3)]
        while not models.frames:
            time.sleep(0.01)
        threading.Timer(4.0, go_on.set).start()
    for line in lines:
        assert_told(rest(line))
    assert capfd.readouterr() == ("", "")


def test_a_login_under_way_is_told_as_well(capfd: pytest.CaptureFixture[str]) -> None:
    with site(Config(token="correct-horse-battery")) as here:
        line = begun(here, b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\ntoken=")
        time.sleep(0.3)
    assert_told(rest(line))
    assert capfd.readouterr() == ("", "")
