"""What the API is measured against: a bare Litestar handler, and the list written by hand."""

import os
from typing import Any

import asyncpg
import msgspec
from litestar import Litestar, get
from redis.asyncio import Redis

from uploadm8.config import Config
from uploadm8.domain.uploads.views import LISTING, upload_out
from uploadm8.domain.workspaces.principals import BY_SESSION
from uploadm8.infra.ratelimit import Rate, RateLimiter
from uploadm8.people import access_tokens

_PAGE = 20
_RATE = Rate(10_000_000, 60)


class ByHand:
    """The same queries on asyncpg, the same check of the token, msgspec, and nothing else.

    No request id, headers, log, metrics, routing, parameters, cursor or problem documents.
    """

    def __init__(self, *, limited: bool) -> None:
        self._limited = limited
        self._tokens = access_tokens(Config())
        self._pool: asyncpg.Pool | None = None
        self._limiter: RateLimiter | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        token = dict(scope["headers"])[b"authorization"].decode().partition(" ")[2]
        claims = self._tokens.verify(token)
        if self._limited and self._limiter is not None:
            verdict = await self._limiter.hit(_RATE, f"u|{claims.user_id}")
            assert verdict.allowed
        assert self._pool is not None
        async with self._pool.acquire() as connection:
            me = await connection.fetchrow(BY_SESSION, None, claims.session_id, claims.user_id)
            assert me["auth_epoch"] == claims.auth_epoch
            rows = await connection.fetch(LISTING, me["workspace"], None, None, _PAGE + 1)
        items = [upload_out(row) for row in rows[:_PAGE]]
        body = msgspec.json.encode({"items": items, "next_cursor": None})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        url = os.environ["DATABASE_URL"]
        self._pool = await asyncpg.create_pool(url, min_size=1, max_size=10)
        self._limiter = RateLimiter(Redis.from_url(os.environ["REDIS_URL"]))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._limiter.aclose()
        await send({"type": "lifespan.shutdown.complete"})


@get("/")
async def hello() -> dict[str, str]:
    return {"status": "ok"}


def by_hand() -> ByHand:
    """With everything that the list of the product asks of PostgreSQL and Redis."""
    return ByHand(limited=True)


def by_hand_unlimited() -> ByHand:
    """With the queries to PostgreSQL alone."""
    return ByHand(limited=False)


def bare() -> Litestar:
    return Litestar([hello], openapi_config=None, logging_config=None)
