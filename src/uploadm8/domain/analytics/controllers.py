"""/api/analytics: what a creator's posts achieved."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from uploadm8.api.guards import given
from uploadm8.api.pages import Cursor, Limit, Page, by_id, page
from uploadm8.api.principal import Principal
from uploadm8.domain.analytics.posts import PostResults
from uploadm8.domain.analytics.schemas import (
    BestTimes,
    Bucket,
    Overview,
    PostHistory,
    PostResult,
    Series,
)
from uploadm8.domain.analytics.service import Analytics
from uploadm8.domain.publishing.cohort_query import COHORT, one_of
from uploadm8.domain.publishing.cohorts import Cohort

Width = Annotated[
    str | None, QueryParameter(name="bucket", description=f"One of {', '.join(Bucket)}.")
]


class AnalyticsController(Controller):
    """Results of the workspace's own posts."""

    path = "/api/analytics"
    tags = ["Analytics"]
    dependencies = {"analytics": given("analytics"), "posts": given("post_results")}

    @get("/overview", summary="Uploads, success, quota and engagement", dependencies=COHORT)
    async def overview(
        self,
        principal: NamedDependency[Principal],
        cohort: NamedDependency[Cohort],
        analytics: NamedDependency[Analytics],
    ) -> Overview:
        """Of the range; docs/kpis.md defines every figure."""
        return await analytics.overview(principal.workspace_id, cohort)

    @get("/timeseries", summary="Posts and engagement over time", dependencies=COHORT)
    async def timeseries(
        self,
        cohort: NamedDependency[Cohort],
        analytics: NamedDependency[Analytics],
        bucket: Width = None,
    ) -> Series:
        """By local hour, day (the default), week from Monday, or month; empty steps included."""
        return await analytics.timeseries(cohort, one_of("bucket", bucket, Bucket) or Bucket.DAY)

    @get("/best-times", summary="When posts did best", dependencies=COHORT)
    async def best_times(
        self, cohort: NamedDependency[Cohort], posts: NamedDependency[PostResults]
    ) -> BestTimes:
        """Hours of the local week, by early views compared to the platform's average post."""
        return await posts.best_times(cohort)

    @get("/posts", summary="Results of each post", dependencies=COHORT)
    async def listing(
        self,
        cohort: NamedDependency[Cohort],
        posts: NamedDependency[PostResults],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[PostResult]:
        """Newest first, each with its latest figures."""
        rows = await posts.listing(cohort, limit + 1, by_id(cursor))
        return page(rows, limit, lambda row: (row.id,))

    @get("/posts/{publication_id:uuid}", summary="A post's engagement history")
    async def history(
        self,
        publication_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        posts: NamedDependency[PostResults],
    ) -> PostHistory:
        """Every look at the post, oldest first."""
        return await posts.history(principal.workspace_id, publication_id)
