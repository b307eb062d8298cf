"""/api/publications: list, show, release, reschedule, cancel, retry, post again, settle."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from uploadm8.api.guards import given
from uploadm8.api.idempotency import Idempotency
from uploadm8.api.pages import Cursor, Limit, Page, by_id, by_time, page
from uploadm8.api.principal import Principal
from uploadm8.domain.publishing.acts import PublicationActs
from uploadm8.domain.publishing.queue_times import QueueTimes
from uploadm8.domain.publishing.schemas import (
    CalendarEntry,
    MetricsOut,
    NewPublications,
    Preview,
    PublicationDetail,
    Published,
    Reschedule,
    Verdict,
    WeeklyTimes,
    WeeklyTimesOut,
)
from uploadm8.domain.publishing.service import Publications
from uploadm8.domain.publishing.tables import PublicationState


class PublicationsController(Controller):
    """Posts, made and to be made."""

    path = "/api/publications"
    tags = ["Publications"]
    dependencies = {"publications": given("publications"), "acts": given("acts")}

    @get("/", summary="List publications, or a calendar of them")
    async def listing(
        self,
        principal: NamedDependency[Principal],
        publications: NamedDependency[Publications],
        limit: Limit = 20,
        cursor: Cursor = None,
        in_state: Annotated[PublicationState | None, QueryParameter(name="state")] = None,
        account_id: FromQuery[UUID | None] = None,
        start: FromQuery[datetime | None] = None,
        end: FromQuery[datetime | None] = None,
    ) -> Page[CalendarEntry]:
        """Newest first; with `start` or `end` by the time that they bound, scheduled or published."""
        in_span = start is not None or end is not None
        rows = await publications.listing(
            principal.workspace_id,
            limit + 1,
            by_time(cursor) if in_span else by_id(cursor),
            state=in_state.value if in_state else None,
            account_id=account_id,
            start=start,
            end=end,
        )
        if in_span:
            return page(rows, limit, lambda row: (row.published_at or row.publish_at, row.id))
        return page(rows, limit, lambda row: (row.id,))

    @post("/", summary="Publish an existing upload to further accounts")
    async def add(
        self,
        data: JSONBody[NewPublications],
        principal: NamedDependency[Principal],
        publications: NamedDependency[Publications],
        idempotency: NamedDependency[Idempotency],
    ) -> Response[Published]:
        """One publication per target; a file that suits none yet is rendered first."""

        async def made() -> Published:
            return Published(
                items=await publications.add(principal.workspace_id, principal.user_id, data)
            )

        return await idempotency.once(made)

    @post(
        "/preflight",
        status_code=200,
        summary="Look what would come of further targets",
    )
    async def preflight(
        self,
        data: JSONBody[NewPublications],
        principal: NamedDependency[Principal],
        publications: NamedDependency[Publications],
    ) -> Preview:
        """The same checks with the accounts' live limits; nothing is recorded."""
        return Preview(
            targets=await publications.posting.preview(
                principal.workspace_id, principal.user_id, data
            )
        )

    @get("/{publication_id:uuid}", summary="Show a publication")
    async def show(
        self,
        publication_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        publications: NamedDependency[Publications],
    ) -> PublicationDetail:
        """With every attempt to make it."""
        return await publications.detail(principal.workspace_id, publication_id)

    @get("/{publication_id:uuid}/metrics", summary="Show how a post's figures grew")
    async def metrics(
        self,
        publication_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        publications: NamedDependency[Publications],
    ) -> Page[MetricsOut]:
        """Every look at views, likes, comments and shares, oldest first: ever more seldom."""
        return Page(items=await publications.metrics(principal.workspace_id, publication_id))

    @post("/{publication_id:uuid}/release", status_code=202, summary="Publish a held post now")
    async def release(
        self,
        publication_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        acts: NamedDependency[PublicationActs],
    ) -> PublicationDetail:
        """Release a post of the manual queue, or one that missed its time."""
        return await acts.release(principal, publication_id)

    @post("/{publication_id:uuid}/reschedule", status_code=200, summary="Change the time of a post")
    async def reschedule(
        self,
        publication_id: FromPath[UUID],
        data: JSONBody[Reschedule],
        principal: NamedDependency[Principal],
        acts: NamedDependency[PublicationActs],
    ) -> PublicationDetail:
        """Possible until the post is being sent."""
        return await acts.reschedule(principal, publication_id, data)

    @post("/{publication_id:uuid}/cancel", status_code=200, summary="Cancel a post")
    async def cancel(
        self,
        publication_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        acts: NamedDependency[PublicationActs],
    ) -> PublicationDetail:
        """Possible until the platform has been asked to publish. Idempotent."""
        return await acts.cancel(principal, publication_id)

    @post("/{publication_id:uuid}/retry", status_code=202, summary="Try a failed post again")
    async def retry(
        self,
        publication_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        acts: NamedDependency[PublicationActs],
    ) -> PublicationDetail:
        """Continues with the platform's handle where there is one; never posts twice."""
        return await acts.retry(principal, publication_id)

    @post("/{publication_id:uuid}/post-again", summary="Make another post of the same video")
    async def post_again(
        self,
        publication_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        acts: NamedDependency[PublicationActs],
        idempotency: NamedDependency[Idempotency],
    ) -> Response[PublicationDetail]:
        """On purpose: the platform will show the video twice."""
        return await idempotency.once(lambda: acts.post_again(principal, publication_id))

    @post("/{publication_id:uuid}/settle", status_code=200, summary="Settle an unknown outcome")
    async def settle(
        self,
        publication_id: FromPath[UUID],
        data: JSONBody[Verdict],
        principal: NamedDependency[Principal],
        acts: NamedDependency[PublicationActs],
    ) -> PublicationDetail:
        """Say what you saw on the platform when it gives us no answer."""
        return await acts.settle(principal, publication_id, data)


class QueueController(Controller):
    """Weekly posting times, which the queue fills."""

    path = "/api/publications/queue"
    tags = ["Publications"]
    dependencies = {"queue_times": given("queue_times")}

    @get("/{account_id:uuid}", summary="Show an account's weekly posting times")
    async def show(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        queue_times: NamedDependency[QueueTimes],
    ) -> WeeklyTimesOut:
        """With the next one that has no post; without any, queued posts are released by hand."""
        return await queue_times.of(principal.workspace_id, account_id)

    @put("/{account_id:uuid}", summary="Set an account's weekly posting times")
    async def replace(
        self,
        account_id: FromPath[UUID],
        data: JSONBody[WeeklyTimes],
        principal: NamedDependency[Principal],
        queue_times: NamedDependency[QueueTimes],
    ) -> WeeklyTimesOut:
        """A post with the schedule `queue` gets the next free time; those that have one keep it."""
        return await queue_times.set(principal.workspace_id, account_id, data)
