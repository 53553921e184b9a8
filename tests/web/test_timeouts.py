"""Nobody keeps a place for nothing: without a request, with an answer not fetched, or before those in a hurry."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from making import Picture
from serving import PaintedModels, Site, packed, painted, site

from emojicam.stream.types import Frame, Judged
from emojicam.web import timeouts
from emojicam.web.camera import Newest, StreamEnded, _judged, unpacked
from emojicam.web.config import Config, Limits
from emojicam.web.shared import address
from emojicam.web.worker import Busy, Worker

GOOD = packed(painted())


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
        assert ended(line) == b""


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


def test_a_login_that_takes_for_ever_is_given_up() -> None:
    limits = replace(Limits(), body_seconds=0.3)
    with site(Config(token="correct-horse-battery", limits=limits)) as here:
        request = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\ntoken="
        assert here.raw(request).startswith(b"HTTP/1.1 408 ")


def test_a_login_with_many_fields_is_refused() -> None:
    with site(Config(token="correct-horse-battery")) as here, here.client() as client:
        answer = client.post("/login", content=b"&".join(b"a=1" for _ in range(50)))
        assert (answer.status_code, answer.json()["error"]) == (400, "the form has too many fields")


# --- passes without end ---


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


# --- the worker ---


def picture(level: int) -> Frame:
    return Frame(level, 0.0, np.full((8, 8, 3), level, np.uint8))


def test_frames_of_streams_come_before_photos() -> None:
    begun, go = threading.Event(), threading.Event()
    order: list[int] = []

    def before(frame: Frame) -> None:
        order.append(frame.index)
        if frame.index == 0:
            begun.set()
            go.wait(20)

    models = PaintedModels(before=before)

    async def requests() -> None:
        with Worker(models.load) as worker:
            first = asyncio.create_task(worker.judge(picture(0)))
            await asyncio.to_thread(begun.wait, 20)
            photos = [asyncio.create_task(worker.judge(picture(100 + n))) for n in range(5)]
            await asyncio.sleep(0.1)
            session = worker.models.stream()
            frames = [asyncio.create_task(worker.judge(picture(1 + n), session)) for n in range(3)]
            await asyncio.sleep(0.1)
            go.set()
            await asyncio.gather(first, *photos, *frames)

    asyncio.run(requests())
    assert order[:4] == [0, 1, 2, 3]
    assert sorted(order[4:]) == [100, 101, 102, 103, 104]


def test_photos_take_no_room_from_streams() -> None:
    begun, go = threading.Event(), threading.Event()

    def before(frame: Frame) -> None:
        begun.set()
        go.wait(20)

    async def requests() -> None:
        with Worker(PaintedModels(before=before).load, room=2) as worker:
            first = asyncio.create_task(worker.judge(picture(0)))
            await asyncio.to_thread(begun.wait, 20)
            photos = [asyncio.create_task(worker.judge(picture(100 + n))) for n in range(2)]
            await asyncio.sleep(0.1)
            with pytest.raises(Busy):
                await worker.judge(picture(102))
            frame = asyncio.create_task(worker.judge(picture(1), worker.models.stream()))
            await asyncio.sleep(0.1)
            go.set()
            await asyncio.gather(first, frame, *photos)

    asyncio.run(requests())


class FullWorker:
    """Has room the third time that it is asked."""

    def __init__(self, full: int = 2) -> None:
        self.full = full

    async def judge(self, frame: Frame, session: object, seconds: float) -> Judged:
        self.full -= 1
        if self.full >= 0:
            raise Busy
        return Judged(frame, ())


def ask(full: int, newest: Newest, idle_seconds: float = 5.0) -> Judged | None:
    limits = replace(Limits(), idle_seconds=idle_seconds)
    here: Any = SimpleNamespace(worker=FullWorker(full), config=SimpleNamespace(limits=limits))
    session: Any = None
    return asyncio.run(_judged(here, picture(7), session, newest))


def test_a_frame_that_finds_no_room_waits_for_it() -> None:
    """Nothing else would ever be answered: the page sends no third frame while two are under way."""
    judged = ask(2, Newest())
    assert judged is not None
    assert judged.frame.index == 7


def test_a_newer_frame_takes_its_place() -> None:
    newest = Newest()
    newest.put(8, b"newer")
    assert ask(2, newest) is None


def test_a_desk_that_is_full_for_long_ends_the_stream() -> None:
    with pytest.raises(StreamEnded, match="too much to do"):
        ask(10_000, Newest(), 0.2)


# --- who is who ---


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("fd00::1", "fd00::2", True),
        ("fd00::1", "fd00:0:0:0:ffff::2", True),
        ("fd00:0:0:1::1", "fd00:0:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("testclient", "testclient", True),
    ],
)
def test_an_ipv6_network_counts_as_one(one: str, other: str, same: bool) -> None:
    def of(host: str) -> str:
        connection: Any = SimpleNamespace(client=SimpleNamespace(host=host))
        return address(connection)

    assert (of(one) == of(other)) is same


def photos_from(here: Site, *addresses: str) -> list[int]:
    return [here.send(GOOD, headers={"X-Forwarded-For": address}).status_code for address in addresses]


def test_a_proxy_is_believed_only_if_it_is_there() -> None:
    limits = replace(Limits(), photos_burst=1, photos_a_second=0.001)
    with site(Config(limits=limits, proxy=True)) as here:
        assert photos_from(here, "10.0.0.1", "10.0.0.2", "10.0.0.1") == [200, 200, 429]
    with site(Config(limits=limits)) as here:
        assert photos_from(here, "10.0.0.1", "10.0.0.2") == [200, 429]


# --- themes ---


def theme(folder: Path, *labels: str) -> Path:
    folder.mkdir()
    for label in labels:
        (folder / f"{label}.png").write_bytes(packed(painted(64, 64, ((32, 32, 20),))))
    return folder


def test_a_theme_that_lacks_a_picture_is_not_offered(tmp_path: Path) -> None:
    own = theme(tmp_path / "mine", "joy", "grief")
    config = replace(Config(), labels=("joy", "grief"))
    config = replace(config, settings=replace(config.settings, theme=str(own)))
    assert list(config.themes) == ["mine"]
    assert "classic" in replace(config, labels=("happiness",)).themes


def test_ones_own_theme_may_be_called_as_one_of_ours(tmp_path: Path) -> None:
    own = theme(tmp_path / "classic", "happiness")
    config = Config()
    config = replace(config, settings=replace(config.settings, theme=str(own)))
    assert config.themes["classic"] == own
