"""/api/admin: the figures of the whole installation, and its people."""

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from uploadm8.api.admin import admin_only, admin_route
from uploadm8.api.guards import given
from uploadm8.api.pages import Cursor, Limit, Page, decode_cursor, page
from uploadm8.domain.admin.figures import Figures
from uploadm8.domain.admin.people import People
from uploadm8.domain.admin.schemas import FoundUser, GlobalKpis, OverviewOut
from uploadm8.domain.publishing.cohort_query import EVERYONES
from uploadm8.domain.publishing.cohorts import Cohort

Sought = Annotated[
    str,
    QueryParameter(
        name="q",
        min_length=3,
        max_length=320,
        pattern=r"^[^\x00]*$",
        description="The beginning of an address, a user's or workspace's id, or a cus_ id.",
    ),
]


class AdminReadsController(Controller):
    """What there is to see."""

    path = "/api/admin"
    tags = ["Admin"]
    guards = [admin_only]
    dependencies = {"figures": given("figures"), "people": given("people")}

    @get("/overview", summary="The place at a glance", dependencies=EVERYONES, **admin_route())
    async def overview(
        self, cohort: NamedDependency[Cohort], figures: NamedDependency[Figures]
    ) -> OverviewOut:
        """Users, money, jobs, platforms and storage now; uploads and posts of the range."""
        return await figures.overview(cohort)

    @get("/kpi/global", summary="Everyone's key figures", dependencies=EVERYONES, **admin_route())
    async def everyone(
        self, cohort: NamedDependency[Cohort], figures: NamedDependency[Figures]
    ) -> GlobalKpis:
        """The key figures of /api/kpi/summary over all workspaces, by platform and by tier."""
        return await figures.everyone(cohort)

    @get("/users/search", summary="Find users", **admin_route())
    async def search(
        self,
        sought: Sought,
        people: NamedDependency[People],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[FoundUser]:
        """Sorted by address."""
        after = decode_cursor(cursor, str)
        rows = await people.search(sought, limit + 1, after[0] if after else None)
        return page(rows, limit, lambda row: (row.email,))
