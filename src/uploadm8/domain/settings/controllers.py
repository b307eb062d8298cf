"""/api/settings."""

from typing import Any

from litestar import Controller, get, patch, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from uploadm8.api.guards import given, needs
from uploadm8.api.principal import Principal
from uploadm8.domain.settings.schemas import SettingsIn, SettingsOut
from uploadm8.domain.settings.service import SettingsService


class SettingsController(Controller):
    """The workspace's preferences."""

    path = "/api/settings"
    tags = ["Settings"]
    dependencies = {"settings": given("settings")}

    @get("/", summary="Read the settings")
    async def read(
        self, principal: NamedDependency[Principal], settings: NamedDependency[SettingsService]
    ) -> SettingsOut:
        """All settings, with defaults where nothing was set."""
        return await settings.get(principal.workspace_id)

    @put("/", summary="Replace the settings", **needs("admin"))
    async def replace(
        self,
        data: JSONBody[SettingsIn],
        principal: NamedDependency[Principal],
        settings: NamedDependency[SettingsService],
    ) -> SettingsOut:
        """What is left out gets its default (but the Discord webhook stays)."""
        return await settings.replace(principal.workspace_id, data)

    @patch("/", summary="Change some settings", **needs("admin"))
    async def change(
        self,
        data: JSONBody[dict[str, Any]],
        principal: NamedDependency[Principal],
        settings: NamedDependency[SettingsService],
    ) -> SettingsOut:
        """A JSON merge patch: only what is sent changes, null returns a member to its default."""
        return await settings.change(principal.workspace_id, data)
