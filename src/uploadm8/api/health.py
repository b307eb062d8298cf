"""Is the process alive, and can it reach what it needs."""

import asyncio
from contextlib import suppress
from typing import Any

from litestar import Response, get
from litestar.datastructures import State

from uploadm8.api.guards import public
from uploadm8.errors import UnavailableError
from uploadm8.infra.db.engine import DB
from uploadm8.infra.storage.errors import ObjectMissingError
from uploadm8.infra.storage.s3 import Storage

_PATIENCE_S = 3.0


@get(
    "/healthz",
    summary="Is the process alive",
    tags=["Health"],
    **public("it says nothing", limit=None),
)
async def healthz() -> dict[str, str]:
    """Answers as long as the event loop turns."""
    return {"status": "ok"}


@get(
    "/readyz",
    summary="Can it serve",
    tags=["Health"],
    **public("load balancers have no credential", limit=None),
)
async def readyz(state: State) -> Response[dict[str, Any]]:
    """Checks the database, Redis and the storage; 503 when the database is away.

    Redis and storage being away degrade the service without stopping it.
    """
    services = state.services
    names = ("database", "redis", "storage")
    checks = await asyncio.gather(
        _ok(_select_one()),
        _ok(services.redis.ping()),
        _ok(_bucket(services.storage)),
    )
    told = dict(zip(names, ("ok" if good else "away" for good in checks), strict=True))
    status = "ok" if all(checks) else "degraded" if checks[0] else "unavailable"
    return Response({"status": status, **told}, status_code=200 if checks[0] else 503)


async def _select_one() -> None:
    if DB.pool is None:
        raise UnavailableError
    await DB.rows("SELECT 1")


async def _bucket(storage: Storage) -> None:
    with suppress(ObjectMissingError):
        await storage.head("readyz-probe")


async def _ok(check: Any) -> bool:
    try:
        await asyncio.wait_for(check, _PATIENCE_S)
    except Exception:  # noqa: BLE001  whatever it is, it is not ready
        return False
    return True
