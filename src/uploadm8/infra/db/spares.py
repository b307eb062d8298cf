"""Connections of the pool kept at hand for statements that stand alone."""

import time
from dataclasses import dataclass, field
from typing import Any

import asyncpg

_STALE_S = 60.0


@dataclass(slots=True)
class Spares:
    """A shelf before asyncpg's pool.

    The pool wraps a connection anew for every use, and takes it back in a task of its own: for a
    statement that finds its rows by an index this is as much work as the statement. A connection
    whose statement went well goes on the shelf instead, unless somebody waits for the pool.

    Attributes:
        keep: how many lie on the shelf at most.
    """

    pool: asyncpg.Pool
    keep: int
    _shelf: list[tuple[Any, float]] = field(default_factory=list)
    _wanted: int = 0

    def __len__(self) -> int:
        return len(self._shelf)

    async def take(self) -> Any:
        """A connection, of the shelf or the pool; give it to `give` or to the pool's release."""
        while self._shelf:
            connection, since = self._shelf.pop()
            if _is_lost(connection):
                continue
            if time.monotonic() - since < _STALE_S:
                return connection
            # Proxies and firewalls forget a quiet connection without a word to either side.
            connection.terminate()
            await self.pool.release(connection)
        self._wanted += 1
        try:
            return await self.pool.acquire()
        finally:
            self._wanted -= 1

    async def give(self, connection: Any) -> None:
        """Take a connection back that is outside of any transaction."""
        if self._wanted or len(self._shelf) >= self.keep:
            await self.pool.release(connection)
        else:
            self._shelf.append((connection, time.monotonic()))

    async def fetch(self, query: str, *values: Any) -> list[Any]:
        """The rows of one statement."""
        connection = await self.take()
        try:
            found: list[Any] = await connection.fetch(query, *values)
        except BaseException:  # canceled too: the pool knows how to wait until it has ended
            await self.pool.release(connection)
            raise
        await self.give(connection)
        return found

    async def clear(self) -> None:
        """Give everything back to the pool."""
        while self._shelf:
            await self.pool.release(self._shelf.pop()[0])


def _is_lost(connection: Any) -> bool:
    """Whether the server has ended it; the pool has then taken it back by itself."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True
