"""/api/caption-templates."""

from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from uploadm8.api.guards import given
from uploadm8.api.idempotency import Idempotency
from uploadm8.api.principal import Principal
from uploadm8.domain.captions.schemas import (
    CaptionPreview,
    TemplateIn,
    TemplateList,
    TemplateOut,
    Variable,
)
from uploadm8.domain.captions.service import CaptionTemplates
from uploadm8.domain.captions.variables import VARIABLES


class CaptionTemplatesController(Controller):
    """Captions with variables of the video and its telemetry (Growth and up)."""

    path = "/api/caption-templates"
    tags = ["Caption templates"]
    dependencies = {"captions": given("captions")}

    @get("/", summary="List caption templates")
    async def listing(
        self, principal: NamedDependency[Principal], captions: NamedDependency[CaptionTemplates]
    ) -> TemplateList:
        """By name, with the variables that a template may name."""
        variables = [Variable(name, *told) for name, told in VARIABLES.items()]
        return TemplateList(await captions.list(principal.workspace_id), variables)

    @post("/", summary="Save a new caption template")
    async def create(
        self,
        data: JSONBody[TemplateIn],
        principal: NamedDependency[Principal],
        captions: NamedDependency[CaptionTemplates],
        idempotency: NamedDependency[Idempotency],
    ) -> Response[TemplateOut]:
        """Checked against the length and hashtag rules of every platform it is for."""
        return await idempotency.once(lambda: captions.create(principal.workspace_id, data))

    @get("/{template_id:uuid}", summary="Show a caption template")
    async def show(
        self,
        template_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        captions: NamedDependency[CaptionTemplates],
    ) -> TemplateOut:
        """With what it makes of example values."""
        return await captions.get(principal.workspace_id, template_id)

    @put("/{template_id:uuid}", summary="Replace a caption template")
    async def replace(
        self,
        template_id: FromPath[UUID],
        data: JSONBody[TemplateIn],
        principal: NamedDependency[Principal],
        captions: NamedDependency[CaptionTemplates],
    ) -> TemplateOut:
        """Posts planned before keep the text they were planned with."""
        return await captions.replace(principal.workspace_id, template_id, data)

    @delete("/{template_id:uuid}", summary="Remove a caption template")
    async def remove(
        self,
        template_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        captions: NamedDependency[CaptionTemplates],
    ) -> None:
        """Posts planned with it keep its text."""
        await captions.remove(principal.workspace_id, template_id)

    @get("/{template_id:uuid}/preview/{upload_id:uuid}", summary="Preview a caption")
    async def preview(
        self,
        template_id: FromPath[UUID],
        upload_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        captions: NamedDependency[CaptionTemplates],
    ) -> CaptionPreview:
        """What it makes of an upload on each platform, and which variables have no value."""
        return await captions.preview(principal.workspace_id, template_id, upload_id)
