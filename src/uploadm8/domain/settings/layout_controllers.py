"""/api/hud/layouts: HUDs that a workspace keeps."""

from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from uploadm8.api.guards import given
from uploadm8.api.idempotency import Idempotency
from uploadm8.api.pages import Cursor, Limit, Page, by_id, page
from uploadm8.api.principal import Principal
from uploadm8.domain.settings.layouts import HudLayouts, LayoutIn, LayoutOut


class HudLayoutsController(Controller):
    """Saved HUDs."""

    path = "/api/hud/layouts"
    tags = ["HUD"]
    dependencies = {"layouts": given("layouts")}

    @get("/", summary="List saved HUDs")
    async def listing(
        self,
        principal: NamedDependency[Principal],
        layouts: NamedDependency[HudLayouts],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[LayoutOut]:
        """Newest first."""
        rows = await layouts.listing(principal.workspace_id, limit + 1, by_id(cursor))
        return page(rows, limit, lambda row: (row.id,))

    @post("/", summary="Save a HUD")
    async def save(
        self,
        data: JSONBody[LayoutIn],
        principal: NamedDependency[Principal],
        layouts: NamedDependency[HudLayouts],
        idempotency: NamedDependency[Idempotency],
    ) -> Response[LayoutOut]:
        """A document as docs/hud.md describes it; uploads name it by `hud.layout_id`."""
        return await idempotency.once(lambda: layouts.save(principal.workspace_id, data))

    @get("/{layout_id:uuid}", summary="Show a saved HUD")
    async def show(
        self,
        layout_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        layouts: NamedDependency[HudLayouts],
    ) -> LayoutOut:
        """With every default filled in."""
        return await layouts.get(principal.workspace_id, layout_id)

    @put("/{layout_id:uuid}", summary="Change a saved HUD")
    async def replace(
        self,
        layout_id: FromPath[UUID],
        data: JSONBody[LayoutIn],
        principal: NamedDependency[Principal],
        layouts: NamedDependency[HudLayouts],
    ) -> LayoutOut:
        """Uploads that used it keep the HUD that they were made with."""
        return await layouts.replace(principal.workspace_id, layout_id, data)

    @delete("/{layout_id:uuid}", summary="Delete a saved HUD")
    async def delete(
        self,
        layout_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        layouts: NamedDependency[HudLayouts],
    ) -> None:
        """Uploads that used it keep the HUD that they were made with."""
        await layouts.delete(principal.workspace_id, layout_id)
