"""One job at a time delivers a publication, and one publication has a post's id."""

from typing import Any
from uuid import UUID

from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.db.engine import DB
from uploadm8.infra.jobs.handlers import JobCanceledError, JobContext, LeaseLostError
from uploadm8.infra.jobs.queue import holds_lease

# The job's row is locked before the publication's, here and everywhere: a CTE is read, and so
# locked, before the row that is joined to it is.
_MINE = (
    "WITH mine AS MATERIALIZED (SELECT id, cancel_requested FROM jobs"
    " WHERE id = $1 AND lease_epoch = $2 AND state = 'running' FOR NO KEY UPDATE)"
)
_TAKE_OVER = (
    f"{_MINE} UPDATE publications p SET delivered_by = mine.id FROM mine WHERE p.id = $3"  # noqa: S608
    " AND NOT mine.cancel_requested AND (p.delivered_by IS NULL OR p.delivered_by = mine.id"
    " OR NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = p.delivered_by"
    " AND jobs.state = 'running')) RETURNING p.*"
)
_OWN = (
    f"{_MINE} SELECT p.*, p.commit_intent_at IS NULL AND mine.cancel_requested AS called_off"  # noqa: S608
    " FROM mine, publications p WHERE p.id = $3 FOR NO KEY UPDATE OF p"
)


async def take_over(context: JobContext, publication_id: UUID) -> dict[str, Any]:
    """Make this job the publication's own, unless another running job has it; returns the row.

    Raises:
        LeaseLostError: the lease is gone.
        JobCanceledError: another job delivers it, or this one was called off.
    """
    rows = await DB.rows(_TAKE_OVER, context.job.id, context.job.epoch, publication_id)
    if rows:
        return dict(rows[0])
    raise JobCanceledError if await holds_lease(context.job) else LeaseLostError


async def require_ownership(context: JobContext, publication_id: UUID) -> dict[str, Any]:
    """In a transaction: lock job and publication, in this order; both must still be ours.

    Calling a job off counts only until there is an intent.

    Returns:
        The publication's row, which stays as it is until the end of the transaction.

    Raises:
        LeaseLostError: the lease is gone.
        JobCanceledError: the job was called off, or another one delivers the publication.
    """
    rows = await DB.rows(_OWN, context.job.id, context.job.epoch, publication_id)
    if not rows:
        raise JobCanceledError if await holds_lease(context.job) else LeaseLostError
    row = dict(rows[0])
    if row.pop("called_off") or row["delivered_by"] != context.job.id:
        raise JobCanceledError
    return row


async def is_free(publication_id: UUID, post_id: str | None) -> bool:
    """Whether there is an id and no other post of the account has it: alike posts are confusable."""
    if post_id is None:
        return False
    rows = await Publication.raw(
        "SELECT 1 FROM publications p, publications mine WHERE mine.id = {}"
        " AND p.account = mine.account AND p.platform_post_id = {} AND p.id <> mine.id",
        publication_id,
        post_id,
    )
    return not rows
