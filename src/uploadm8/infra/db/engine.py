"""The Piccolo engine: bound to the tables at import, connected only when a root says so."""

from collections.abc import Sequence
from functools import lru_cache
from string import Formatter
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from uploadm8.infra.db.spares import Spares
from uploadm8.infra.db.transaction import LeakProofTransaction

_POOLER_PORT = 6543  # Supabase's transaction pooler; Neon names its pooler hosts "-pooler."


class Database(PostgresEngine):
    """A Postgres engine that does no I/O when constructed.

    Piccolo's own connects in its constructor, which would make importing the tables (for the
    migrations CLI, or a test) wait for a server.
    """

    def __init__(self) -> None:
        super().__init__(config={})
        self._spares: Spares | None = None
        self._openings = 0

    async def check_version(self) -> None:
        """Skip Piccolo's connection at construction."""

    async def prep_database(self) -> None:
        """Skip Piccolo's connection at construction; no extension is needed."""

    def configure(
        self, url: str, *, statement_timeout_s: float = 15, application: str = "uploadm8"
    ) -> None:
        """Say which server to use.

        Args:
            url: postgres:// URL; `?pgbouncer=true`, a Neon `-pooler` host or port 6543 turn the
                prepared statement cache off, since a transaction pooler cannot keep one.
            statement_timeout_s: the server ends a longer statement.
            application: name shown in pg_stat_activity.
        """
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        pooled = query.pop("pgbouncer", "") == "true" or "-pooler." in parts.netloc
        pooled = pooled or parts.port == _POOLER_PORT
        settings = {"application_name": application}
        if not pooled:
            settings |= {
                "statement_timeout": str(int(statement_timeout_s * 1000)),
                "lock_timeout": "5000",
                "idle_in_transaction_session_timeout": "30000",
            }
        self.config: dict[str, Any] = {
            "dsn": urlunsplit(parts._replace(query=urlencode(query))),
            "server_settings": settings,
            "timeout": 10,
        }
        if pooled:
            self.config["statement_cache_size"] = 0

    async def open(self, size: int) -> None:
        """Open the pool, in the event loop that will use it; a second time, share it.

        Every `open` wants its `close`; the last one closes the pool.
        """
        self._openings += 1
        if self._openings > 1:
            return
        # asyncpg's own reset is a round trip after every query outside a transaction. It undoes
        # SET, LISTEN and session locks; here only their transaction-bound forms are used.
        await self.start_connection_pool(min_size=1, max_size=size, reset=_nothing_to_reset)
        if self.pool is not None:
            self._spares = Spares(self.pool, max(1, size // 2))

    async def close(self) -> None:
        """Close the pool, unless another one who opened it still uses it."""
        self._openings = max(0, self._openings - 1)
        if self._openings:
            return
        if self._spares is not None:
            await self._spares.clear()
            self._spares = None
        if self.pool is not None:
            await self.close_connection_pool()

    async def take(self) -> Any:
        """A connection for a transaction, which gives it back to the pool."""
        if self.pool is None or self._spares is None:
            return await self.get_new_connection()
        return await self._spares.take()

    @property
    def used(self) -> int:
        """How many connections of the pool are at work."""
        idle = 0 if self._spares is None else len(self._spares)
        return self.pool.get_size() - self.pool.get_idle_size() - idle if self.pool else 0

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        """Run a query; one written by hand is put into PostgreSQL's form once, not every time."""
        if not in_pool or any(isinstance(value, QueryString) for value in querystring.args):
            return await super().run_querystring(querystring, in_pool)
        return await self.rows(_numbered(querystring.template), *querystring.args)

    async def rows(self, query: str, *values: Any) -> list[Any]:
        """Rows of a query in PostgreSQL's own form (``$1``), for the paths that every request takes.

        Piccolo's raw() builds several objects around a query and copies every row into a dict.
        """
        current = self.current_transaction.get()
        if current is not None:
            found: list[Any] = await current.connection.fetch(query, *values)
        elif self.pool is not None and self._spares is not None:
            found = await self._spares.fetch(query, *values)
        else:
            found = await self._run_in_new_connection(query, values)
        return found

    async def _run_in_pool(self, query: str, args: Sequence[Any] | None = None) -> list[Any]:
        """Where Piccolo's own queries end up."""
        return await self.rows(query, *(args or ()))

    def transaction(self, allow_nested: bool = True) -> LeakProofTransaction:
        """A transaction that always gives its connection back."""
        return LeakProofTransaction(engine=self, allow_nested=allow_nested)


async def _nothing_to_reset(connection: object) -> None:
    """Called by asyncpg after it has rolled back whatever was open."""
    del connection


@lru_cache(maxsize=2048)
def _numbered(template: str) -> str:
    """A template with ``{}`` for its values as asyncpg wants it: ``$1``, ``$2``, ..."""
    pieces: list[str] = []
    number = 0
    for text, name, _, _ in Formatter().parse(template):
        pieces.append(text)
        if name is not None:
            number += 1
            pieces.append(f"${number}")
    return "".join(pieces)


DB = Database()
