"""/api/status: published service levels, and how the service does now."""

from litestar import Controller, get
from litestar.di import NamedDependency

from uploadm8.api.guards import given, public
from uploadm8.api.principal import Principal
from uploadm8.domain.publishing.status import LEVELS, Status
from uploadm8.domain.publishing.status_schemas import LevelsOut, StatusOut


class StatusController(Controller):
    """The truth about the service."""

    path = "/api/status"
    tags = ["Status"]
    dependencies = {"status": given("status")}

    @get("/", summary="How the service does now")
    async def show(
        self, principal: NamedDependency[Principal], status: NamedDependency[Status]
    ) -> StatusOut:
        """Oldest due job, lateness, each platform's health. Part of tiers with SLA support."""
        return await status.show(principal.workspace_id)

    @get("/levels", summary="Published service levels", **public("promises are for everyone"))
    async def levels(self) -> LevelsOut:
        """What is promised, and exactly how it is measured."""
        return LevelsOut(items=list(LEVELS))
