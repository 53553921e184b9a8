"""All open connections of a server, by address: who may open one more, and which is dropped for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from emojicam.web.limits import Shares


class Connection(Protocol):
    """A connection, as far as it matters here."""

    @property
    def idle_since(self) -> float | None:
        """The time since which it waits for a request, or for the rest of one's head; None while one is under way."""

    def drop(self) -> None:
        """End the connection."""


class Connections:
    """The open connections. Each address has its share, and who has been idle longest is dropped first."""

    def __init__(self, most: int, each: int, unshared: Collection[str] = ()) -> None:
        """Say how many there may be.

        Args:
            most: All together.
            each: Of one address.
            unshared: Addresses of proxies, who speak for many.
        """
        self._shares, self._unshared = Shares(most, each), unshared
        self._open: dict[Connection, str] = {}

    def enter(self, connection: Connection, address: str) -> bool:
        """Note a new connection, for which an idle one may be dropped; or refuse it.

        Returns:
            Whether it may stay. In either case it is to `leave`.
        """
        may = self._shares.free > 0 if address in self._unshared else self._shares.fits(address)
        if not may:
            others = () if self._shares.free else self._shares.by_size()
            may = any(self._dropped(one) for one in (address, *others))
        self._open[connection] = address
        self._shares.take(address)
        return may

    def leave(self, connection: Connection) -> None:
        """Note that a connection has ended; once or more."""
        address = self._open.pop(connection, None)
        if address is not None:
            self._shares.give(address)

    def _dropped(self, address: str) -> bool:
        mine = [connection for connection, owner in self._open.items() if owner == address]
        idle = [(since, connection) for connection in mine if (since := connection.idle_since) is not None]
        if not idle:
            return False
        _, oldest = min(idle, key=lambda one: one[0])
        self.leave(oldest)
        oldest.drop()
        return True
