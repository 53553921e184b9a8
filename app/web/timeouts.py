"""Time limits on open connections on which nothing moves. uvicorn bounds only the time between two requests."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST = 15.0
"""Seconds that a request's head may take, the connection's first or a later one."""

ANSWER = 30.0
"""Seconds in which somebody must have fetched at least something of an answer that is ready."""

LONGEST = 300.0
"""Seconds that one request may take all in all, until its answer is fetched."""

EVERY = 1.0
"""Seconds between two looks at a connection."""

UNFETCHED = 16 * 1024 * 1024
"""Bytes that may wait on one connection for a visitor who asks for more and fetches nothing."""

Base: Any = HttpToolsProtocol


class ImpatientProtocol(Base):  # type: ignore[misc]
    """uvicorn's HTTP protocol, which gives up connections on which nothing moves: over WebSockets as well."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to watch a new connection."""
        super().connection_made(transport)
        self._loop = asyncio.get_running_loop()
        self._asked = self._moved = self._begun = self._loop.time()
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
        if not self._waits:
            self._asked = now
        if self._waits or transport.get_protocol() is not self:
            self._begun = now
        if now - self._moved > ANSWER or now - self._begun > LONGEST or unsent > UNFETCHED:
            transport.abort()  # not `close`, which waits for what nobody fetches
        elif now - self._asked > REQUEST:
            self._too_late()
        self._loop.call_later(EVERY, self._look)

    @property
    def _waits(self) -> bool:
        """Whether no request is under way."""
        return self.transport.get_protocol() is self and (self.cycle is None or self.cycle.response_complete)

    @property
    def idle_since(self) -> float | None:
        """The time since which it waits for a request, or for the rest of one's head; None while one is under way."""
        return self._asked if self._waits else None

    def _too_late(self) -> None:
        """End the connection, on which no whole request has come in time."""
        self.transport.abort()
