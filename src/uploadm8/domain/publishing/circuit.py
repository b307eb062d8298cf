"""A circuit breaker per platform, kept in Postgres so that every worker sees the same."""

import random

import structlog

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.tables import PlatformCircuit
from uploadm8.errors import Retry, UnavailableError

log = structlog.get_logger(__name__)

LEAST_CALLS = 10
FIRST_PAUSE_S = 30
LONGEST_PAUSE_S = 300
PROBES = 2
PROBE_PATIENCE_S = 60  # a probe whose worker died is given to another after this


class CircuitOpenError(UnavailableError):
    """The platform has a fault and is left alone for a moment."""

    code = "platform_paused"
    retry = Retry.RATE_LIMITED


async def admit(platform: Platform) -> None:
    """Let a delivery pass while the circuit is closed, and two at a time once it may reopen.

    Raises:
        CircuitOpenError: with the seconds to wait, spread so that not all come back at once.
    """
    row = await PlatformCircuit.raw(
        "SELECT pause_s, GREATEST(extract(epoch FROM opens_at - now()), 0)::float8 AS left_s"
        " FROM platform_circuits WHERE platform = {}",
        platform.value,
    )
    if not row or row[0]["pause_s"] == 0:
        return
    if row[0]["left_s"] == 0 and await _probe(platform):
        return
    raise CircuitOpenError(
        f"{platform.label} has a fault at the moment.",
        action="Nothing to do: we try again on our own.",
        retry_after=float(row[0]["left_s"]) + random.uniform(2.0, 10.0),  # noqa: S311  jitter
    )


async def note(platform: Platform, *, failed: bool) -> None:
    """Count the outcome of one delivery; open, keep open or close the circuit by it."""
    rows = await PlatformCircuit.raw(_COUNT, platform.value, int(failed), int(failed))
    row = rows[0]
    if row["pause_s"] == 0:
        if row["calls"] >= LEAST_CALLS and row["failures"] * 2 >= row["calls"]:
            await _open(platform, FIRST_PAUSE_S)
    elif row["reopening"]:
        if failed:
            await _open(platform, min(LONGEST_PAUSE_S, row["pause_s"] * 2))
        else:
            await PlatformCircuit.raw(
                "UPDATE platform_circuits SET pause_s=0, opens_at=NULL, probes=0, calls=0,"
                " failures=0, window_at=now() WHERE platform = {}",
                platform.value,
            )
            log.info("circuit_closed", platform=platform.value)


_COUNT = (
    "INSERT INTO platform_circuits AS c (platform, window_at, calls, failures, pause_s, probes)"
    " VALUES ({}, now(), 1, {}, 0, 0) ON CONFLICT (platform) DO UPDATE SET"
    " calls = CASE WHEN c.window_at < now() - interval '60 s' THEN 1 ELSE c.calls + 1 END,"
    " failures = CASE WHEN c.window_at < now() - interval '60 s' THEN 0 ELSE c.failures END"
    " + {},"
    " window_at = CASE WHEN c.window_at < now() - interval '60 s' THEN now()"
    " ELSE c.window_at END"
    " RETURNING calls, failures, pause_s, COALESCE(opens_at <= now(), false) AS reopening"
)


async def _probe(platform: Platform) -> bool:
    rows = await PlatformCircuit.raw(
        "UPDATE platform_circuits SET probe_at = now(), probes = CASE WHEN probe_at IS NULL OR"
        " probe_at < now() - make_interval(secs => {}::float8) THEN 1 ELSE probes + 1 END"
        " WHERE platform = {} AND (probes < {} OR probe_at IS NULL"
        " OR probe_at < now() - make_interval(secs => {}::float8)) RETURNING platform",
        float(PROBE_PATIENCE_S),
        platform.value,
        PROBES,
        float(PROBE_PATIENCE_S),
    )
    return bool(rows)


async def _open(platform: Platform, pause_s: int) -> None:
    """Compare-and-set on the moment of opening, so that two failures double the pause once."""
    rows = await PlatformCircuit.raw(
        "UPDATE platform_circuits SET pause_s = {}, probes = 0, probe_at = NULL, calls = 0,"
        " failures = 0, window_at = now(), opens_at = now() + make_interval(secs => {}::float8)"
        " WHERE platform = {} AND (opens_at IS NULL OR opens_at <= now()) RETURNING platform",
        pause_s,
        float(pause_s),
        platform.value,
    )
    if rows:
        log.warning("circuit_open", platform=platform.value, pause_s=pause_s)
