"""What every process does beside its work: measure, report, say that it lives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from uploadm8 import __version__
from uploadm8.config import Config
from uploadm8.domain.admin.conditions import Thresholds
from uploadm8.domain.admin.watch import EVERY_S as WATCH_EVERY_S
from uploadm8.domain.admin.watch import Watch
from uploadm8.infra.background import repeating
from uploadm8.infra.db.engine import DB
from uploadm8.infra.discord import Discord
from uploadm8.infra.metrics.catalog import INFO, LAG, POOL
from uploadm8.infra.metrics.shared import EVERY_S as METRICS_EVERY_S
from uploadm8.infra.opentelemetry import start_tracing, stop_tracing
from uploadm8.infra.processes import EVERY_S as BEAT_EVERY_S
from uploadm8.infra.processes import Heartbeat
from uploadm8.infra.reports import start_reports, stop_reports
from uploadm8.services import Services

_NAP_S = 0.25


@asynccontextmanager
async def operating(services: Services, role: str, *, render_slots: int = 0) -> AsyncIterator[None]:
    """Keep this process observable until the block ends.

    Args:
        services: what it works with.
        role: ``web`` or ``worker``.
        render_slots: how many renders a worker takes on at a time.
    """
    config = services.config
    async with AsyncExitStack() as stack:
        _report(config, role, stack)
        INFO.labels(role, __version__).set(1)
        _watch_pool()
        scratch = config.scratch_dir if role == "worker" else None
        heartbeat = Heartbeat(role, scratch, render_slots)
        await heartbeat.beat()
        stack.push_async_callback(_goodbye, heartbeat)
        loops = [
            (METRICS_EVERY_S, services.metrics.publish),
            (BEAT_EVERY_S, heartbeat.beat),
            (1.0, _lag),
            (WATCH_EVERY_S, _watch(services).look),
        ]
        await stack.enter_async_context(repeating(loops))
        yield


def _watch(services: Services) -> Watch:
    config = services.config
    return Watch(
        Discord(services.http, config.discord_base_url),
        config.admin_discord_webhook_url.get_secret_value(),
        Thresholds(disk_free_bytes=config.alert_disk_free_mib << 20),
    )


def _report(config: Config, role: str, stack: AsyncExitStack) -> None:
    if dsn := config.sentry_dsn.get_secret_value():
        start_reports(dsn, environment=config.app_env.value, version=__version__, role=role)
        stack.callback(stop_reports)
    if endpoint := config.otel_exporter_otlp_endpoint:
        stack.callback(stop_tracing, start_tracing(endpoint, config.trace_share, role, __version__))


def _watch_pool() -> None:
    POOL.labels("open").set_function(lambda: DB.pool.get_size() if DB.pool else 0)
    POOL.labels("used").set_function(lambda: DB.used)
    POOL.labels("max").set_function(lambda: DB.pool.get_max_size() if DB.pool else 0)


async def _lag() -> None:
    """Sleep a little and see how late we wake: what blocks the loop shows here."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.sleep(_NAP_S)
    LAG.observe(max(0.0, loop.time() - began - _NAP_S))


async def _goodbye(heartbeat: Heartbeat) -> None:
    with suppress(Exception):  # whoever stops must not hang on a database that is gone
        await asyncio.wait_for(heartbeat.stop(), 2)
