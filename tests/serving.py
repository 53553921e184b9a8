"""A running web server, with models that see what a test has painted, and ways to talk to it byte by byte."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import httpx
import numpy as np
import uvicorn
from making import Picture, judged_face
from PIL import Image

from emojicam.models.card import EMOTIONS
from emojicam.stream.faces.detect import Steps
from emojicam.stream.types import Frame, Judged, Seen
from emojicam.web.config import Config
from emojicam.web.pipeline import Models, Session
from emojicam.web.server import create_app, uvicorn_config
from emojicam.web.worker import Worker

RED = (0, 0, 255)
"""BGR; what the painted models take for a face."""

TOKEN = "correct-horse-battery"


def painted(
    width: int = 320, height: int = 240, faces: Sequence[tuple[int, int, int]] = ((160, 120, 60),), ground: int = 90
) -> Picture:
    """A grey picture with red squares.

    Args:
        width: Px.
        height: Px.
        faces: Middle and side of each, px.
        ground: Grey level.
    """
    picture = np.full((height, width, 3), ground, np.uint8)
    for x, y, side in faces:
        picture[y - side // 2 : y + side // 2, x - side // 2 : x + side // 2] = RED
    return picture


def packed(picture: Picture, form: str = "PNG", **options: object) -> bytes:
    """A BGR picture as a file."""
    memory = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture[..., ::-1])).save(memory, form, **options)
    return memory.getvalue()


def opened(data: bytes) -> Picture:
    """A file as a BGR picture."""
    with Image.open(io.BytesIO(data)) as image:
        return np.ascontiguousarray(np.asarray(image.convert("RGB"))[..., ::-1])


GOOD = packed(painted())
"""A photo that any server takes."""


def picture(level: int) -> Frame:
    """A small grey frame, its number that of its level."""
    return Frame(level, 0.0, np.full((8, 8, 3), level, np.uint8))


def memory() -> int:
    """Bytes of this process that are in memory, at the most so far."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


@dataclass
class PaintedSession:
    """Takes each red square of a picture for a face."""

    models: PaintedModels
    seen: Seen | None = None

    def ask(self, frame: Frame) -> Steps[Seen]:
        assert threading.get_ident() == self.models.thread
        self.models.frames += 1
        self.models.before(frame)
        for _ in range(self.models.steps):
            yield
            self.models.before(frame)
        red = (frame.bgr()[..., 2] > 180) & (frame.bgr()[..., 1] < 80)
        _, _, stats, _ = cv2.connectedComponentsWithStats(red.astype(np.uint8))
        boxes = sorted((tuple(map(float, one[:4])) for one in stats[1:]), key=lambda box: -box[2] * box[3])
        faces = tuple(judged_face(box, self.models.emotion) for box in boxes)  # type: ignore[arg-type]
        self.seen = Seen(frame, faces)
        return self.seen

    def answer(self, judged: Judged) -> Judged:
        return judged


@dataclass
class PaintedModels:
    """Hand-written models: quick, and what they see is known.

    Attributes:
        emotion: What every face shows.
        before: Called before each frame is looked at, and before each further step.
        batches: How many frames were judged together, each time.
        frames: How many were looked at.
        steps: After how many steps each is done.
        thread: That made them.
    """

    emotion: str = "happiness"
    before: Callable[[Frame], None] = lambda frame: None
    batches: list[int] = field(default_factory=list)
    frames: int = 0
    steps: int = 0
    thread: int = 0

    @property
    def labels(self) -> tuple[str, ...]:
        return EMOTIONS

    def photo(self) -> Session:
        return PaintedSession(self)

    def stream(self) -> Session:
        return PaintedSession(self)

    def judge(self, frames: Sequence[Seen]) -> list[Judged]:
        assert threading.get_ident() == self.thread
        self.batches.append(len(frames))
        done = []
        for seen in frames:
            faces = tuple(judged_face(face.box, self.emotion, track=face.track) for face in seen.faces)
            done.append(Judged(seen.frame, faces))
        return done

    @contextmanager
    def load(self) -> Iterator[Models]:
        self.thread = threading.get_ident()
        yield self


@dataclass(frozen=True)
class Site:
    """A running server."""

    port: int
    models: PaintedModels
    thread: int = 0  # its loop's

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def client(self, **options: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False, **options)  # type: ignore[arg-type]

    def send(
        self,
        data: bytes,
        accept: str = "*/*",
        name: str = "me.jpg",
        kind: str = "image/jpeg",
        headers: dict[str, str] | None = None,
        **fields: str,
    ) -> httpx.Response:
        """Upload a photo."""
        with self.client() as client:
            return client.post(
                "/api/photo",
                files={"photo": (name, data, kind)},
                data=fields,
                headers={"Accept": accept, **(headers or {})},
            )

    def raw(self, request: bytes, *, seconds: float = 20, rest: Callable[[socket.socket], None] | None = None) -> bytes:
        """Send bytes as they are; all that comes back until the server is done."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as line:
            line.sendall(request)
            if rest:
                rest(line)
            got = b""
            try:
                while chunk := line.recv(65536):
                    got += chunk
            except (TimeoutError, ConnectionResetError):
                pass
            return got

    def alive(self) -> bool:
        """Whether it answers, and with what it should."""
        answer = self.send(packed(painted()), "application/json")
        return answer.status_code == 200 and len(answer.json()["faces"]) == 1


@contextmanager
def site(
    config: Config | None = None,
    models: PaintedModels | None = None,
    load: Callable[[], AbstractContextManager[Models]] | None = None,
    room: int = 64,
) -> Iterator[Site]:
    """Run a server on a free port.

    Args:
        config: By default all defaults.
        models: Painted ones.
        load: Others, instead.
        room: Requests that may wait.
    """
    config = replace(config or Config(), port=0)
    models = models or PaintedModels()
    with Worker(load or models.load, room) as worker:
        server = uvicorn.Server(uvicorn_config(create_app(config, worker), proxy=config.proxy))
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(128)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                while not server.started:
                    assert thread.is_alive()
                    time.sleep(0.01)
                yield Site(listener.getsockname()[1], models, thread.ident or 0)
            finally:
                server.should_exit = True
                thread.join(30)
                assert not thread.is_alive()
