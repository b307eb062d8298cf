"""Publications that nobody is working on: give each one a job, or an end."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from uploadm8.domain.publishing.lifecycle import advance
from uploadm8.domain.publishing.release import enqueue_publish
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import PUBLISH, RECONCILE, RELEASE_PUBLICATIONS, SWEEP_PUBLICATIONS
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue

log = structlog.get_logger(__name__)
S = PublicationState
BATCH = 500

_WORKING = (
    S.SCHEDULED,
    S.QUEUED,
    S.PREPARING,
    S.TRANSFERRING,
    S.COMMITTING,
    S.CONFIRMING,
    S.RETRY_WAIT,
)
# A row is left alone for a minute after its last change, and locked, so that no two sweeps and no
# request in the middle of its transaction give it a second job.
_WITHOUT_JOB = (
    "SELECT p.id, p.workspace, p.publish_at FROM publications p WHERE p.state = ANY({}::text[])"
    " AND p.updated_at < now() - interval '60 s' AND p.updated_at > now() - {}::interval"
    " AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.ref_id = p.id AND j.kind = {}"
    " AND j.state IN ('queued', 'running')) ORDER BY p.id LIMIT {} FOR NO KEY UPDATE OF p SKIP LOCKED"
)
_RECONNECTED = (
    "SELECT p.id, p.workspace, p.publish_at FROM publications p"
    " JOIN connected_accounts a ON a.id = p.account WHERE p.state = 'needs_reconnect'"
    " AND a.state = 'active' AND p.updated_at < now() - interval '60 s'"
    " ORDER BY p.id LIMIT {} FOR NO KEY UPDATE OF p SKIP LOCKED"
)
_GIVEN_UP = (
    "SELECT p.id FROM publications p WHERE p.state = 'needs_reconnect'"
    " AND p.updated_at < now() - interval '7 days' ORDER BY p.id LIMIT {} FOR NO KEY UPDATE SKIP LOCKED"
)
_FORGOTTEN_UPLOADS = (
    "SELECT DISTINCT p.upload, p.workspace FROM publications p JOIN uploads u ON u.id = p.upload"
    " WHERE p.state = 'draft' AND u.state IN ('ready', 'rejected', 'expired', 'canceled')"
    " AND u.updated_at < now() - interval '2 minutes' AND NOT EXISTS (SELECT 1 FROM jobs j"
    " WHERE j.ref_id = p.upload AND j.kind = {} AND j.state IN ('queued', 'running')) LIMIT {}"
)


@dataclass(frozen=True, slots=True)
class PublicationSweep:
    """The handler of `publishing.sweep`; every part of it can be repeated."""

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (Handler(SWEEP_PUBLICATIONS, self.sweep),)

    async def sweep(self, context: JobContext) -> None:
        """Look for what was left lying; delivery itself holds back what is too late."""
        for part in (_working, _unknown, _reconnected, _given_up, _drafts):
            async with transaction():
                await context.fence()
                found = await part()
            if found:
                log.warning("publications_swept", part=part.__name__, count=found)


async def _working() -> int:
    states = [state.value for state in _WORKING]
    rows = await Publication.raw(_WITHOUT_JOB, states, _EVER, PUBLISH.name, BATCH)
    for row in rows:
        await enqueue_publish(row["id"], row["workspace"], row["publish_at"])
    return len(rows)


async def _unknown() -> int:
    rows = await Publication.raw(
        _WITHOUT_JOB, [S.UNKNOWN.value], _THREE_DAYS, RECONCILE.name, BATCH
    )
    for row in rows:
        await enqueue(RECONCILE, ref_id=row["id"], workspace_id=row["workspace"])
    return len(rows)


async def _reconnected() -> int:
    """Those that were parked at the very moment at which the account came back."""
    rows = await Publication.raw(_RECONNECTED, BATCH)
    for row in rows:
        if await advance(row["id"], (S.NEEDS_RECONNECT,), S.QUEUED, **_NO_ERROR):
            await enqueue_publish(row["id"], row["workspace"], None)
    return len(rows)


async def _given_up() -> int:
    rows = await Publication.raw(_GIVEN_UP, BATCH)
    for row in rows:
        await advance(
            row["id"],
            (S.NEEDS_RECONNECT,),
            S.FAILED,
            error_class="auth_revoked",
            error_code="account_not_reconnected",
            error_detail="The account was not connected again within seven days.",
            error_action="Connect the account, then try the post again.",
        )
    return len(rows)


async def _drafts() -> int:
    rows = await Publication.raw(_FORGOTTEN_UPLOADS, RELEASE_PUBLICATIONS.name, BATCH)
    for row in rows:
        await enqueue(RELEASE_PUBLICATIONS, ref_id=row["upload"], workspace_id=row["workspace"])
    return len(rows)


_EVER = timedelta(days=36_500)
_THREE_DAYS = timedelta(days=3)
_NO_ERROR: dict[str, Any] = dict.fromkeys(
    ("error_class", "error_code", "error_detail", "error_action")
)
