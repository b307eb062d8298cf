"""One job at a time delivers a publication, and one publication has a post's id."""

from uuid import UUID

from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.handlers import JobCanceledError, JobContext


async def take_over(context: JobContext, publication_id: UUID) -> None:
    """Make this job the publication's own, unless another running job has it.

    Raises:
        LeaseLostError: the lease is gone.
        JobCanceledError: another job delivers it, or this one was called off.
    """
    async with transaction():
        await context.fence()
        rows = await Publication.raw(
            "UPDATE publications SET delivered_by = {} WHERE id = {} AND (delivered_by IS NULL"
            " OR delivered_by = {} OR NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = delivered_by"
            " AND jobs.state = 'running')) AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = {}"
            " AND jobs.cancel_requested) RETURNING id",
            context.job.id,
            publication_id,
            context.job.id,
            context.job.id,
        )
        if not rows:
            raise JobCanceledError


async def require_ownership(context: JobContext, publication_id: UUID) -> None:
    """In a transaction: lock job and publication, in this order; both must still be ours.

    Calling a job off counts only until there is an intent.

    Raises:
        LeaseLostError: the lease is gone.
        JobCanceledError: the job was called off, or another one delivers the publication.
    """
    await context.fence()
    rows = await Publication.raw(
        "SELECT p.commit_intent_at IS NULL AND j.cancel_requested AS called_off, p.delivered_by"
        " FROM publications p, jobs j WHERE p.id = {} AND j.id = {} FOR UPDATE OF p",
        publication_id,
        context.job.id,
    )
    if not rows or rows[0]["called_off"] or rows[0]["delivered_by"] != context.job.id:
        raise JobCanceledError


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
