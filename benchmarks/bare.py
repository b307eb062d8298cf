"""What the API is measured against: a bare Litestar handler, and the list written by hand."""

import os
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Litestar, get

from uploadm8.config import Config
from uploadm8.domain.uploads.views import LISTED, upload_out
from uploadm8.people import access_tokens

_ME = (
    "SELECT u.auth_epoch, m.workspace, m.role, s.authenticated_at FROM sessions s"
    ' JOIN users u ON u.id=s."user" JOIN memberships m ON m."user"=u.id'
    " WHERE s.id=$1 AND s.revoked_at IS NULL AND s.expires_at > now()"
)
_LIST = f"SELECT {LISTED} FROM uploads WHERE workspace=$1 ORDER BY id DESC LIMIT 21"


class ByHand:
    """The same two queries on asyncpg, the same check of the token, msgspec, and nothing else."""

    def __init__(self) -> None:
        self._tokens = access_tokens(Config())
        self._pool: asyncpg.Pool | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self._pool = await asyncpg.create_pool(
                os.environ["DATABASE_URL"], min_size=1, max_size=10
            )
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        token = dict(scope["headers"])[b"authorization"].decode().partition(" ")[2]
        claims = self._tokens.verify(token)
        assert self._pool is not None
        async with self._pool.acquire() as connection:
            me = await connection.fetchrow(_ME, claims.session_id)
            workspace: UUID = me["workspace"]
            rows = await connection.fetch(_LIST, workspace)
        items = [upload_out(row) for row in rows[:20]]
        body = msgspec.json.encode({"items": items, "next_cursor": None})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@get("/")
async def hello() -> dict[str, str]:
    return {"status": "ok"}


def by_hand() -> ByHand:
    return ByHand()


def bare() -> Litestar:
    return Litestar([hello], openapi_config=None, logging_config=None)
