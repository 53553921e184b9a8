"""One thread with the models, for all visitors: what is waiting is seen one by one and judged in one batch."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from emojicam.stream.types import Frame, Judged
from emojicam.web.pipeline import Models, Session

GATHER = 8
"""Requests that are done together, if so many are waiting."""

GATHERED_PIXELS = 2_000_000
"""Pixels of photos that are done together: who sent a small one isn't to wait for the large ones of others."""

ROOM = 64
"""Frames, and as many photos, that may wait."""


class Busy(Exception):
    """There is more to do than can be done in time."""


@dataclass(frozen=True, eq=False)
class _Request:
    """A frame that somebody waits for.

    Attributes:
        frame: The picture.
        session: The stream's session; None for a photo.
        future: Where the answer goes; cancelled if nobody waits any more.
        loop: The event loop of whoever waits.
    """

    frame: Frame
    session: Session | None
    future: asyncio.Future[Judged]
    loop: asyncio.AbstractEventLoop

    def tell(self, answer: Judged | BaseException) -> None:
        """Hand the answer over to whoever waits, in their event loop."""

        def set_it() -> None:
            if self.future.done():
                return
            if isinstance(answer, BaseException):
                self.future.set_exception(answer)
            else:
                self.future.set_result(answer)

        self.loop.call_soon_threadsafe(set_it)


class Worker:
    """Judges frames for any number of visitors. Use it in a `with`."""

    def __init__(self, models: Callable[[], AbstractContextManager[Models]], room: int = ROOM) -> None:
        """Take note of how to load the models; nothing is loaded before the `with`.

        Args:
            models: Loads the models; called, and closed, in the worker's own thread.
            room: Frames, and as many photos, that may wait.
        """
        self._make, self._room = models, room
        self._models: Models | None = None
        self._frames: deque[_Request] = deque()  # of streams: they are served first
        self._photos: deque[_Request] = deque()
        self._changed = threading.Condition()
        self._ready = threading.Event()
        self._closing = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def __enter__(self) -> Self:
        """Load the models.

        Raises:
            EmojicamError: One can't be loaded.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    @property
    def models(self) -> Models:
        """The models, to be asked for labels and sessions; their work is done in the worker's thread."""
        if self._models is None:
            raise RuntimeError("the worker is not open")
        return self._models

    @property
    def waiting(self) -> int:
        """The number of requests that nobody has begun."""
        return len(self._frames) + len(self._photos)

    async def judge(self, frame: Frame, session: Session | None = None, seconds: float = 10.0) -> Judged:
        """Find and judge the faces of a frame.

        Args:
            frame: The picture.
            session: The stream that it belongs to; None if it is a photo.
            seconds: Seconds to wait at most.

        Raises:
            Busy: Too many are waiting, or it took too long.
        """
        loop = asyncio.get_running_loop()
        request = _Request(frame, session, loop.create_future(), loop)
        line = self._photos if session is None else self._frames
        with self._changed:
            if self._closing or len(line) >= self._room:
                raise Busy
            line.append(request)
            self._changed.notify()
        try:
            async with asyncio.timeout(seconds):
                return await request.future
        except TimeoutError as error:
            raise Busy from error
        finally:
            with self._changed:
                if request in line:  # nobody waits for it any more
                    line.remove(request)

    def _work(self) -> None:
        try:
            with self._make() as models:
                self._models = models
                self._ready.set()
                while requests := self._next():
                    _serve(models, requests)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for the models
            self._failure = error
        finally:
            self._ready.set()
            with self._changed:
                self._closing = True
                left = [*self._frames, *self._photos]
                self._frames.clear()
                self._photos.clear()
            for request in left:
                request.tell(Busy())

    def _next(self) -> list[_Request]:
        """The requests that have waited longest; none when the worker is closed.

        Frames of streams first, and beside them one photo at most: to search a large one takes as long as many frames.
        """
        with self._changed:
            while not self.waiting and not self._closing:
                self._changed.wait()
            if self._closing:
                return []
            chosen = [self._frames.popleft() for _ in range(min(GATHER, len(self._frames)))]
            return chosen + self._next_photos(1 if chosen else GATHER)

    def _next_photos(self, most: int) -> list[_Request]:
        chosen: list[_Request] = []
        pixels = 0
        while self._photos and len(chosen) < most:
            frame = self._photos[0].frame
            pixels += frame.width * frame.height
            if chosen and pixels > GATHERED_PIXELS:
                break
            chosen.append(self._photos.popleft())
        return chosen


def _serve(models: Models, requests: Sequence[_Request]) -> None:
    """Find the faces of each request, judge them all in one batch, and answer each request."""
    asked = []
    for request in requests:
        if request.future.cancelled():
            continue
        session = request.session or models.photo()
        try:
            asked.append((request, session, session.ask(request.frame)))
        except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited; the others go on
            request.tell(error)
    try:
        judged = models.judge([seen for _, _, seen in asked])
    except Exception as error:  # noqa: BLE001 - the same
        for request, _, _ in asked:
            request.tell(error)
        return
    for (request, session, _), one in zip(asked, judged, strict=True):
        try:
            request.tell(session.answer(one))
        except Exception as error:  # noqa: BLE001 - the same
            request.tell(error)
