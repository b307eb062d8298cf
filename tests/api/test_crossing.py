"""What a request is told when the database gives up on it: come again, and nothing has changed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import pytest

from api_client import Api
from uploadm8.api.problems import as_error, headers_of
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.flows import Callback
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import transaction

pytestmark = pytest.mark.anyio
T = TypeVar("T")
EVERY_WORKSPACE = "SELECT 1 FROM workspaces FOR NO KEY UPDATE"


async def given_up(held: str, act: Callable[[], Awaitable[T]]) -> T:
    """What an act answers whose wait for a lock is ended by the database.

    Args:
        held: a statement that takes the lock.
        act: what waits for it.
    """
    async with transaction():
        await DB.rows(held)
        acting = asyncio.create_task(_outside(act))
        while not acting.done():
            await DB.rows(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event_type='Lock' AND datname=current_database()"
            )
            await asyncio.sleep(0.02)
    return await acting


async def _outside(act: Callable[[], Awaitable[T]]) -> T:
    DB.current_transaction.set(None)  # a request knows nothing of our transaction
    return await act()


async def test_a_request_is_asked_to_come_again(api: Api) -> None:
    someone = await api.register()

    async def rename() -> tuple[int, str, str | None]:
        answer = await api.http.patch(
            "/api/settings", json={"units": "metric"}, headers=someone.headers
        )
        return answer.status_code, answer.json()["code"], answer.headers.get("retry-after")

    before = (await api.http.get("/api/settings", headers=someone.headers)).json()
    assert await given_up(EVERY_WORKSPACE, rename) == (503, "try_again", "1")
    assert (await api.http.get("/api/settings", headers=someone.headers)).json() == before


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.SerializationError("could not serialize access"),
        asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
        asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
    ],
)
def test_every_kind_of_crossing_is_told_alike(error: Exception) -> None:
    told = as_error(error)
    assert (told.status_code, told.code) == (503, "try_again")
    assert headers_of(told) == {"Retry-After": "1"}
    assert "deadlock" not in told.detail


async def test_a_sign_in_at_a_platform_ends_with_the_same_word(api: Api) -> None:
    flows = api.app.state.services.platforms.flows
    back = Callback(state="state", code="code")
    held = "LOCK TABLE oauth_flows IN ACCESS EXCLUSIVE MODE"
    where = await given_up(held, lambda: flows.finish(Platform.TIKTOK, back))
    assert where.endswith("?error=try_again")
