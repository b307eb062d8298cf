"""Connections at hand for single statements."""

import asyncio
from contextlib import suppress

import asyncpg
import pytest

from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import transaction

pytestmark = pytest.mark.anyio

_PID = "SELECT pg_backend_pid() AS pid"


async def _pid() -> int:
    return int((await DB.rows(_PID))[0]["pid"])


async def test_the_next_statement_finds_the_connection_of_the_last(db: None) -> None:
    assert await _pid() == await _pid()
    assert DB.used == 0


async def test_whoever_waits_for_the_pool_gets_the_connection_of_a_statement(db: None) -> None:
    assert DB.pool is not None
    size = DB.pool.get_max_size()
    taken = [await DB.take() for _ in range(size - 1)]
    running = asyncio.create_task(DB.rows("SELECT pg_sleep(0.2)"))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(10), transaction():
        assert await _pid()
    await running
    for connection in taken:
        await DB.pool.release(connection)
    assert DB.used == 0


async def test_more_statements_than_connections_all_get_their_turn(db: None) -> None:
    assert DB.pool is not None
    async with asyncio.timeout(20):
        many = [DB.rows("SELECT $1::int AS n", n) for n in range(10 * DB.pool.get_max_size())]
        told = await asyncio.gather(*many)
    assert [rows[0]["n"] for rows in told] == list(range(len(told)))
    assert DB.used == 0


async def test_a_connection_that_the_server_ended_is_replaced(db: None) -> None:
    pid = await _pid()
    connection = await asyncpg.connect(**DB.config)
    await connection.execute(
        "SELECT pg_terminate_backend($1, 20000)", pid
    )  # waits until it is gone
    await connection.close()
    await asyncio.sleep(0.05)
    with suppress(asyncpg.PostgresError, ConnectionError):
        await _pid()
    assert await _pid() != pid


async def test_a_canceled_statement_leaves_no_connection_behind(db: None) -> None:
    for turns in range(12):
        task = asyncio.create_task(DB.rows("SELECT pg_sleep(0.01)"))
        for _ in range(turns):
            await asyncio.sleep(0.001)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert DB.used == 0
    assert await _pid()
