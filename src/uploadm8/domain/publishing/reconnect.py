"""What an account's signals do to its publications: go on after a reconnection, ask sooner."""

from uuid import UUID

from uploadm8.domain.publishing.lifecycle import advance
from uploadm8.domain.publishing.metrics import HIDDEN_PULL
from uploadm8.domain.publishing.release import enqueue_publish
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import AFTER_PUBLISH, PUBLISH, PULL_METRICS, RECONCILE
from uploadm8.infra.jobs.queue import enqueue

S = PublicationState


async def requeue_parked(account_id: UUID) -> None:
    """In the transaction that stores the new tokens: queue what waited for them."""
    rows = await (
        Publication.select(Publication.id, Publication.workspace, Publication.publish_at)
        .where(Publication.account == account_id, Publication.state == S.NEEDS_RECONNECT)
        .order_by(Publication.id)
    )
    for row in rows:
        ahead = row["publish_at"] is not None and row["publish_at"] > now()
        target = S.SCHEDULED if ahead else S.QUEUED
        changes = {
            "error_class": None,
            "error_code": None,
            "error_detail": None,
            "error_action": None,
        }
        if await advance(row["id"], (S.NEEDS_RECONNECT,), target, **changes):
            await enqueue_publish(row["id"], row["workspace"], row["publish_at"] if ahead else None)


async def look_for_hidden(account_id: UUID, post_id: str) -> None:
    """The platform says that a post is no longer public: look at it at once."""
    rows = await Publication.select(Publication.id, Publication.workspace).where(
        Publication.account == account_id,
        Publication.platform_post_id == post_id,
        Publication.state == S.PUBLISHED,
    )
    async with transaction():
        for row in rows:
            await enqueue(
                PULL_METRICS,
                ref_id=row["id"],
                workspace_id=row["workspace"],
                args={"pull": HIDDEN_PULL},
                unique_key=f"metrics:{row['id']}:{HIDDEN_PULL}",
            )


async def ask_sooner(account_id: UUID) -> None:
    """The platform says that a post of this account moved on: look now instead of later."""
    await Publication.raw(
        "UPDATE jobs SET run_at = now() WHERE id IN (SELECT id FROM jobs WHERE state = 'queued'"
        " AND run_at > now() AND kind = ANY({}::text[]) AND ref_id = ANY(ARRAY("
        "SELECT id FROM publications WHERE account = {} AND (state = ANY({}::text[])"
        " OR (state = 'published' AND platform_post_id IS NULL))))"
        " FOR NO KEY UPDATE SKIP LOCKED)",
        [kind.name for kind in (PUBLISH, RECONCILE, AFTER_PUBLISH)],
        account_id,
        [S.COMMITTING.value, S.CONFIRMING.value, S.UNKNOWN.value],
    )
