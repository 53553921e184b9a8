"""The server's end: what is under way may be finished for a moment, and whoever is left is told to come back."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emojicam.web.guard import headers_for, refused

GRACE = 2.0
"""Seconds for which what is under way goes on. uvicorn itself ends everything after `uvicorn_config`'s three."""

LINGER = 0.5
"""Seconds for which a visitor who is still sending is listened to after the answer: at once they might see nothing but
the end of the connection."""

RETRY = {"Retry-After": "5", "Connection": "close"}


class _Open:
    """A request that is under way."""

    def __init__(self, task: asyncio.Task[object]) -> None:
        self.task = task
        self.whole = self.started = self.closes = False


class Ending:
    """Knows the requests that are under way, and when the server ends."""

    def __init__(self) -> None:
        self._begun = False
        self._open: set[_Open] = set()
        self.over = False

    def begin(self) -> None:
        """Let what is under way go on for a moment, then stop it."""
        if not self._begun:
            self._begun = True
            asyncio.get_running_loop().call_later(GRACE, self._stop)

    def _stop(self) -> None:
        self.over = True
        for one in self._open:
            if not one.started:  # whose answer is being fetched is ended with their connection
                one.task.cancel()

    def enter(self) -> _Open:
        """Note that the current task has begun to answer a request."""
        task = asyncio.current_task()
        assert task is not None
        one = _Open(task)
        self._open.add(one)
        return one

    def leave(self, one: _Open) -> None:
        """Note that it has ended."""
        self._open.discard(one)


class Ended:
    """Answers 503 where the server's end comes before the app's answer; for `Starlette(middleware=…)`, the outermost.

    Who is refused before all is sent is listened to for a moment more.
    """

    def __init__(self, app: ASGIApp, ending: Ending) -> None:
        self.app, self.ending = app, ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, and watch over its end."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        one = self.ending.enter()

        async def receive_on() -> Message:
            message = await receive()
            one.whole = message["type"] == "http.disconnect" or not message.get("more_body", False)
            return message

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                one.started = True
                one.closes = (b"connection", b"close") in message["headers"]
            elif one.closes and not one.whole and not message.get("more_body", False):
                await send({**message, "more_body": True})
                await _listened(one, receive_on)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        try:
            await self.app(scope, receive_on, send_on)
        except asyncio.CancelledError:
            if not self.ending.over or one.started:
                raise
            one.task.uncancel()
            answer = refused(503, "the server is about to end; try again in a moment", headers_for("") | RETRY)
            await answer(scope, receive_on, send_on)
        finally:
            self.ending.leave(one)


async def _listened(one: _Open, receive: Receive) -> None:
    try:
        async with asyncio.timeout(LINGER):
            while not one.whole:
                await receive()
    except TimeoutError:
        pass
