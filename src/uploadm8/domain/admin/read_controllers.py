"""/api/admin: the figures of the whole installation, and its people."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from uploadm8.api.admin import admin_only, admin_route
from uploadm8.api.guards import given
from uploadm8.api.pages import Cursor, Limit, Page, by_id, page
from uploadm8.domain.admin.figures import Figures
from uploadm8.domain.admin.people import People
from uploadm8.domain.admin.schemas import FoundUser, OverviewOut, RoleRequest
from uploadm8.domain.kpi.schemas import Summary
from uploadm8.domain.kpi.service import Kpis
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
    dependencies = {"figures": given("figures"), "kpis": given("kpis"), "people": given("people")}

    @get("/overview", summary="The place at a glance", dependencies=EVERYONES, **admin_route())
    async def overview(
        self, cohort: NamedDependency[Cohort], figures: NamedDependency[Figures]
    ) -> OverviewOut:
        """Users, money, jobs and storage now; uploads and posts of the range."""
        return await figures.overview(cohort)

    @get("/kpi/global", summary="Everyone's key figures", dependencies=EVERYONES, **admin_route())
    async def everyone(
        self, cohort: NamedDependency[Cohort], kpis: NamedDependency[Kpis]
    ) -> Summary:
        """The key figures of /api/kpi/summary over all workspaces."""
        return await kpis.summary(cohort)

    @get("/users/search", summary="Find users", **admin_route())
    async def search(
        self,
        sought: Sought,
        people: NamedDependency[People],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[FoundUser]:
        """Oldest first."""
        rows = await people.search(sought, limit + 1, by_id(cursor))
        return page(rows, limit, lambda row: (row.id,))

    @post("/users/role", status_code=200, summary="Make or unmake an admin", **admin_route())
    async def role(
        self,
        data: JSONBody[RoleRequest],
        request: Request[Any, Any, Any],
        people: NamedDependency[People],
    ) -> FoundUser:
        """With a reason; the last administrator stays one."""
        return await people.change_role(data, request.scope["state"]["actor"])
