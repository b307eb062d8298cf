"""Enqueue in the caller's transaction; claim, finish and free by compare-and-set."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.infra.db.transaction import after_commit
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import JobKind
from uploadm8.infra.jobs.doorbell import ring_soon
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.tracing import traceparent


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job this process holds the lease of.

    Attributes:
        epoch: fencing token; every write about the job carries it.
        attempt: 1 for the first.
        crashes: how often a worker died holding it.
        waited_s: how long it had been due when it was claimed.
        traceparent: the step that caused it.
        timeout_s: time limit of one attempt; None is the worker's own.
        allowance_s: further seconds on top of it.
    """

    id: UUID
    kind: str
    queue: str
    workspace_id: UUID | None
    ref_id: UUID | None
    args: dict[str, Any]
    epoch: int
    attempt: int
    crashes: int
    timeout_s: float | None
    waited_s: float = 0.0
    traceparent: str | None = None
    allowance_s: float = 0.0


async def enqueue(
    kind: JobKind,
    *,
    ref_id: UUID | None = None,
    workspace_id: UUID | None = None,
    lane: UUID | None = None,
    args: Mapping[str, Any] | None = None,
    delay_s: float = 0,
    run_at: Any = None,
    unique_key: str | None = None,
    priority: int = 0,
    timeout_s: float | None = None,
    allowance_s: float = 0.0,
) -> UUID | None:
    """Record a job in the current transaction and ring for it once that is committed.

    Args:
        kind: what to do.
        ref_id: the row it is about.
        workspace_id: the owner, for fairness and for scoped views.
        lane: what the job may have to wait for, such as an account of a platform: few jobs of one
            lane run at a time, so that it cannot hold up the others.
        args: further JSON-able arguments; never a secret.
        delay_s: seconds after the database's now() at which it is due.
        run_at: the instant at which it is due, instead of `delay_s`.
        unique_key: if a job with this key was ever recorded, nothing happens.
        priority: lower runs first among due jobs of the queue.
        timeout_s: time limit of one attempt, instead of the kind's.
        allowance_s: seconds on top of the limit, for what is larger than usual.

    Returns:
        The job's id, or None if the unique key was taken.
    """
    job_id = new_id()
    rows = await JobRow.raw(
        "INSERT INTO jobs (id, kind, queue, priority, workspace_id, lane, ref_id, args, unique_key,"
        " run_at, timeout_s, allowance_s, traceparent) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {},"
        " COALESCE({}::timestamptz, now() + make_interval(secs => {}::float8)), {}, {}, {})"
        " ON CONFLICT (unique_key) DO NOTHING RETURNING id, run_at <= now() AS due",
        job_id,
        kind.name,
        kind.queue.value,
        priority,
        workspace_id,
        lane,
        ref_id,
        msgspec.json.encode(dict(args or {})).decode(),
        unique_key,
        run_at,
        float(delay_s),
        timeout_s if timeout_s is not None else kind.timeout_s,
        float(allowance_s),
        traceparent(),
    )
    if not rows:
        return None
    if rows[0]["due"]:
        await after_commit(lambda: ring_soon(job_id, kind.name, kind.queue))
    return job_id


LANE_LIMIT = 3
_SPARE = 16  # candidates beyond those asked for, in case another worker takes some of them

_CLAIM_SET = (
    "state='running', lease_owner={}, lease_epoch=lease_epoch+1, attempts=attempts+1,"
    " lease_until=now() + make_interval(secs => {}::float8), started_at=now()"
)
_CLAIMED = "*, GREATEST(extract(epoch FROM now() - run_at), 0)::float8 AS waited_s"
_CLAIM = (
    f"UPDATE jobs SET {_CLAIM_SET} WHERE id={{}} AND state='queued' AND run_at<=now()"  # noqa: S608
    " AND NOT cancel_requested AND (lane IS NULL OR (SELECT count(*) FROM jobs r"
    f" WHERE r.state='running' AND r.queue=jobs.queue AND r.lane=jobs.lane) < {LANE_LIMIT})"
    f" RETURNING {_CLAIMED}"
)
# A job's place is how many of its lane (else its workspace) run or are due before it.
_CLAIM_DUE = (
    "WITH busy AS (SELECT COALESCE(lane, workspace_id) AS party, count(*) AS n FROM jobs"  # noqa: S608
    " WHERE state='running' AND queue={} GROUP BY 1),"
    " due AS (SELECT j.id, j.priority, j.run_at, j.lane,"
    " CASE WHEN COALESCE(j.lane, j.workspace_id) IS NULL THEN 1 ELSE COALESCE(b.n, 0)"
    " + row_number() OVER (PARTITION BY COALESCE(j.lane, j.workspace_id)"
    " ORDER BY j.priority, j.run_at) END AS place FROM jobs j"
    " LEFT JOIN busy b ON b.party = COALESCE(j.lane, j.workspace_id)"
    " WHERE j.queue={} AND j.state='queued' AND j.run_at<=now() AND NOT j.cancel_requested),"
    f" best AS (SELECT * FROM due WHERE lane IS NULL OR place <= {LANE_LIMIT}"
    " ORDER BY priority, place, run_at LIMIT {}),"
    " mine AS (SELECT j.id FROM best JOIN jobs j ON j.id = best.id WHERE j.state='queued'"
    " ORDER BY best.priority, best.place, best.run_at LIMIT {} FOR NO KEY UPDATE OF j SKIP LOCKED)"
    f" UPDATE jobs SET {_CLAIM_SET} WHERE id IN (SELECT id FROM mine) RETURNING {_CLAIMED}"
)


async def claim(job_id: UUID, owner: str, lease_s: float) -> ClaimedJob | None:
    """Take the lease of a due job; None if it is not due, taken, canceled, or its lane is full."""
    rows = await JobRow.raw(_CLAIM, owner, lease_s, job_id)
    return _claimed(rows[0]) if rows else None


async def claim_due(queue: str, owner: str, lease_s: float, most: int) -> list[ClaimedJob]:
    """Take the leases of the next due jobs of a queue, in one statement.

    Among equal priorities the lane (else the workspace) with the fewest running jobs goes first,
    so that one customer's batch does not starve the others; then the oldest due. Claims that
    happen at the same moment may let a lane exceed its limit by a few.
    """
    rows = await JobRow.raw(_CLAIM_DUE, queue, queue, most + _SPARE, most, owner, lease_s)
    return [_claimed(row) for row in rows]


async def claim_next(queue: str, owner: str, lease_s: float) -> ClaimedJob | None:
    """Take the lease of the next due job of a queue."""
    jobs = await claim_due(queue, owner, lease_s, 1)
    return jobs[0] if jobs else None


async def holds_lease(job: ClaimedJob) -> bool:
    """Lock the job's row and tell whether this lease is still ours (call inside a transaction)."""
    rows = await JobRow.raw(
        "SELECT 1 FROM jobs WHERE id={} AND lease_epoch={} AND state='running' FOR NO KEY UPDATE",
        job.id,
        job.epoch,
    )
    return bool(rows)


async def finish(
    job: ClaimedJob, state: str, *, error: Mapping[str, str | None] | None = None
) -> bool:
    """End the job if its lease is still ours; False if it was not."""
    told = error or {}
    rows = await JobRow.raw(
        "UPDATE jobs SET state={}, finished_at=now(), lease_until=NULL, error_class={},"
        " error_code={}, error_detail={} WHERE id={} AND lease_epoch={} AND state='running' RETURNING id",
        state,
        told.get("class"),
        told.get("code"),
        told.get("detail"),
        job.id,
        job.epoch,
    )
    return bool(rows)


async def put_back(
    job: ClaimedJob,
    delay_s: float,
    *,
    counts: bool,
    error: Mapping[str, str | None] | None = None,
) -> bool:
    """Queue the job again after `delay_s`; `counts` tells whether the attempt was used up."""
    told = error or {}
    rows = await JobRow.raw(
        "UPDATE jobs SET state='queued', lease_until=NULL,"
        " run_at=now() + make_interval(secs => {}::float8), attempts=attempts - {},"
        " error_class={}, error_code={}, error_detail={}"
        " WHERE id={} AND lease_epoch={} AND state='running' RETURNING id",
        float(delay_s),
        0 if counts else 1,
        told.get("class"),
        told.get("code"),
        told.get("detail"),
        job.id,
        job.epoch,
    )
    return bool(rows)


async def has_open(workspace_id: UUID, *kinds: JobKind) -> bool:
    """Whether any job of these kinds is queued or running for a workspace."""
    rows = await JobRow.raw(
        "SELECT 1 FROM jobs WHERE workspace_id={} AND kind=ANY({}::text[])"
        " AND state IN ('queued','running') LIMIT 1",
        workspace_id,
        [kind.name for kind in kinds],
    )
    return bool(rows)


async def is_running(ref_id: UUID, *kinds: JobKind) -> bool:
    """Whether a worker holds a job of these kinds about a row."""
    rows = await JobRow.raw(
        "SELECT 1 FROM jobs WHERE ref_id={} AND kind=ANY({}::text[]) AND state='running' LIMIT 1",
        ref_id,
        [kind.name for kind in kinds],
    )
    return bool(rows)


async def requeue_dead(job_id: UUID) -> bool:
    """Give a dead job another life, with all its attempts."""
    rows = await JobRow.raw(
        "UPDATE jobs SET state='queued', attempts=0, crashes=0, run_at=now(),"
        " finished_at=NULL, cancel_requested=false WHERE id={} AND state='dead' RETURNING id, kind, queue",
        job_id,
    )
    return bool(rows)


def _claimed(row: Mapping[str, Any]) -> ClaimedJob:
    args = row["args"]
    return ClaimedJob(
        id=row["id"],
        kind=row["kind"],
        queue=row["queue"],
        workspace_id=row["workspace_id"],
        ref_id=row["ref_id"],
        args=json.loads(args) if isinstance(args, str) else dict(args),
        epoch=row["lease_epoch"],
        attempt=row["attempts"],
        crashes=row["crashes"],
        timeout_s=row["timeout_s"],
        waited_s=row["waited_s"],
        traceparent=row["traceparent"],
        allowance_s=row["allowance_s"],
    )
