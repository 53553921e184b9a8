"""Takes in by and by what a connection sends, so that nobody gets more than a share of the server's one thread.

Much that is cheap to send is dear to read: empty frames, pings, chunks of one byte. So the time is counted that reading
takes, whatever is read. Who has used up their share isn't listened to for a moment, and nothing of theirs is lost.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Hashable
from typing import Any, cast

from emojicam.web.shared import network

SHARE = 0.2
"""Part of the thread's time that is spent on reading what those send who send more than is read at once."""

BURST = 0.03
"""Seconds of reading that are had at once: some 10 MB of a photo, or a second of a camera's frames."""

PIECE = 4096
"""Bytes that are handed on at once: no more is read between two looks at the clock."""

REMEMBERED = 10_000
"""Addresses whose time is known at most."""


class Pace:
    """Counts the time that each address has had (GCRA, ITU-T I.371); those who are over share what there is."""

    def __init__(self, unshared: Collection[str] = (), now: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody known.

        Args:
            unshared: Addresses of proxies, each of whose connections counts by itself.
            now: The clock.
        """
        self._unshared, self._now = unshared, now
        self._due: dict[Hashable, float] = {}

    def who(self, address: str) -> Hashable:
        """Find out to whom the time of a connection is counted."""
        return object() if address in self._unshared else address

    def wait(self, who: Hashable) -> float:
        """Tell how many seconds one must wait; 0 if it may go on."""
        return max(0.0, self._due.get(who, 0.0) - self._now() - BURST / SHARE)

    def took(self, who: Hashable, seconds: float) -> None:
        """Count the time that reading something took."""
        now = self._now()
        due = max(self._due.pop(who, now), now) + seconds / SHARE
        if due > now + BURST / SHARE:
            self._due = {one: then for one, then in self._due.items() if then > now}
            others = sum(then > now + BURST / SHARE for then in self._due.values())
            due += others * seconds / SHARE
        elif len(self._due) >= REMEMBERED:  # the one that was heard of longest ago
            del self._due[next(iter(self._due))]
        self._due[who] = due


class PacedProtocol(asyncio.Protocol):
    """Stands between a connection and its protocol, to which it hands piece by piece what comes."""

    def __init__(self, protocol: asyncio.Protocol, pace: Pace) -> None:
        """Say who is to read.

        Args:
            protocol: It may name another, by its transport's `set_protocol`.
            pace: Shared by all connections.
        """
        self.protocol, self._pace = protocol, pace
        self._kept: deque[bytes] = deque()
        self._next: asyncio.Handle | None = None
        self._held = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with a new connection."""
        self._loop = asyncio.get_running_loop()
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no heir of it
        peer = transport.get_extra_info("peername")
        self._who = self._pace.who(network(str(peer[0]) if isinstance(peer, tuple) else ""))
        shown: Any = _Transport(self, self._transport)
        self.protocol.connection_made(shown)

    def data_received(self, data: bytes) -> None:
        """Take what came, and hand on as much as may be."""
        self._kept.extend(data[start : start + PIECE] for start in range(0, len(data), PIECE))
        if self._next is None:
            self._hand_on()

    def eof_received(self) -> bool | None:
        """Tell that the other side is done."""
        return self.protocol.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the connection has ended; what has not been read by then has no reader."""
        self._kept.clear()
        if self._next is not None:
            self._next.cancel()
        self.protocol.connection_lost(error)

    def pause_writing(self) -> None:
        """Tell that too much waits to be fetched."""
        self.protocol.pause_writing()

    def resume_writing(self) -> None:
        """Tell that it was fetched."""
        self.protocol.resume_writing()

    def hold(self, held: bool) -> None:
        """Hand on nothing for now, or go on: the reader's own wish."""
        self._held = held
        if not held and self._kept and self._next is None:
            self._next = self._loop.call_soon(self._go_on)
        self._listen()

    def _go_on(self) -> None:
        self._next = None
        self._hand_on()

    def _hand_on(self) -> None:
        while self._kept and not self._held and self._next is None:
            if self._transport.is_closing():
                self._kept.clear()
            elif wait := self._pace.wait(self._who):
                self._next = self._loop.call_later(wait, self._go_on)
            else:
                began = time.thread_time()
                self.protocol.data_received(self._kept.popleft())
                self._pace.took(self._who, time.thread_time() - began)
        self._listen()

    def _listen(self) -> None:
        """Have more come only when all has been handed on."""
        if self._transport.is_closing():
            return
        if self._held or self._kept:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()


class _Transport:
    """The transport that a paced protocol sees."""

    def __init__(self, paced: PacedProtocol, transport: asyncio.Transport) -> None:
        self._paced, self._transport = paced, transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._paced.protocol

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        self._paced.protocol = protocol

    def pause_reading(self) -> None:
        self._paced.hold(True)

    def resume_reading(self) -> None:
        self._paced.hold(False)
