"""uvicorn's HTTP protocol with bounds of its own: on what is read before the app is asked, and on who may connect.

What it says itself, before or instead of the app, is JSON with the app's headers, and never a line in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.exceptions import WebSocketException
from websockets.http11 import Request
from websockets.server import ServerProtocol

from emojicam.web.connections import Connections
from emojicam.web.ending import Ending
from emojicam.web.guard import headers_for, refused
from emojicam.web.pace import Pace, PacedProtocol
from emojicam.web.shared import network
from emojicam.web.timeouts import ImpatientProtocol

HEAD = 64 * 1024
"""Bytes of a request's head, and of anything else that is neither head nor body."""

LINES = 100
"""Lines of a request's head."""

LINE = 8192
"""Bytes of one line of a head that asks for a WebSocket: the library takes no longer ones."""

AHEAD = 8
"""Requests that may wait on one connection for the answer to an earlier one."""

CUT = 5.0
"""Seconds after the beginning of the server's end when a connection is cut, whatever is under way on it."""


class UvicornConfig(uvicorn.Config):
    """uvicorn's settings, and what the connections of one server share."""

    def __init__(self, app: ASGIApp, connections: Connections, ending: Ending, pace: Pace, **settings: Any) -> None:
        http: Any = _paced
        super().__init__(app, http=http, ws=StreamProtocol, **settings)
        self.open, self.ending, self.pace = connections, ending, pace


class _Refused(Exception):
    """A request isn't read any further."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class HttpProtocol(ImpatientProtocol):
    """One connection's requests."""

    config: UvicornConfig

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Let a new connection in, or answer 503 and end it."""
        super().connection_made(transport)
        self._unheard = 0  # bytes since the last that were of use
        self._heard = False
        self._refusal: _Refused | None = None
        if not self.config.open.enter(self, network(self.client[0] if self.client else "")):
            self._refuse(_Refused(503, "there are too many connections; try again in a moment"))

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the connection has ended."""
        self.config.open.leave(self)
        super().connection_lost(error)

    def drop(self) -> None:
        """End the connection, on which no request is under way."""
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Read a piece more, as long as it leads to something."""
        self._heard = False
        super().data_received(data)
        self._unheard = 0 if self._heard else self._unheard + len(data)
        if self._unheard > HEAD:
            self._refuse(_Refused(431, f"the request's head has more than {HEAD // 1024} kB"))

    # The parser's callbacks. It hands on what they raise.

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a line of the head, or of what may follow a body."""
        super().on_header(name, value)
        if len(self.headers) > LINES:
            self._stop(431, f"the request's head has more than {LINES} lines")

    def on_headers_complete(self) -> None:
        """Have the app asked, if the head is in bounds."""
        self._heard = True
        sizes = [len(name) + len(value) + 4 for name, value in self.headers]
        if len(self.url) + sum(sizes) > HEAD:
            self._stop(431, f"the request's head has more than {HEAD // 1024} kB")
        if self.parser.should_upgrade() and self._should_upgrade():
            self._check_handshake(sizes)
        if len(self.pipeline) >= AHEAD:
            self._stop(429, "wait for the answers to the earlier requests")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._heard = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note the end of a request."""
        self._heard = True
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over; it counts until it ends."""
        super().handle_websocket_upgrade()
        stream = self.transport.get_protocol()
        if isinstance(stream, StreamProtocol):
            stream.before = self

    def _check_handshake(self, sizes: list[int]) -> None:
        """Refuse what the WebSocket library would refuse, or stumble over."""
        if len(self.url) > LINE // 2 or max(sizes, default=0) > LINE:
            self._stop(431, "a line of the request's head is too long")
        if self.parser.get_method() != b"GET" or not self.url.isascii():
            self._stop(400, "that is no request for a WebSocket")
        try:
            headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers])
            status = ServerProtocol().accept(Request(self.url.decode("ascii"), headers)).status_code
        except (WebSocketException, ValueError):
            status = 400
        if status != 101:
            self._stop(status, "that is no request for a WebSocket of version 13")

    def _stop(self, status: int, why: str) -> None:
        self._refusal = _Refused(status, why)
        raise self._refusal

    def send_400_response(self, msg: str) -> None:
        """Answer a request that could not be parsed."""
        self._refuse(self._refusal or _Refused(400, "that is no HTTP request"))

    def _too_late(self) -> None:
        if self._unheard:
            self._refuse(_Refused(408, "the request took too long to arrive"))
        super()._too_late()

    def _refuse(self, refusal: _Refused) -> None:
        """Say why, and end the connection; an answer that is under way on it is cut off."""
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()
            return
        more = {"Connection": "close"}
        if refusal.status == 503:
            more["Retry-After"] = "2"
        if refusal.status == 426:
            more |= {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        answer = refused(refusal.status, refusal.why, headers_for("") | more)
        headers = [*self.server_state.default_headers, *answer.raw_headers]
        self.transport.write(_written(refusal.status, headers, answer.body))
        self.transport.close()

    def shutdown(self) -> None:
        """Begin the server's end."""
        self.config.ending.begin()
        self._loop.call_later(CUT, self.transport.abort)
        super().shutdown()


class StreamProtocol(WebSocketsSansIOProtocol):
    """A connection that has become a WebSocket."""

    config: UvicornConfig
    before: HttpProtocol | None = None
    _refusal: dict[str, Any]

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection has ended."""
        if self.before is not None:
            self.config.open.leave(self.before)
        super().connection_lost(exc)

    def handle_parser_exception(self) -> None:
        """End a stream that breaks the rules; without a word who sends before the handshake is answered."""
        if self.conn.close_sent is None:  # uvicorn takes that for a defect of its own
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
            self.transport.abort()
        else:
            super().handle_parser_exception()

    def send_receive_event_to_app(self) -> None:
        """Hand a whole message to the app; text that is none ends the stream, where uvicorn logs it as a defect."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(1007)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    async def send(self, message: Any) -> None:
        """Send what the app says; a refusal as it is, where uvicorn adds to it or, before 0.53, spoils it."""
        if message["type"] == "websocket.http.response.start":
            self._refusal = message
        elif message["type"] == "websocket.http.response.body":
            headers = [*self.default_headers, *self._refusal["headers"], (b"connection", b"close")]
            self.handshake_complete = self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
            self.transport.write(_written(self._refusal["status"], headers, message["body"]))
            self.transport.close()
        else:
            await super().send(message)


def _paced(config: UvicornConfig, **others: Any) -> PacedProtocol:
    return PacedProtocol(HttpProtocol(config, **others), config.pace)


def _written(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes | memoryview) -> bytes:
    """Put an answer into bytes."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode("ascii")]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", bytes(body)])
