"""The state of the installation, read from the database: for metrics, alerts and the overview."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from uploadm8.domain.admin.tables import AlertRow
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.processes import DEAD_AFTER_S, ProcessRow, alive

Row = Mapping[str, Any]

# What died of our faults; a refused video or post ends its job too, but is its owner's business.
OURS = (
    "COALESCE(error_class, '') <> ALL"
    " (ARRAY['permanent_media', 'permanent_request', 'auth_revoked'])"
)

_JOBS_SQL = f"""
    SELECT queue, CASE WHEN state='queued' AND run_at > now() THEN 'scheduled'
            WHEN state='queued' THEN 'due' ELSE state END AS state,
        count(*) AS n,
        greatest(max(extract(epoch FROM now() - run_at)) FILTER (WHERE state='queued'), 0)::float8
            AS oldest_s,
        count(*) FILTER (WHERE state='dead' AND {OURS}) AS ours,
        count(*) FILTER (WHERE state='running' AND lease_until < now() - interval '60 s') AS lost
    FROM jobs WHERE state IN ('queued', 'running', 'dead') GROUP BY 1, 2
"""
_PUBLICATIONS_SQL = """
    SELECT platform, state, count(*) AS n,
        greatest(max(extract(epoch FROM now() - greatest(accepted_at, publish_at)))
            FILTER (WHERE state IN ('scheduled', 'queued')), 0)::float8 AS late_s,
        count(*) FILTER (WHERE state='unknown' AND updated_at < now() - interval '1 hour')
            AS long_unknown
    FROM publications WHERE state NOT IN ('published', 'failed', 'canceled') GROUP BY 1, 2
"""
_CIRCUITS_SQL = "SELECT platform, pause_s FROM platform_circuits"
_EVENTS_SQL = """
    SELECT count(*) AS waiting,
        coalesce(max(extract(epoch FROM now() - received_at)), 0)::float8 AS oldest_s
    FROM stripe_events WHERE handled_at IS NULL
"""
_WEBHOOKS_SQL = """
    SELECT count(*) AS active,
        count(*) FILTER (WHERE failing_since < now() - interval '15 minutes') AS failing,
        (SELECT count(*) FROM webhook_deliveries WHERE state='pending'
            AND coalesce(next_try_at, created_at) < now() - interval '10 minutes') AS late
    FROM webhook_endpoints WHERE active
"""
_DISKS_SQL = (
    "SELECT name, disk_free_bytes AS free FROM processes WHERE disk_free_bytes IS NOT NULL"
    " AND seen_at > now() - make_interval(secs => {}::float8) ORDER BY name"
)


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that can be seen at one moment.

    Attributes:
        jobs: per queue and state: ``n``, ``oldest_s`` of what is due, ``ours`` (dead of our
            faults), ``lost`` (running, but its worker has been silent for a minute too long).
        publications: unfinished ones per platform and state: ``n``, ``late_s`` (how far the time of
            the oldest has passed), ``long_unknown`` (without an answer for an hour).
        circuits: ``pause_s`` per platform, 0 while it is used.
        processes: how many of each role are alive.
        disks: free bytes where each worker renders.
        events_waiting: Stripe events that were received and not handled.
        events_oldest_s: age of the oldest of them.
        webhooks: customers' endpoints: ``active``, of those ``failing`` for a quarter of an hour,
            and deliveries that are ``late`` by ten minutes.
        alerts: the names of those that are firing, with how many.
    """

    jobs: list[Row]
    publications: list[Row]
    circuits: Mapping[str, int]
    processes: Mapping[str, int]
    disks: Mapping[str, int]
    events_waiting: int
    events_oldest_s: float
    webhooks: Row
    alerts: Mapping[str, int]


async def read() -> Readings:
    """Look at everything once; all of it is indexed, so that it may be done every few seconds."""
    circuits = await JobRow.raw(_CIRCUITS_SQL)
    events = (await JobRow.raw(_EVENTS_SQL))[0]
    disks = await ProcessRow.raw(_DISKS_SQL, DEAD_AFTER_S)
    firing = await AlertRow.raw(
        "SELECT name, count(*) AS n FROM operator_alerts WHERE state='firing' GROUP BY name"
    )
    return Readings(
        jobs=await JobRow.raw(_JOBS_SQL),
        publications=await JobRow.raw(_PUBLICATIONS_SQL),
        circuits={row["platform"]: row["pause_s"] for row in circuits},
        processes=await alive(),
        disks={row["name"]: row["free"] for row in disks},
        events_waiting=events["waiting"],
        events_oldest_s=events["oldest_s"],
        webhooks=(await JobRow.raw(_WEBHOOKS_SQL))[0],
        alerts={row["name"]: row["n"] for row in firing},
    )
