"""Re-encryption of every stored secret when the key ring changes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from uploadm8.infra.db.engine import DB
from uploadm8.infra.security.cipher import Cipher, DecryptError, KeyRingError

_TRIED = 5
_COLUMNS = """
    SELECT quote_ident(table_name) AS "table", quote_ident(column_name) AS "column"
    FROM information_schema.columns
    WHERE table_schema = current_schema() AND column_name LIKE '%\\_enc' ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """How many secrets each key version encrypts.

    Attributes:
        missing: versions that have no key.
        wrong: versions whose key does not open what they encrypted.
    """

    rows: Mapping[int, int]
    missing: tuple[int, ...]
    wrong: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reseal:
    """Works on every column named `<field>_enc`, of tables whose key is `id`.

    The name of the table and the field are part of what a secret is bound to, so that a new
    encrypted column is covered by following the naming alone.
    """

    cipher: Cipher

    async def status(self) -> KeyStatus:
        """Count secrets by key version, and try to open some of each column and version."""
        rows: dict[int, int] = {}
        wrong: set[int] = set()
        async with _connection() as connection:
            for table, column in await _columns(connection):
                found = await connection.fetch(
                    f"SELECT split_part({column}, '.', 1) AS version, count(*) AS count"  # noqa: S608
                    f" FROM {table} WHERE {column} IS NOT NULL GROUP BY 1"
                )
                for row in found:
                    version = int(row["version"].removeprefix("v"))
                    rows[version] = rows.get(version, 0) + row["count"]
                    if not await self._opens(connection, table, column, version):
                        wrong.add(version)
        missing = set(rows) - set(self.cipher.keys)
        return KeyStatus(rows, tuple(sorted(missing)), tuple(sorted(wrong - missing)))

    async def require_keys(self) -> None:
        """Refuse a ring that lacks the key some stored secret needs, or has another one.

        Raises:
            KeyRingError: naming the versions and how many secrets need them.
        """
        status = await self.status()
        if status.missing:
            told = _named(status, status.missing)
            raise KeyRingError(
                f"TOKEN_ENC_KEYS lacks {told}: put it back and run `uploadm8 keys rotate` first"
            )
        if status.wrong:
            told = _named(status, status.wrong)
            raise KeyRingError(
                f"TOKEN_ENC_KEYS has another key than what is stored was sealed with: {told}"
            )

    async def rotate(self, batch: int = 500) -> int:
        """Encrypt with the primary key whatever another one encrypts; return how many.

        Each secret is replaced only if it is still what was read, so that a token refreshed
        meanwhile is left alone; interrupting and repeating is harmless.

        Raises:
            DecryptError: a secret's key is missing from the ring.
        """
        changed = 0
        async with _connection() as connection:
            for table, column in await _columns(connection):
                while rows := await self._outdated(connection, table, column, batch):
                    for row in rows:
                        changed += await self._replace(connection, table, column, row)
        return changed

    async def _opens(self, connection: Any, table: str, column: str, version: int) -> bool:
        """Whether any of a few secrets opens: a single one may have been damaged by itself."""
        rows = await connection.fetch(
            f"SELECT id, {column} AS blob FROM {table} WHERE {column} LIKE $1 LIMIT {_TRIED}",  # noqa: S608
            f"v{version}.%",
        )
        for row in rows:
            with suppress(DecryptError):
                self._opened(table, column, row)
                return True
        return not rows

    def _opened(self, table: str, column: str, row: Mapping[str, Any]) -> str:
        return self.cipher.decrypt(row["blob"], **_bound(table, column, row))

    async def _outdated(
        self, connection: Any, table: str, column: str, batch: int
    ) -> Sequence[Mapping[str, Any]]:
        rows: Sequence[Mapping[str, Any]] = await connection.fetch(
            f"SELECT id, {column} AS blob FROM {table}"  # noqa: S608
            f" WHERE {column} IS NOT NULL AND {column} NOT LIKE $1 ORDER BY id LIMIT $2",
            f"v{self.cipher.primary}.%",
            batch,
        )
        return rows

    async def _replace(
        self, connection: Any, table: str, column: str, row: Mapping[str, Any]
    ) -> int:
        fresh = self.cipher.encrypt(self._opened(table, column, row), **_bound(table, column, row))
        done = await connection.execute(
            f"UPDATE {table} SET {column} = $1 WHERE id = $2 AND {column} = $3",  # noqa: S608
            fresh,
            row["id"],
            row["blob"],
        )
        return int(done.rsplit(" ", 1)[-1])


def _bound(table: str, column: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"table": table, "row": row["id"], "field": column.removesuffix("_enc")}


def _named(status: KeyStatus, versions: Sequence[int]) -> str:
    return ", ".join(f"v{one} ({status.rows[one]} secrets)" for one in versions)


@asynccontextmanager
async def _connection() -> AsyncIterator[Any]:
    if DB.pool is None:
        raise RuntimeError("the database is not open")
    async with DB.pool.acquire() as connection:
        yield connection


async def _columns(connection: Any) -> list[tuple[str, str]]:
    return [(row["table"], row["column"]) for row in await connection.fetch(_COLUMNS)]
