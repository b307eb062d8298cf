"""/api/publications: list, show, release, reschedule, cancel, retry, post again, settle."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from uploadm8.api.guards import given
from uploadm8.api.idempotency import Idempotency
from uploadm8.api.pages import Cursor, Limit, Page, by_id, page
from uploadm8.api.principal import Principal
from uploadm8.domain.publishing.acts import PublicationActs
from uploadm8.domain.publishing.schemas import CalendarEntry, PublicationDetail, Reschedule, Verdict
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
        """Newest first; `start` and `end` bound the scheduled or published time."""
        rows = await publications.listing(
            principal.workspace_id,
            limit + 1,
            by_id(cursor),
            state=in_state.value if in_state else None,
            account_id=account_id,
            start=start,
            end=end,
        )
        return page(rows, limit, lambda row: (row.id,))

    @get("/{publication_id:uuid}", summary="Show a publication")
    async def show(
        self,
        publication_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        publications: NamedDependency[Publications],
    ) -> PublicationDetail:
        """With every attempt to make it."""
        return await publications.detail(principal.workspace_id, publication_id)

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
