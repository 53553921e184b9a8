"""Time limits on open connections on which nothing moves. uvicorn bounds only the time between two requests."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

REQUEST = 15.0
"""Seconds that a request's head may take, the connection's first or a later one."""

ANSWER = 30.0
"""Seconds in which somebody must have fetched at least something of an answer that is ready."""

EVERY = 1.0
"""Seconds between two looks at a connection."""

Base: Any = AutoHTTPProtocol


class ImpatientProtocol(Base):  # type: ignore[misc]
    """uvicorn's HTTP protocol, which gives up connections on which nothing moves: over WebSockets as well."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to watch a new connection."""
        super().connection_made(transport)
        self._loop = asyncio.get_running_loop()
        self._asked = self._moved = self._loop.time()
        self._unsent = 0
        self._loop.call_later(EVERY, self._look)

    def _look(self) -> None:
        transport, now = self.transport, self._loop.time()
        unsent = transport.get_write_buffer_size()
        if transport.is_closing() and not unsent:
            return
        if unsent == 0 or unsent < self._unsent:
            self._moved = now
        self._unsent = unsent
        waits = transport.get_protocol() is self and (self.cycle is None or self.cycle.response_complete)
        if not waits:
            self._asked = now
        if now - self._asked > REQUEST or now - self._moved > ANSWER:
            transport.abort()  # not `close`, which waits for what nobody fetches
            return
        self._loop.call_later(EVERY, self._look)
