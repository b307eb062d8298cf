"""/api/admin/jobs and /api/admin/publications: look, try again, call off."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from uploadm8.api.admin import admin_only, admin_route
from uploadm8.api.guards import given
from uploadm8.api.pages import Cursor, Limit, Page, by_id, page
from uploadm8.domain.admin.act_schemas import JobOut, Requeued, RequeueRequest, Why
from uploadm8.domain.admin.work import Wanted, Work
from uploadm8.domain.publishing.cohort_query import one_of
from uploadm8.domain.publishing.schemas import PublicationDetail
from uploadm8.infra.jobs.tables import JobState

State = Annotated[
    str | None, QueryParameter(name="state", description="`dead` when not said.", max_length=16)
]
Kind = Annotated[
    str | None,
    QueryParameter(name="kind", description="Such as publishing.publish.", max_length=64),
]
Ours = Annotated[
    bool,
    QueryParameter(name="ours", description="Leave out what a refused video or post explains."),
]


class AdminWorkController(Controller):
    """Work of anybody; each act has a reason and stands in the audit log."""

    path = "/api/admin"
    tags = ["Admin"]
    guards = [admin_only]
    dependencies = {"work": given("work")}

    @get("/jobs", summary="Jobs, the dead ones first of all", **admin_route())
    async def jobs(
        self,
        work: NamedDependency[Work],
        in_state: State = None,
        kind: Kind = None,
        workspace_id: FromQuery[UUID | None] = None,
        ours: Ours = False,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[JobOut]:
        """Newest first, with why they died."""
        wanted = Wanted(
            one_of("state", in_state, JobState) or JobState.DEAD, kind, workspace_id, ours
        )
        rows = await work.jobs(wanted, limit + 1, by_id(cursor))
        return page(rows, limit, lambda row: (row.id,))

    @post("/jobs/requeue", status_code=200, summary="Requeue dead jobs", **admin_route())
    async def requeue(
        self, data: JSONBody[RequeueRequest], work: NamedDependency[Work]
    ) -> Requeued:
        """Oldest first, with all their attempts."""
        return Requeued(jobs=await work.requeue(data))

    @post("/jobs/{job_id:uuid}/retry", status_code=200, summary="Requeue a job", **admin_route())
    async def retry_job(
        self, job_id: FromPath[UUID], data: JSONBody[Why], work: NamedDependency[Work]
    ) -> JobOut:
        """A dead job gets another life, with all its attempts."""
        return await work.retry_job(job_id, data.reason)

    @post("/jobs/{job_id:uuid}/cancel", status_code=200, summary="Cancel a job", **admin_route())
    async def cancel_job(
        self, job_id: FromPath[UUID], data: JSONBody[Why], work: NamedDependency[Work]
    ) -> JobOut:
        """At once while it waits, within about a second while it runs."""
        return await work.cancel_job(job_id, data.reason)

    @post(
        "/publications/{publication_id:uuid}/retry",
        status_code=200,
        summary="Retry anybody's post",
        **admin_route(),
    )
    async def retry_publication(
        self, publication_id: FromPath[UUID], data: JSONBody[Why], work: NamedDependency[Work]
    ) -> PublicationDetail:
        """As its owner could; it can never post twice."""
        return await work.retry_publication(publication_id, data.reason)

    @post(
        "/publications/{publication_id:uuid}/cancel",
        status_code=200,
        summary="Cancel anybody's post",
        **admin_route(),
    )
    async def cancel_publication(
        self, publication_id: FromPath[UUID], data: JSONBody[Why], work: NamedDependency[Work]
    ) -> PublicationDetail:
        """As its owner could, at any stage before the commit."""
        return await work.cancel_publication(publication_id, data.reason)
