"""Background work and posts, in an operator's hands: look, try again, call off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.admin.act_schemas import JobOut, RequeueRequest
from uploadm8.domain.admin.readings import OURS
from uploadm8.domain.publishing.schemas import PublicationDetail
from uploadm8.domain.publishing.service import Publications
from uploadm8.domain.publishing.tables import Publication
from uploadm8.errors import ConflictError, NotFoundError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.cancel import cancel_job
from uploadm8.infra.jobs.queue import requeue_dead
from uploadm8.infra.jobs.tables import JobRow, JobState

_JOB_SQL = (
    "SELECT id, kind, queue, state, workspace_id, ref_id, run_at, attempts, crashes, error_class,"
    " error_code, error_detail, created_at, started_at, finished_at,"
    " substr(traceparent, 4, 32) AS trace_id FROM jobs"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs to list; `ours` leaves out those that died of a refused video or post."""

    state: JobState = JobState.DEAD
    kind: str | None = None
    workspace_id: UUID | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """Jobs and publications of anybody."""

    publications: Publications

    async def jobs(self, wanted: Wanted, limit: int, before: UUID | None) -> Sequence[JobOut]:
        """Jobs in one state, newest first."""
        given: dict[str, Any] = {
            "state={}": wanted.state.value,
            "kind={}": wanted.kind,
            "workspace_id={}": wanted.workspace_id,
            "id<{}": before,
        }
        kept = {sql: value for sql, value in given.items() if value is not None}
        where = " AND ".join([*kept, *([OURS] if wanted.ours else [])])
        rows = await JobRow.raw(
            f"{_JOB_SQL} WHERE {where} ORDER BY id DESC LIMIT {{}}", *kept.values(), limit
        )
        return [JobOut(**row) for row in rows]

    async def retry_job(self, job_id: UUID, reason: str) -> JobOut:
        """Give a dead job another life.

        Raises:
            NotFoundError: code ``job_not_found``.
            ConflictError: code ``job_not_dead``.
        """
        async with transaction():
            job = await _job(job_id)
            if not await requeue_dead(job_id):
                raise ConflictError(f"The job is {job.state}, not dead.", code="job_not_dead")
            await _note(Action.ADMIN_JOB_RETRIED, job, reason)
        return await _job(job_id)

    async def cancel_job(self, job_id: UUID, reason: str) -> JobOut:
        """Call a job off: at once while it waits, within about a second while it runs.

        Raises:
            NotFoundError: code ``job_not_found``.
            ConflictError: code ``job_ended``.
        """
        async with transaction():
            job = await _job(job_id)
            if not await cancel_job(job_id):
                raise ConflictError(f"The job is {job.state} already.", code="job_ended")
            await _note(Action.ADMIN_JOB_CANCELED, job, reason)
        return await _job(job_id)

    async def requeue(self, request: RequeueRequest) -> int:
        """Give dead jobs another life; returns how many."""
        conditions = [*(["kind={}"] if request.kind else []), *([OURS] if request.ours else [])]
        values = [request.kind] if request.kind else []
        where = " AND ".join(["state='dead'", *conditions])
        async with transaction():
            rows = await JobRow.raw(
                f"SELECT id FROM jobs WHERE {where} ORDER BY id LIMIT {{}} FOR NO KEY UPDATE SKIP LOCKED",
                *values,
                request.limit,
            )
            for row in rows:
                await requeue_dead(row["id"])
            await record(
                Action.ADMIN_JOBS_REQUEUED,
                workspace_id=None,
                reason=request.reason,
                details={"jobs": len(rows), "kind": request.kind},
            )
        return len(rows)

    async def retry_publication(self, publication_id: UUID, reason: str) -> PublicationDetail:
        """Try a failed post again, as its owner could.

        Raises:
            NotFoundError: code ``publication_not_found``.
            ConflictError: code ``not_failed``.
        """
        workspace_id = await _workspace_of(publication_id)
        async with transaction():
            told = await self.publications.retry(workspace_id, publication_id)
            await record(
                Action.ADMIN_PUBLICATION_RETRIED,
                workspace_id=workspace_id,
                subject=("publication", publication_id),
                reason=reason,
            )
        return told

    async def cancel_publication(self, publication_id: UUID, reason: str) -> PublicationDetail:
        """Call a post off at any stage before its commit, as its owner could.

        Raises:
            NotFoundError: code ``publication_not_found``.
            ConflictError: codes ``too_late``, ``wrong_state``.
        """
        workspace_id = await _workspace_of(publication_id)
        async with transaction():
            told = await self.publications.cancel(workspace_id, publication_id)
            await record(
                Action.ADMIN_PUBLICATION_CANCELED,
                workspace_id=workspace_id,
                subject=("publication", publication_id),
                reason=reason,
            )
        return told


async def _job(job_id: UUID) -> JobOut:
    rows = await JobRow.raw(f"{_JOB_SQL} WHERE id={{}}", job_id)
    if not rows:
        raise NotFoundError("There is no such job.", code="job_not_found")
    return JobOut(**rows[0])


async def _note(action: Action, job: JobOut, reason: str) -> None:
    await record(
        action,
        workspace_id=job.workspace_id,
        subject=("job", job.id),
        reason=reason,
        details={"kind": job.kind, "state": job.state},
    )


async def _workspace_of(publication_id: UUID) -> UUID:
    rows = await Publication.raw("SELECT workspace FROM publications WHERE id={}", publication_id)
    if not rows:
        raise NotFoundError("There is no such publication.", code="publication_not_found")
    workspace_id: UUID = rows[0]["workspace"]
    return workspace_id
