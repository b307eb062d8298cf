"""Calling jobs off: those that wait end at once, those that run are asked to stop."""

from collections.abc import Collection
from uuid import UUID

from uploadm8.infra.jobs.catalog import JobKind
from uploadm8.infra.jobs.tables import JobRow

_CANCEL = (
    "UPDATE jobs SET cancel_requested=true,"
    " state=CASE WHEN state='queued' THEN 'canceled' ELSE state END,"
    " finished_at=CASE WHEN state='queued' THEN now() ELSE finished_at END"
    " WHERE state IN ('queued','running')"
)
_ABOUT = (
    f"{_CANCEL} AND id IN (SELECT id FROM jobs WHERE state IN ('queued','running')"  # noqa: S608
    " AND ref_id=ANY({}::uuid[]) AND kind=ANY({}::text[]) ORDER BY id FOR NO KEY UPDATE"
)


async def request_cancel(ref_ids: Collection[UUID], *kinds: JobKind) -> None:
    """Cancel queued jobs about some rows at once and ask running ones to stop.

    A transaction does so before it locks anything else: jobs lock their own row first.
    """
    await JobRow.raw(_ABOUT + ")", list(ref_ids), [kind.name for kind in kinds])


async def call_off(ref_id: UUID, *kinds: JobKind) -> None:
    """Like `request_cancel`, for a transaction that holds other rows already: it waits for no job.

    A job in the middle of a transaction of its own is left out; it stops by itself when it finds
    what this transaction has made of the row.
    """
    await JobRow.raw(_ABOUT + " SKIP LOCKED)", [ref_id], [kind.name for kind in kinds])


async def cancel_job(job_id: UUID) -> bool:
    """Cancel a queued job at once, ask a running one to stop; False if it has ended."""
    return bool(await JobRow.raw(_CANCEL + " AND id={} RETURNING id", job_id))


async def cancel_of_workspace(workspace_id: UUID, *kinds: JobKind) -> None:
    """Like `request_cancel`, for all jobs of these kinds that a workspace has."""
    rows = await JobRow.raw(
        "SELECT DISTINCT ref_id FROM jobs WHERE workspace_id={} AND kind=ANY({}::text[])"
        " AND state IN ('queued','running')",
        workspace_id,
        [kind.name for kind in kinds],
    )
    await request_cancel([row["ref_id"] for row in rows], *kinds)
