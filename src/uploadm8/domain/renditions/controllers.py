"""/api/hud and the HUD preview of an upload."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from uploadm8.api.guards import given, public
from uploadm8.api.principal import Principal
from uploadm8.core.hud.spec import Preset, ThemeName, Units, WidgetKind
from uploadm8.core.video.specs import Aspect
from uploadm8.core.video.theme_still import theme_still
from uploadm8.domain.renditions.previews import HudPreviews, Still
from uploadm8.errors import NotFoundError

JPEG = "image/jpeg"
_PICTURE_TIME = ResponseHeader(
    name="X-Picture-Time",
    description="When the picture behind the HUD is shown: seconds after the first.",
    documentation_only=True,
)


class ThemeOut(msgspec.Struct, kw_only=True):
    """A look of the HUD, with a picture of it."""

    name: str
    thumbnail_url: str


class ThemesOut(msgspec.Struct, kw_only=True):
    """Everything a HUD can be made of."""

    items: list[ThemeOut]
    presets: list[str]
    units: list[str]
    widgets: list[str]
    aspects: list[str]


class HudController(Controller):
    """The HUD: looks and previews."""

    tags = ["HUD"]
    dependencies = {"previews": given("previews")}

    @get("/api/hud/themes", summary="List HUD themes", **public("no data of anybody"))
    async def themes(self) -> ThemesOut:
        """Themes with a picture each, presets, units and widgets; docs/hud.md shows all of them."""
        return ThemesOut(
            items=[
                ThemeOut(name=theme.value, thumbnail_url=f"/api/hud/themes/{theme.value}.jpg")
                for theme in ThemeName
            ],
            presets=[preset.value for preset in Preset],
            units=[unit.value for unit in Units],
            widgets=[widget.value for widget in WidgetKind],
            aspects=[aspect.value for aspect in Aspect],
        )

    @get(
        "/api/hud/themes/{file:str}",
        summary="A picture of a theme",
        media_type=JPEG,
        **public("no data of anybody"),
    )
    async def thumbnail(self, file: FromPath[str]) -> Response[bytes]:
        """JPEG, 1920x1080."""
        name = file.removesuffix(".jpg")
        if name not in set(ThemeName):
            raise NotFoundError("There is no such theme.", code="theme_not_found")
        data = await asyncio.to_thread(theme_still, ThemeName(name))
        return Response(data, media_type=JPEG, headers={"Cache-Control": "public, max-age=86400"})

    @get(
        "/api/uploads/{upload_id:uuid}/hud/preview",
        summary="A still with the HUD",
        media_type=JPEG,
        response_headers=[_PICTURE_TIME],
    )
    async def preview(
        self,
        upload_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        previews: NamedDependency[HudPreviews],
        seconds: Annotated[float | None, QueryParameter(name="t")] = None,
        rendition: Annotated[Aspect, QueryParameter(name="rendition")] = Aspect.WIDE,
        theme: Annotated[ThemeName | None, QueryParameter(name="theme")] = None,
        preset: Annotated[Preset | None, QueryParameter(name="preset")] = None,
        units: Annotated[Units | None, QueryParameter(name="units")] = None,
        accent: Annotated[
            str | None, QueryParameter(name="accent", pattern="^#[0-9a-fA-F]{6}$")
        ] = None,
        layout_id: FromQuery[UUID | None] = None,
    ) -> Response[bytes]:
        """JPEG of any moment, theme and shape; nothing is rendered and no quota is spent.

        The header X-Picture-Time tells the time of the picture behind the HUD.
        """
        wishes = {
            "layout_id": layout_id,
            "theme": theme,
            "preset": preset,
            "units": units,
            "accent": accent,
        }
        changes = {name: str(value) for name, value in wishes.items() if value is not None}
        still = await previews.still(
            principal.workspace_id, upload_id, seconds=seconds, aspect=rendition, changes=changes
        )
        return _as_response(still)

    @post(
        "/api/uploads/{upload_id:uuid}/hud/preview",
        status_code=200,
        summary="A still with a HUD of your own",
        media_type=JPEG,
        response_headers=[_PICTURE_TIME],
    )
    async def preview_layout(
        self,
        upload_id: FromPath[UUID],
        data: JSONBody[dict[str, Any]],
        principal: NamedDependency[Principal],
        previews: NamedDependency[HudPreviews],
        seconds: Annotated[float | None, QueryParameter(name="t")] = None,
        rendition: Annotated[Aspect, QueryParameter(name="rendition")] = Aspect.WIDE,
    ) -> Response[bytes]:
        """Like GET, for a whole HUD document as docs/hud.md describes it."""
        still = await previews.still(
            principal.workspace_id, upload_id, seconds=seconds, aspect=rendition, changes=data
        )
        return _as_response(still)


def _as_response(still: Still) -> Response[bytes]:
    headers = {_PICTURE_TIME.name: f"{still.picture_at_s:.3f}"}
    return Response(still.jpeg, media_type=JPEG, headers=headers)
