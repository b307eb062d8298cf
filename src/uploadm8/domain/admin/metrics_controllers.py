"""GET /metrics: what all processes have counted, and the state of the installation."""

import asyncio
from typing import Any

import structlog
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric

from uploadm8.api.admin import HEADER, check_admin_key, key_matches
from uploadm8.api.guards import Connection, public
from uploadm8.domain.admin.gauges import gauges
from uploadm8.domain.admin.readings import read
from uploadm8.errors import NotFoundError, UnauthenticatedError
from uploadm8.infra.metrics.catalog import READ
from uploadm8.infra.metrics.shared import Merged

log = structlog.get_logger(__name__)

_PATIENCE_S = 5.0


async def scrapers_only(connection: Connection, _: BaseRouteHandler) -> None:
    """Let holders of METRICS_TOKEN or of the admin key in; without a token, development is open."""
    services = connection.app.state.services
    if connection.headers.get(HEADER) is not None:
        await check_admin_key(connection)
        return
    token = services.config.metrics_token.get_secret_value()
    if not token:
        if services.config.is_development:
            return
        raise NotFoundError("There is nothing at this address.")
    scheme, _sep, given = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key_matches(given.strip(), token):
        await services.limits.bad_token(connection.scope["state"]["address"])
        raise UnauthenticatedError(action="Send Authorization: Bearer with METRICS_TOKEN.")


@get(
    "/metrics",
    summary="Metrics for Prometheus",
    tags=["Health"],
    guards=[scrapers_only],
    media_type=MediaType.TEXT,
    **public("scrapers_only is its guard", limit=None),
)
async def metrics(state: State, request: Request[Any, Any, Any]) -> Response[bytes]:
    """Counts of every web and worker process, told apart by `process`, and gauges from the database."""
    del request
    common = await _common()
    merged: Any = Merged(await state.services.metrics.everyone(), common)
    body = await asyncio.to_thread(generate_latest, merged)
    return Response(body, headers={"content-type": CONTENT_TYPE_LATEST})


async def _common() -> list[Metric]:
    """The database being away must not hide what the processes have counted."""
    try:
        seen = await asyncio.wait_for(read(), _PATIENCE_S)
    except Exception as error:  # noqa: BLE001  whatever it is, there are no figures
        log.warning("metrics_without_database", error=repr(error)[:200])
        READ.set(0)
        return []
    READ.set(1)
    return gauges(seen)
