"""A transaction gives its connection back, whenever it is given up."""

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest

from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


async def _work() -> None:
    async with transaction():
        await JobRow.raw("SELECT 1")


async def test_a_canceled_transaction_leaves_no_connection_behind(db: None) -> None:
    for turns in range(60):  # cancel at every await there is, BEGIN and COMMIT among them
        task = asyncio.create_task(_work())
        for _ in range(turns):
            await asyncio.sleep(0 if turns % 2 else 0.0005)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert DB.pool is not None
    async with asyncio.timeout(20), AsyncExitStack() as stack:
        for _ in range(DB.pool.get_max_size()):
            stack.push_async_callback(DB.pool.release, await DB.take())
