"""`/api/camera`: frames in, frames out; the newest first; what is wrong ends the stream with a reason."""

from __future__ import annotations

import asyncio
import io
import json
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import making
import numpy as np
import pytest
from making import Picture
from PIL import Image
from serving import PaintedModels, Site, opened, packed, painted, picture, site
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from emojicam.settings import Settings
from emojicam.stream.types import Frame, Judged
from emojicam.web.camera import Newest, StreamEnded, _judged
from emojicam.web.config import Config, Limits
from emojicam.web.pipeline import load
from emojicam.web.worker import Busy

MANY = replace(Limits(), cameras_each=100, cameras=100)


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    with site(Config(limits=MANY)) as running:
        yield running


def line(here: Site, **options: Any) -> ClientConnection:
    return connect(f"ws://{here.host}/api/camera", compression=None, proxy=None, **options)


def frame(picture: Picture, number: int = 1) -> bytes:
    return struct.pack("<I", number) + packed(picture, "JPEG", quality=90)


def answer(socket: ClientConnection, seconds: float = 20) -> tuple[int, dict[str, Any], Picture]:
    """Number, what was seen, and the picture."""
    message = socket.recv(seconds)
    assert isinstance(message, bytes)
    number, length = struct.unpack_from("<II", message)
    return number, json.loads(message[8 : 8 + length]), opened(message[8 + length :])


def closed(socket: ClientConnection) -> tuple[int, str]:
    """Code and reason with which the server ends a stream; 1006 if it gave none."""
    try:
        while True:
            socket.recv(20)
    except ConnectionClosed as end:
        return (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "")


def test_a_frame_comes_back_with_its_emoji(here: Site) -> None:
    with line(here) as socket:
        for number in (7, 8, 4_000_000_000):
            socket.send(frame(painted(640, 480, ((320, 240, 120),)), number))
            got, seen, picture = answer(socket)
            assert got == number
            assert (seen["width"], seen["height"]) == (640, 480)
            assert seen["faces"][0]["emotion"] == "happiness"
            blue, _, red = picture[200:280, 280:360].reshape(-1, 3).mean(axis=0)
            assert red > blue + 60
            assert np.abs(picture[:20, :20].astype(int) - 90).max() < 6


def test_the_look_can_be_changed_while_it_runs(here: Site) -> None:
    with line(here) as socket:
        pictures = []
        for style in ("cover", "badge", "label"):
            socket.send(json.dumps({"style": style}))
            socket.send(frame(painted()))
            pictures.append(answer(socket)[2].tobytes())
        assert len(set(pictures)) == 3


def test_two_may_be_under_way_and_of_more_the_newest_wins() -> None:
    go_on = threading.Event()
    models = PaintedModels(before=lambda frame: (go_on.wait(10), None)[1])
    with site(models=models) as here, line(here) as socket:
        for number in range(1, 21):
            socket.send(frame(painted(), number))
            if number == 1:
                while not models.frames:
                    time.sleep(0.01)
        time.sleep(0.3)
        go_on.set()
        assert [answer(socket)[0] for _ in range(2)] == [1, 20]
        assert models.frames == 2


def test_streams_are_not_mixed_up(here: Site) -> None:
    def one(number: int) -> None:
        x = 40 + 12 * number
        with line(here) as socket:
            for turn in range(10):
                socket.send(frame(painted(320, 240 + 2 * number, ((x, 100, 40),)), turn))
                got, seen, picture = answer(socket)
                assert got == turn
                assert picture.shape == (240 + 2 * number, 320, 3)
                assert seen["faces"][0]["box"][0] == pytest.approx(x - 20, abs=2)

    with ThreadPoolExecutor(12) as visitors:
        list(visitors.map(one, range(12)))


def test_a_visitor_who_fetches_nothing_slows_nobody(here: Site) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)
    big = frame(noise)
    assert len(big) < 1024 * 1024
    with ExitStack() as stack:
        lazy = [stack.enter_context(line(here)) for _ in range(4)]
        for number in range(6):
            for socket in lazy:
                socket.send(struct.pack("<I", number) + big[4:])
        began = time.perf_counter()
        with line(here) as quick:
            for number in range(20):
                quick.send(frame(painted(), number))
                assert answer(quick)[0] == number
        assert time.perf_counter() - began < 5


JPEG = packed(painted(), "JPEG")

BAD: list[tuple[str, bytes | str, int]] = [
    ("empty", b"", 1003),
    ("a number alone", b"\1\0\0\0", 1003),
    ("text", b"\1\0\0\0hello", 1003),
    ("png", b"\1\0\0\0" + packed(painted()), 1003),
    ("torn before the size", b"\1\0\0\0" + JPEG[:100], 1003),
    ("too many pixels", frame(np.zeros((1500, 2000, 3), np.uint8)), 1009),
    ("too many bytes", b"\1\0\0\0" + JPEG + bytes(1024 * 1024), 1009),
    ("no json", "{", 1003),
    ("deep json", "[" * 900, 1003),
    ("json, but no object", "[1]", 1003),
    ("unknown theme", '{"theme": "../../etc"}', 1003),
    ("a theme that is no word", '{"theme": ["classic"]}', 1003),
    ("unknown style", '{"style": "huge"}', 1003),
]


@pytest.mark.parametrize(("message", "code"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_wrong_ends_the_stream_with_a_reason(here: Site, message: bytes | str, code: int) -> None:
    with line(here) as socket:
        socket.send(message)
        got, reason = closed(socket)
        assert got == code
        assert len(reason) > 5
    assert here.alive()


def test_a_torn_frame_harms_nobody(here: Site) -> None:
    with line(here) as socket:
        socket.send(b"\1\0\0\0" + JPEG[: len(JPEG) // 2])
        try:
            answer(socket)  # half a picture is as good as any
        except ConnectionClosed:
            assert closed(socket)[0] == 1003
    assert here.alive()


def damaged(kind: str) -> bytes:
    data = bytearray(packed(np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8), "JPEG"))
    middle = len(data) // 2
    if kind == "torn":
        return bytes(data[:middle])
    if kind == "noise":
        data[middle : middle + 200] = bytes(range(200))
    if kind == "a marker":
        data[middle : middle + 2] = b"\xff\xd3"
    if kind == "more behind":
        data[-2:-2] = bytes(500)
    return bytes(data)


@pytest.mark.parametrize("kind", ["torn", "noise", "a marker", "more behind"])
def test_what_libraries_think_of_a_damaged_frame_is_not_in_the_log(
    here: Site, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with line(here) as socket:
        socket.send(b"\1\0\0\0" + damaged(kind))
        try:
            answer(socket)
        except ConnectionClosed:
            assert closed(socket)[0] == 1003
    assert here.send(damaged(kind)).status_code in (200, 400)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_frame_without_three_colours_is_taken(here: Site, mode: str) -> None:
    data = io.BytesIO()
    Image.fromarray(painted()[..., ::-1]).convert(mode).save(data, "JPEG")
    with line(here) as socket:
        socket.send(struct.pack("<I", 7) + data.getvalue())
        assert answer(socket)[2].shape == (240, 320, 3)


def test_a_message_too_large_for_any_frame_is_not_even_read(here: Site) -> None:
    with line(here) as socket:
        try:
            socket.send(bytes(8 * 1024 * 1024))
        except ConnectionClosed:
            pass
        assert closed(socket)[0] in (1009, 1006)  # who is still sending may see nothing but the end


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1.evil.example"]
)
def test_a_stream_from_another_page_is_refused(here: Site, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        line(here, origin=origin)
    assert refused.value.response.status_code == 403


def test_a_stream_from_our_own_page_is_taken(here: Site) -> None:
    with line(here, origin=here.url) as socket:
        socket.send(frame(painted()))
        assert answer(socket)[0] == 1


def test_a_stream_under_another_name_is_refused(here: Site) -> None:
    lines = [
        "GET /api/camera HTTP/1.1",
        f"Host: evil.example:{here.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    got = here.raw("\r\n".join([*lines, "", ""]).encode(), seconds=3)
    assert got.startswith(b"HTTP/1.1 403 ")


def test_a_stream_needs_the_token() -> None:
    token = "correct-horse-battery"
    with site(Config(token=token)) as here:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": f"emojicam={token}"}):
            with pytest.raises(InvalidStatus) as refused:
                line(here, additional_headers=headers)
            assert refused.value.response.status_code == 403
        with line(here, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            socket.send(frame(painted()))
            assert answer(socket)[0] == 1


def test_places_are_limited_and_given_back() -> None:
    with site(Config(limits=replace(Limits(), cameras=3, cameras_each=2))) as here:
        with line(here) as one, line(here) as two:
            for socket in (one, two):
                socket.send(frame(painted()))
                answer(socket)
            with line(here) as three:
                assert closed(three) == (1013, "all places are taken")
        for _ in range(50):
            with line(here) as again:
                try:
                    again.send(frame(painted()))
                    assert answer(again)[0] == 1
                    break
                except ConnectionClosed:
                    time.sleep(0.1)
        else:
            raise AssertionError("no place came free")


def test_too_many_frames_end_the_stream() -> None:
    with site(Config(limits=replace(Limits(), frames_a_second=5))) as here, line(here) as socket:
        try:
            for number in range(100):
                socket.send(frame(painted(64, 48, ((32, 24, 10),)), number))
        except ConnectionClosed:
            pass
        assert closed(socket)[0] in (1008, 1006)  # who is still sending may see nothing but the end


def test_a_stream_without_frames_is_ended() -> None:
    with site(Config(limits=replace(Limits(), idle_seconds=0.3))) as here, line(here) as socket:
        assert closed(socket)[0] == 4408


def test_a_defect_ends_one_stream_and_no_other() -> None:
    def stumble(frame: Frame) -> None:
        if frame.width == 96:
            raise ZeroDivisionError

    with site(models=PaintedModels(before=stumble)) as here, line(here) as good:
        with line(here) as bad:
            bad.send(frame(np.zeros((64, 96, 3), np.uint8)))
            assert closed(bad)[0] in (1011, 1006)
        good.send(frame(painted()))
        assert answer(good)[0] == 1


def test_real_faces_keep_their_track_and_are_batched_across_visitors(portrait: Picture) -> None:
    with site(Config(limits=MANY), load=lambda: load(Settings())) as here:
        with line(here) as one, line(here) as two:
            tracks: dict[int, set[int]] = {0: set(), 1: set()}
            for number in range(8):
                for place, socket in enumerate((one, two)):
                    picture = making.seen_at(portrait, (640, 480), 1.0, shift=4.0 * number - 200 * place)
                    socket.send(frame(picture, number))
                for place, socket in enumerate((one, two)):
                    _, seen, _ = answer(socket)
                    (face,) = seen["faces"]
                    assert face["emotion"] == "happiness"
                    tracks[place].add(face["track"])
            # Each stream counts its own people, and each shows one.
            assert tracks == {0: {1}, 1: {1}}


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
