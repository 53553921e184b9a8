"""One thread with the models, for all visitors: frames of streams first, then a step of the photo whose turn it is."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from emojicam.stream.faces.detect import Steps, done
from emojicam.stream.types import Frame, Judged, Seen
from emojicam.web.pipeline import Models, Session
from emojicam.web.turns import Turns

GATHER = 8
"""Frames of streams that are done together, if so many are waiting."""

ROOM = 64
"""Frames, and as many photos, that may wait."""


class Busy(Exception):
    """There is more to do than can be done in time."""


@dataclass(eq=False)
class _Request:
    """A frame that somebody waits for.

    Attributes:
        frame: The picture.
        session: The stream's session; None for a photo that hasn't been begun.
        future: Where the answer goes; cancelled if nobody waits any more.
        loop: The event loop of whoever waits.
        who: The address of whoever sent a photo.
        steps: What is still to be done for a photo.
    """

    frame: Frame
    session: Session | None
    future: asyncio.Future[Judged]
    loop: asyncio.AbstractEventLoop
    who: str = ""
    steps: Steps[Seen] | None = None

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
        self._turns = Turns()
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
        """The number of requests that wait, those included that are worked on a step at a time."""
        return len(self._frames) + len(self._photos)

    async def judge(
        self, frame: Frame, session: Session | None = None, *, who: str = "", seconds: float = 10.0
    ) -> Judged:
        """Find and judge the faces of a frame.

        Args:
            frame: The picture.
            session: The stream that it belongs to; None if it is a photo.
            who: The address of whoever sent a photo: each has its turn.
            seconds: Seconds to wait at most.

        Raises:
            Busy: Too many are waiting, or it took too long.
        """
        loop = asyncio.get_running_loop()
        request = _Request(frame, session, loop.create_future(), loop, who)
        line = self._photos if session is None else self._frames
        with self._changed:
            if self._closing or sum(one.steps is None for one in line) >= self._room:
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
                while (turn := self._next()) is not None:
                    frames, photo = turn
                    if frames:
                        _serve(models, frames)
                    if photo is not None:
                        self._go_on(models, photo)
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

    def _next(self) -> tuple[list[_Request], _Request | None] | None:
        """The frames that have waited longest, and the photo whose turn it is; None when the worker is closed."""
        with self._changed:
            while not self.waiting and not self._closing:
                self._changed.wait()
            if self._closing:
                return None
            frames = [self._frames.popleft() for _ in range(min(GATHER, len(self._frames)))]
            turn = self._turns.next([request.who for request in self._photos])
            return frames, None if turn is None else self._photos[turn]

    def _go_on(self, models: Models, request: _Request) -> None:
        """Do the next step of a photo; after its last one it is judged, and leaves the line."""
        started = time.monotonic()
        answer: Judged | BaseException
        try:
            if request.session is None or request.steps is None:
                request.session = models.photo()
                request.steps = request.session.ask(request.frame)
            next(request.steps)
            return
        except StopIteration as end:
            assert request.session is not None
            answer = _judged(models, [(request.session, end.value)])[0]
        except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited; the others go on
            answer = error
        finally:
            self._turns.took(request.who, time.monotonic() - started)
        with self._changed:
            if request in self._photos:
                self._photos.remove(request)
        request.tell(answer)


def _serve(models: Models, requests: Sequence[_Request]) -> None:
    """Find the faces of each stream's frame, judge them all in one batch, and answer each request."""
    asked, asking = [], []
    for request in requests:
        if request.future.cancelled() or request.session is None:
            continue
        try:
            asked.append((request.session, done(request.session.ask(request.frame))))
            asking.append(request)
        except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited; the others go on
            request.tell(error)
    for request, answer in zip(asking, _judged(models, asked), strict=True):
        request.tell(answer)


def _judged(models: Models, asked: Sequence[tuple[Session, Seen]]) -> list[Judged | BaseException]:
    """Judge what several sessions saw, in one batch; for each the answer, or what went wrong."""
    try:
        judged = models.judge([seen for _, seen in asked])
    except Exception as error:  # noqa: BLE001 - the same
        return [error] * len(asked)
    answers: list[Judged | BaseException] = []
    for (session, _), one in zip(asked, judged, strict=True):
        try:
            answers.append(session.answer(one))
        except Exception as error:  # noqa: BLE001 - the same
            answers.append(error)
    return answers
