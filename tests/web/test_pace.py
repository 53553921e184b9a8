"""Whatever one connection sends, the others have their turn."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from serving import GOOD, Site, site

from emojicam.web.pace import BURST, SHARE, Pace

FLOOD = """
import os, socket, sys
if hasattr(os, "nice"):
    os.nice(15)
port, source, head, first, more = int(sys.argv[1]), sys.argv[2], *map(bytes.fromhex, sys.argv[3:])
while True:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0)) as line:
            line.sendall(head)
            if head.startswith(b"GET"):
                line.recv(1000)
            print("on", flush=True)
            line.sendall(first)
            while True:
                line.sendall(more * 5000)
    except OSError:
        pass
"""
"""Sends the same again and again, as fast as it is taken: a process of its own."""

SOCKET = (
    b"GET /api/camera HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
FORM = (
    b"POST /api/photo HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


def frame(kind: int, data: bytes = b"", *, last: bool = True) -> bytes:
    """A short frame of a visitor's."""
    return bytes([last << 7 | kind, 0x80 | len(data)]) + bytes(4) + data


FLOODS = [
    ("empty frames", SOCKET, frame(2, last=False), frame(0, last=False)),
    ("frames of one byte", SOCKET, frame(1, b"a", last=False), frame(0, b"a", last=False)),
    ("choices", SOCKET, b"", frame(1, b'{"theme":"classic"}')),
    ("empty messages", SOCKET, b"", frame(2)),
    ("pings", SOCKET, b"", frame(9, b"p" * 125)),
    ("pongs", SOCKET, b"", frame(10)),
    ("chunks of one byte", FORM, b"3\r\n--x\r\n2\r\n\r\n\r\n", b"1\r\na\r\n"),
]
"""Each would have the loop do nothing else. Whole requests wouldn't: between two of them others have a turn."""


@contextmanager
def flooded(here: Site, *what: bytes, source: str = "127.0.0.3") -> Iterator[None]:
    """Have somebody send without end."""
    command = [sys.executable, "-c", FLOOD, str(here.port), source, *(part.hex() for part in what)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "on\n"
            yield
        finally:
            running.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="one address of this machine's is all there is")
@pytest.mark.parametrize("flood", [row[1:] for row in FLOODS], ids=[row[0] for row in FLOODS])
def test_a_flood_on_one_connection_leaves_the_loop_to_others(flood: tuple[bytes, bytes, bytes]) -> None:
    """Without a pace the loop does nothing else, and others wait for up to fifteen seconds."""
    with site() as here, flooded(here, *flood):
        loop = time.pthread_getcpuclockid(here.thread)
        began, worked = time.monotonic(), time.clock_gettime(loop)
        for _ in range(5):
            time.sleep(0.4)
            with here.client() as client:
                assert client.get("/api/health").status_code == 200
        share = (time.clock_gettime(loop) - worked) / (time.monotonic() - began)
    assert share < 3 * SHARE  # some of it is the answers to others


def test_a_large_photo_and_its_answer_pass_whole() -> None:
    with site() as here:
        filled = GOOD + bytes(9_000_000)  # behind the picture's end
        answer = here.send(filled, "application/json")
    assert answer.status_code == 200
    assert len(answer.json()["faces"]) == 1


# --- whose turn it is ---


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def had(pace: Pace, who: object, clock: Clock, until: float) -> float:
    """The seconds that one gets who always wants more, a millisecond each time."""
    got = 0.0
    while clock.now < until:
        if wait := pace.wait(who):
            clock.now += wait + 1e-6
        else:
            pace.took(who, 0.001)
            got += 0.001
    return got


def test_who_always_wants_more_gets_a_share() -> None:
    clock = Clock()
    pace = Pace(now=clock)
    assert had(pace, "a", clock, 10) == pytest.approx(10 * SHARE + BURST, rel=0.05)
    assert pace.wait("b") == 0


def test_many_who_want_more_get_one_share_together() -> None:
    clock = Clock()
    pace, got = Pace(now=clock), 0.0
    many = [f"10.0.0.{number}" for number in range(10)]
    while clock.now < 20:
        free = [who for who in many if not pace.wait(who)]
        for who in free:
            pace.took(who, 0.001)
            got += 0.001
        clock.now += 0.001
    assert got < 20 * SHARE * 1.5 + len(many) * BURST


def test_who_has_waited_begins_anew() -> None:
    clock = Clock()
    pace = Pace(now=clock)
    had(pace, "a", clock, 1)
    clock.now += 10
    pace.took("a", BURST * 0.9)
    assert pace.wait("a") == 0


def test_a_proxys_connections_count_by_themselves() -> None:
    clock = Clock()
    pace = Pace(["127.0.0.1"], clock)
    one, other = pace.who("127.0.0.1"), pace.who("127.0.0.1")
    pace.took(one, 1)
    assert pace.wait(one) > 0
    assert pace.wait(other) == 0
    assert pace.who("10.0.0.1") == pace.who("10.0.0.1")
