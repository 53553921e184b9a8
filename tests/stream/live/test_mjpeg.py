"""Network cameras and their dialects: every picture is found, at the time when it comes."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
import pytest
from making import write_video

from emojicam.errors import DeviceError, Refused
from emojicam.stream.live import cameras, mjpeg
from emojicam.stream.live.cameras import network
from emojicam.stream.live.mjpeg import split

LEVELS = [40, 80, 120, 160, 200]


def jpeg(level: int, *options: int) -> bytes:
    """A grey picture; noise makes its coded pixels long enough to have all kinds of bytes."""
    noise = np.random.default_rng(level).integers(-12, 12, (48, 64, 3))
    return bytes(cv2.imencode(".jpg", np.asarray(level + noise, np.uint8), list(options))[1])


PICTURES = [jpeg(level) for level in LEVELS]


def with_thumbnail(picture: bytes) -> bytes:
    """As EXIF has them: a whole JPEG in a segment of the other."""
    small = jpeg(10)
    return picture[:2] + b"\xff\xe1" + (len(small) + 2).to_bytes(2, "big") + small + picture[2:]


def multipart(
    before: str = "--{edge}\r\n",
    head: str = "Content-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n",
    behind: str = "\r\n",
    edge: str = "edge",
    pictures: list[bytes] | None = None,
) -> list[bytes]:
    """Parts of a stream, one for each picture."""
    return [
        before.format(edge=edge).encode() + head.format(length=len(one)).encode() + one + behind.encode()
        for one in pictures or PICTURES
    ]


ESP32 = multipart(before="", behind="\r\n--{edge}\r\n".replace("{edge}", "edge"))
WRONG = multipart(head="Content-Type: image/jpeg\r\nContent-Length: 7\r\n\r\n")
HUGE = multipart(head="Content-Type: image/jpeg\r\nContent-Length: 99999999\r\n\r\n")

MIXED = "multipart/x-mixed-replace"

DIALECTS: dict[str, tuple[str | None, list[bytes]]] = {
    "by the book": (f"{MIXED}; boundary=edge", multipart()),
    "no first boundary": (f"{MIXED};boundary=edge", ESP32),
    "boundary named with its dashes": (f"{MIXED}; boundary=--edge", multipart()),
    "boundary sent without dashes": (f"{MIXED}; boundary=edge", multipart(before="{edge}\r\n")),
    "boundary in quotes": (f'{MIXED}; boundary="my edge"', multipart(edge="my edge")),
    "boundary not named": (MIXED, multipart()),
    "another boundary than named": (f"{MIXED}; boundary=edge", multipart(edge="other")),
    "odd capitals": ("Multipart/X-Mixed-Replace; Boundary=edge", multipart(head="content-type:IMAGE/JPEG\r\n\r\n")),
    "multipart/mixed": ("multipart/mixed; boundary=edge", multipart()),
    "no length": (f"{MIXED}; boundary=edge", multipart(head="Content-Type: image/jpeg\r\n\r\n")),
    "no head": (f"{MIXED}; boundary=edge", multipart(head="\r\n")),
    "a length too short": (f"{MIXED}; boundary=edge", WRONG),
    "a length too long": (f"{MIXED}; boundary=edge", HUGE),
    "line feeds alone": (f"{MIXED}; boundary=edge", multipart("--{edge}\n", "Content-Type: image/jpeg\n\n", "\n")),
    "many more heads": (
        f"{MIXED}; boundary=edge",
        multipart(
            head="X-Timestamp: 1.5\r\nContent-Type: image/jpg\r\nX-Mode: \xe4\r\nContent-Length: {length}\r\n\r\n"
        ),
    ),
    "no line behind a picture": (f"{MIXED}; boundary=edge", multipart(behind="")),
    "bare pictures": ("image/jpeg", PICTURES),
    "bare pictures of another kind": ("video/x-motion-jpeg", PICTURES),
    "bare pictures of no kind": (None, PICTURES),
    "bare pictures of unknown kind": ("application/octet-stream", PICTURES),
    "parts that are called text": ("text/plain", multipart()),
    "thumbnails": ("image/jpeg", [with_thumbnail(one) for one in PICTURES]),
    "progressive": (
        f"{MIXED}; boundary=edge",
        multipart(pictures=[jpeg(level, cv2.IMWRITE_JPEG_PROGRESSIVE, 1) for level in LEVELS]),
    ),
    "restarts": ("image/jpeg", [jpeg(level, cv2.IMWRITE_JPEG_RST_INTERVAL, 1) for level in LEVELS]),
    "filling between": ("image/jpeg", [one + bytes(100) + b"\xff" * 9 for one in PICTURES]),
}


@contextmanager
def serving(answer: Callable[[socket.socket, str], None]) -> Iterator[str]:
    """A camera: it is given the socket and the request's head, once for each request; gives its address."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while not over.is_set():
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                Thread(target=one, args=(line,), daemon=True).start()

        def one(line: socket.socket) -> None:
            with line:
                request = b""
                while b"\r\n\r\n" not in request:
                    came = line.recv(4096)
                    if not came:
                        return
                    request += came
                try:
                    answer(line, request.decode())
                except OSError:
                    pass  # the reader has gone

        Thread(target=serve, daemon=True).start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}/stream"
        finally:
            over.set()


def camera_of(
    kind: str | None, parts: list[bytes], *, pause: float = 0.0, chunked: bool = False
) -> Callable[[socket.socket, str], None]:
    def answer(line: socket.socket, request: str) -> None:
        head = "HTTP/1.1 200 OK\r\n" + (f"Content-Type: {kind}\r\n" if kind else "")
        line.sendall((head + ("Transfer-Encoding: chunked\r\n\r\n" if chunked else "\r\n")).encode())
        for part in parts:
            line.sendall(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
            time.sleep(pause)
        if chunked:
            line.sendall(b"0\r\n\r\n")

    return answer


def levels_of(frames: Iterator[object]) -> list[int]:
    """The nearest level of each picture."""
    seen = [float(frame.bgr().mean()) for frame in frames]  # type: ignore[attr-defined]
    return [min(LEVELS, key=lambda level: abs(level - mean)) for mean in seen]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_picture_of_every_dialect_is_found(dialect: str, chunked: bool) -> None:
    kind, parts = DIALECTS[dialect]
    with serving(camera_of(kind, parts, chunked=chunked)) as address:
        assert levels_of(network(f"http://{address}")) == LEVELS


@pytest.mark.parametrize("dialect", ["by the book", "no first boundary", "bare pictures", "bare pictures of no kind"])
def test_pictures_come_when_the_camera_sends_them(dialect: str) -> None:
    kind, parts = DIALECTS[dialect]
    with serving(camera_of(kind, parts, pause=0.2)) as address:
        came = [time.monotonic() for _ in network(f"http://{address}")]
    assert len(came) == len(LEVELS)
    assert came[-1] - came[1] > 0.4  # together they take 0.6 s; read ahead, they came within some ms


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("dialect", ["no first boundary", "thumbnails", "progressive", "restarts", "filling between"])
def test_it_is_of_no_matter_where_the_network_cuts(dialect: str, size: int) -> None:
    data = b"".join(DIALECTS[dialect][1])
    pieces = iter([data[at : at + size] for at in range(0, len(data), size)])
    found = list(split(lambda: next(pieces, b"")))
    assert len(found) == len(LEVELS)
    assert all(one.startswith(b"\xff\xd8") and one.endswith(b"\xff\xd9") for one in found)


def test_a_picture_without_an_end_costs_no_other() -> None:
    parts = [PICTURES[0], PICTURES[1][:-300], *PICTURES[2:]]
    with serving(camera_of(f"{MIXED}; boundary=edge", multipart(pictures=parts))) as address:
        seen = levels_of(network(f"http://{address}"))
    assert [level for level in seen if level != LEVELS[1]] == [LEVELS[0], *LEVELS[2:]]


def test_a_picture_that_is_none_costs_no_other() -> None:
    parts = [PICTURES[0], b"\xff\xd8\xff\xe0\x00\x04ab nonsense", PICTURES[2]]
    with serving(camera_of(f"{MIXED}; boundary=edge", multipart(pictures=parts))) as address:
        assert levels_of(network(f"http://{address}")) == [LEVELS[0], LEVELS[2]]


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("kind", ["image/jpeg", "image/jpg"])
def test_the_address_of_a_still_is_said_to_be_no_stream(kind: str, length: bool) -> None:
    def answer(line: socket.socket, request: str) -> None:
        size = f"Content-Length: {len(PICTURES[0])}\r\n" if length else ""
        line.sendall(f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\n{size}\r\n".encode() + PICTURES[0])

    with serving(answer) as address, pytest.raises(DeviceError, match="is a single picture, not a stream") as caught:
        list(network(f"http://me:secret@{address}"))
    assert "secret" not in str(caught.value)


def test_a_stream_without_pictures_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mjpeg, "MOST_BETWEEN", 10_000)
    with serving(camera_of(f"{MIXED}; boundary=edge", [b"\0" * 5000] * 8)) as address:
        with pytest.raises(DeviceError, match=r"/stream: sends no JPEG pictures"):
            list(network(f"http://{address}"))


def test_a_stream_that_is_no_jpeg_is_read_as_ever(tmp_path: Path) -> None:
    clip = tmp_path / "a.ts"
    write_video(clip, [np.full((48, 64, 3), level, np.uint8) for level in LEVELS])
    data = clip.read_bytes()
    head = f"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    with serving(lambda line, request: line.sendall(head + data)) as address:
        assert levels_of(network(f"http://{address}")) == LEVELS


@pytest.mark.parametrize("code", ["404 Not Found", "500 Oops"])
def test_what_the_server_says_is_told(code: str) -> None:
    with serving(lambda line, request: line.sendall(f"HTTP/1.1 {code}\r\n\r\n".encode())) as address:
        with pytest.raises(DeviceError, match=rf"/stream: can't be read: the server says {code[:3]}"):
            list(network(f"http://{address}"))


def test_a_server_that_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "TIMEOUT", 0.3)
    with serving(camera_of(f"{MIXED}; boundary=edge", multipart()[:1], pause=2)) as address:
        frames = network(f"http://{address}")
        assert next(frames).index == 0
        with pytest.raises(DeviceError, match=r"/stream: sent nothing for 0\.3 s"):
            next(frames)


def test_a_password_is_sent_as_a_digest_where_the_camera_wants_that() -> None:
    asked: list[str] = []

    def answer(line: socket.socket, request: str) -> None:
        given = [one for one in request.split("\r\n") if one.lower().startswith("authorization")]
        asked.extend(given)
        if not given:
            want = 'Digest realm="cam", nonce="abc", qop="auth", algorithm=MD5'
            line.sendall(f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {want}\r\n\r\n".encode())
            return
        camera_of(f"{MIXED}; boundary=edge", multipart())(line, request)

    with serving(answer) as address:
        assert levels_of(network(f"http://me:p%40ss@{address}")) == LEVELS
    said = dict(part.strip().split("=", 1) for part in asked[0].split("Digest ")[1].split(","))
    said = {key: value.strip('"') for key, value in said.items()}

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    first, second = md5("me:cam:p@ss"), md5(f"GET:{said['uri']}")
    assert said["response"] == md5(f"{first}:abc:{said['nc']}:{said['cnonce']}:auth:{second}")


def test_a_password_that_is_refused_is_told_once_and_not_shown() -> None:
    def answer(line: socket.socket, request: str) -> None:
        line.sendall(b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="cam"\r\n\r\n')

    with serving(answer) as address, pytest.raises(Refused, match="the server refuses user and password") as caught:
        list(network(f"http://me:secret@{address}"))
    assert "secret" not in str(caught.value)


def test_a_server_can_send_the_reader_on_but_not_to_a_file(tmp_path: Path) -> None:
    with serving(camera_of("image/jpeg", PICTURES)) as there:

        def to(where: str) -> Callable[[socket.socket, str], None]:
            return lambda line, _: line.sendall(f"HTTP/1.1 302 Found\r\nLocation: {where}\r\n\r\n".encode())

        with serving(to(f"http://{there}")) as address:
            assert levels_of(network(f"http://{address}")) == LEVELS
        with serving(to(f"file://{tmp_path}/a.jpg")) as address, pytest.raises(DeviceError):
            list(network(f"http://{address}"))
