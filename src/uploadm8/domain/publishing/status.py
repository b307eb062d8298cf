"""The status that tells the truth: measured from the rows at the moment of the question."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.billing.gate import Gate
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.status_schemas import (
    LevelOut,
    MeasuredOut,
    PlatformOut,
    QueueOut,
    Spread,
    StatusOut,
)
from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.clock import now
from uploadm8.infra.jobs.catalog import Queue

DEGRADED_SHARE = 0.1  # of a platform's posts, failed for the platform's or our reasons
DEGRADED_WAIT_S = 120.0  # a due job or post that waits longer than this

LEVELS = (
    LevelOut(
        name="publishing_on_time",
        measured_as="99 % of scheduled posts of the last 24 hours were sent off within this time"
        " of their own; posts still on their way count with the time they are late by now",
        target=60.0,
        unit="seconds",
    ),
    LevelOut(
        name="posts_that_arrive",
        measured_as="share of the posts of the last 24 hours that were published, of those that did"
        " not fail for the customer's own reasons",
        target=0.995,
        unit="fraction",
    ),
    LevelOut(
        name="work_begins",
        measured_as="how long the oldest due job has waited now",
        target=DEGRADED_WAIT_S,
        unit="seconds",
    ),
)

_SPREAD = (
    "count(late) AS number, percentile_cont(0.5) WITHIN GROUP (ORDER BY late) AS p50_s,"
    " percentile_cont(0.99) WITHIN GROUP (ORDER BY late) AS p99_s"
)
# What a platform's own daily limit delays was told to the customer and is nobody's lateness.
_OVERDUE = (
    "p.publish_at < now() AND p.first_commit_at IS NULL AND p.error_class IS DISTINCT FROM"
    " 'rate_limited' AND p.state IN ('scheduled', 'queued', 'preparing', 'transferring', 'retry_wait')"
)
_LATE = (
    "SELECT p.platform, greatest(extract(epoch FROM coalesce(p.first_commit_at, now())"  # noqa: S608
    " - p.publish_at), 0)::float8 AS late FROM publications p WHERE p.publish_at IS NOT NULL"
    f" AND (p.first_commit_at > now() - interval '24 hours' OR ({_OVERDUE}))"
)
_LATENESS = f"SELECT platform, {_SPREAD} FROM ({_LATE}) l GROUP BY GROUPING SETS ((platform), ())"  # noqa: S608
_PLATFORMS = (
    "SELECT p.platform, count(*) FILTER (WHERE p.state='published'"  # noqa: S608
    " AND p.published_at > now() - interval '24 hours') AS published,"
    " count(*) FILTER (WHERE p.state='failed' AND p.updated_at > now() - interval '24 hours'"
    " AND p.error_class IN ('transient', 'ambiguous', 'internal_bug', 'rate_limited')) AS failed,"
    f" count(*) FILTER (WHERE {_OVERDUE}) AS overdue,"
    f" max(extract(epoch FROM now() - p.publish_at)) FILTER (WHERE {_OVERDUE})::float8"
    " AS oldest_overdue_s FROM publications p"
    " WHERE p.updated_at > now() - interval '24 hours' OR p.publish_at < now() GROUP BY p.platform"
)
_QUEUES = (
    "SELECT queue, count(*) FILTER (WHERE state='queued' AND run_at <= now()) AS due,"
    " max(extract(epoch FROM now() - run_at)) FILTER (WHERE state='queued' AND run_at <= now())"
    "::float8 AS oldest_due_s,"
    " count(waited) AS number, percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS p50_s,"
    " percentile_cont(0.99) WITHIN GROUP (ORDER BY waited) AS p99_s FROM (SELECT queue, state,"
    " run_at, CASE WHEN started_at > now() - interval '24 hours' THEN"
    " greatest(extract(epoch FROM started_at - run_at), 0)::float8 END AS waited FROM jobs"
    " WHERE state IN ('queued', 'running') OR started_at > now() - interval '24 hours') j"
    " GROUP BY queue"
)
_CIRCUITS = "SELECT platform, opens_at FROM platform_circuits WHERE pause_s > 0"


@dataclass(frozen=True, slots=True)
class Status:
    """For tiers with SLA support; the levels themselves are public."""

    gate: Gate

    async def show(self, workspace_id: UUID) -> StatusOut:
        """How the whole service does now.

        Raises:
            PaymentRequiredError: code ``feature_not_in_tier``.
        """
        await self.gate.require(workspace_id, Feature.SLA)
        return await measure()


async def measure() -> StatusOut:
    """Measure everything."""
    late = {row["platform"]: _spread(row) for row in await Publication.raw(_LATENESS)}
    paused = {row["platform"]: row["opens_at"] for row in await Publication.raw(_CIRCUITS)}
    counts = {row["platform"]: row for row in await Publication.raw(_PLATFORMS)}
    waits = {row["queue"]: row for row in await Publication.raw(_QUEUES)}
    platforms = [
        _platform(name.value, counts.get(name.value, {}), paused, late.get(name.value))
        for name in Platform
    ]
    queues = [_queue(name.value, waits.get(name.value, {})) for name in Queue]
    overall = late.get(None, _spread({}))
    parts = [one.status for one in platforms]
    parts += ["degraded" for one in queues if (one.oldest_due_s or 0) > DEGRADED_WAIT_S]
    return StatusOut(
        status="operational" if set(parts) == {"operational"} else "degraded",
        at=now(),
        lateness=overall,
        queues=queues,
        platforms=platforms,
        levels=_levels(overall, platforms, queues),
    )


def _spread(row: Mapping[str, Any]) -> Spread:
    return Spread(
        number=row.get("number", 0), p50_s=_round(row.get("p50_s")), p99_s=_round(row.get("p99_s"))
    )


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _queue(name: str, row: Mapping[str, Any]) -> QueueOut:
    return QueueOut(
        queue=name,
        due=row.get("due", 0),
        oldest_due_s=_round(row.get("oldest_due_s")),
        started=_spread(row),
    )


def _platform(
    name: str, row: Mapping[str, Any], paused: Mapping[str, Any], late: Spread | None
) -> PlatformOut:
    published, failed = row.get("published", 0), row.get("failed", 0)
    oldest = _round(row.get("oldest_overdue_s"))
    slow = (oldest or 0) > DEGRADED_WAIT_S
    failing = failed > DEGRADED_SHARE * (published + failed)
    status = "paused" if name in paused else "degraded" if slow or failing else "operational"
    return PlatformOut(
        platform=name,
        status=status,
        paused_until=paused.get(name),
        published=published,
        failed=failed,
        overdue=row.get("overdue", 0),
        oldest_overdue_s=oldest,
        lateness=late or _spread({}),
    )


def _levels(
    late: Spread, platforms: list[PlatformOut], queues: list[QueueOut]
) -> list[MeasuredOut]:
    published = sum(one.published for one in platforms)
    ended = published + sum(one.failed for one in platforms)
    waiting = max((one.oldest_due_s or 0.0 for one in queues), default=0.0)
    measured = (late.p99_s, published / ended if ended else None, waiting)
    return [
        MeasuredOut(
            name=level.name,
            measured_as=level.measured_as,
            target=level.target,
            unit=level.unit,
            measured=value,
            met=_is_met(level, value),
        )
        for level, value in zip(LEVELS, measured, strict=True)
    ]


def _is_met(level: LevelOut, value: float | None) -> bool | None:
    if value is None:
        return None
    return value >= level.target if level.unit == "fraction" else value <= level.target
