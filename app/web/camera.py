"""`/api/camera`: frames in, the same frames with emoji out, over a WebSocket, the newest first.

Each message of the visitor is a frame's number (uint32, little-endian) and a JPEG, or, as text,
`{"theme": …, "style": …}`. Each answer is the number, the length of some JSON (uint32), the JSON, and a JPEG. Answers
come in order, and one settles all older frames: of those that wait, only the newest is ever looked at.
"""

from __future__ import annotations

import asyncio
import io
import json
import struct
import time
import warnings
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from PIL import Image
from starlette.websockets import WebSocket, WebSocketDisconnect

from emojicam.errors import InputError
from emojicam.stream.choices import Style
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.photos import passes, refuse_scans
from emojicam.stream.types import Frame, Judged
from emojicam.web.config import Limits
from emojicam.web.in_thread import in_thread
from emojicam.web.limits import Rate
from emojicam.web.pipeline import Session
from emojicam.web.shared import Shared, address, as_json, shared, style_of
from emojicam.web.worker import Busy

HEAD = struct.Struct("<II")
NUMBER = struct.Struct("<I")
QUALITY = 80

AGAIN = 0.05
"""Seconds after which a frame is shown again to a worker that had no room."""

WRONG, TOO_LARGE, TOO_MUCH, LATER, IDLE = 1003, 1009, 1008, 1013, 4408
"""Codes that end a stream: what came isn't taken, is too large or too much; the server is full; nothing came."""


class StreamEnded(Exception):
    """The stream is to be closed."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


@dataclass
class _Chosen:
    """The theme and the style that a visitor has chosen."""

    theme: str
    style: Style


class Newest:
    """Holds one frame: a newer one takes its place."""

    def __init__(self) -> None:
        self._item: tuple[int, bytes] | None = None
        self._there = asyncio.Event()
        self.dropped = 0

    def put(self, number: int, data: bytes) -> None:
        """Hold a frame, and drop the one that was held."""
        self.dropped += self._item is not None
        self._item = number, data
        self._there.set()

    @property
    def waits(self) -> bool:
        """Whether a frame is held."""
        return self._item is not None

    async def take(self) -> tuple[int, bytes]:
        """Wait for a frame, and take it."""
        await self._there.wait()
        self._there.clear()
        assert self._item is not None
        item, self._item = self._item, None
        return item


async def camera(socket: WebSocket) -> None:
    """Serve one stream until it ends."""
    here = shared(socket)
    await socket.accept()
    try:
        with here.cameras.one(address(socket)):
            await _served(socket, here)
    except Busy:
        await _closed(socket, LATER, "all places are taken")
    except StreamEnded as end:
        await _closed(socket, end.code, end.why)
    except WebSocketDisconnect:
        pass


async def _closed(socket: WebSocket, code: int, why: str) -> None:
    try:
        await socket.close(code, why)
    except (WebSocketDisconnect, RuntimeError):
        pass  # the other side was quicker


async def _served(socket: WebSocket, here: Shared) -> None:
    chosen = _Chosen(here.theme, here.config.settings.style)
    newest = Newest()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_receive(socket, here, chosen, newest))
            tasks.create_task(_answer(socket, here, chosen, newest))
    except BaseExceptionGroup as group:  # except* would raise a group again in Python 3.11.2, which Debian 12 has
        if group.split((StreamEnded, WebSocketDisconnect))[1]:
            raise  # something else went wrong
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None


async def _receive(socket: WebSocket, here: Shared, chosen: _Chosen, newest: Newest) -> None:
    limits = here.config.limits
    rate = Rate(int(2 * limits.frames_a_second), limits.frames_a_second)
    while True:
        try:
            async with asyncio.timeout(limits.idle_seconds):
                message = await socket.receive()
        except TimeoutError as error:
            raise StreamEnded(IDLE, "no frame came for a while") from error
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        if rate.wait(""):
            raise StreamEnded(TOO_MUCH, "too many frames")
        data = message.get("bytes")
        if data is None:
            _choose(message.get("text") or "", here, chosen)
        elif len(data) > limits.frame_bytes:
            raise StreamEnded(TOO_LARGE, "the frame is too large")
        elif len(data) <= NUMBER.size:
            raise StreamEnded(WRONG, "a frame is a number and a JPEG")
        else:
            newest.put(NUMBER.unpack_from(data)[0], data[NUMBER.size :])


def _choose(text: str, here: Shared, chosen: _Chosen) -> None:
    try:
        wish = json.loads(text[:1000])
    except (ValueError, RecursionError) as error:
        raise StreamEnded(WRONG, "that is no JSON") from error
    if not isinstance(wish, dict):
        raise StreamEnded(WRONG, "say theme and style")
    theme, style = wish.get("theme", chosen.theme), style_of(str(wish.get("style", chosen.style.value)))
    if not isinstance(theme, str) or theme not in here.config.themes or style is None:
        raise StreamEnded(WRONG, "no theme or style of that name")
    chosen.theme, chosen.style = theme, style


async def _answer(socket: WebSocket, here: Shared, chosen: _Chosen, newest: Newest) -> None:
    limits = here.config.limits
    session = here.worker.models.stream()
    index = 0
    while True:
        number, data = await newest.take()
        pixels = await in_thread(here.frame_threads, partial(unpacked, data, limits.frame_pixels, limits.passes))
        judged = await _judged(here, Frame(index, time.monotonic(), pixels), session, newest)
        if judged is None:
            continue
        index += 1
        answer = await in_thread(here.frame_threads, partial(_packed, here, judged, chosen.theme, chosen.style, number))
        try:
            async with asyncio.timeout(limits.idle_seconds):
                await socket.send_bytes(answer)
        except TimeoutError as error:
            raise StreamEnded(IDLE, "nobody fetches the frames") from error


async def _judged(here: Shared, frame: Frame, session: Session, newest: Newest) -> Judged | None:
    """Have a frame judged as soon as the worker has room for it; None if a newer frame has come meanwhile.

    Raises:
        StreamEnded: The worker had none for a long time.
    """
    for _ in range(round(here.config.limits.idle_seconds / AGAIN)):
        try:
            return await here.worker.judge(frame, session, seconds=here.config.limits.idle_seconds)
        except Busy:
            await asyncio.sleep(AGAIN)
        if newest.waits:
            return None
    raise StreamEnded(LATER, "there is too much to do")


def unpacked(data: bytes, most: int, most_passes: int = Limits.passes) -> Pixels:
    """Decode a frame; its header is read before its pixels.

    Pillow does it: OpenCV is quicker (by 1.3 ms of 5, 720p), but writes to the log what it thinks of a damaged frame.

    Args:
        data: A JPEG.
        most: Pixels that a frame may have.
        most_passes: Passes of a progressive JPEG of so many pixels; a smaller one may have as many more.

    Returns:
        BGR uint8 HxWx3.

    Raises:
        StreamEnded: It is none, it is damaged, or it is too large.
    """
    if data[:3] != b"\xff\xd8\xff":
        raise StreamEnded(WRONG, "a frame is a JPEG")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            refuse_scans(data, "the frame")
            image = Image.open(io.BytesIO(data), formats=("JPEG",))
    except Image.DecompressionBombError as error:
        raise StreamEnded(TOO_LARGE, "the frame has too many pixels") from error
    except (InputError, OSError, ValueError, SyntaxError) as error:
        raise StreamEnded(WRONG, "a frame is a JPEG") from error
    with image:
        pixels = image.width * image.height
        if pixels > most:
            raise StreamEnded(TOO_LARGE, "the frame has too many pixels")
        if passes(data) * pixels > most_passes * most:
            raise StreamEnded(TOO_LARGE, "the frame's pixels come in too many passes")
        try:
            rgb = np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
        except (OSError, ValueError, SyntaxError) as error:
            raise StreamEnded(WRONG, "a frame is damaged") from error
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)


def _packed(here: Shared, judged: Judged, theme: str, style: Style, number: int) -> bytes:
    drawn = here.frame_overlays(judged, theme, style)
    told = json.dumps(as_json(judged), separators=(",", ":")).encode()
    whole, jpeg = cv2.imencode(".jpg", drawn.pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert whole
    return HEAD.pack(number, len(told)) + told + jpeg.tobytes()
