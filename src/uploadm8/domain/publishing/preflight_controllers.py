"""/api/preflight and /api/uploads/{id}/preflight: what would become of every post."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from uploadm8.api.guards import given, needs
from uploadm8.api.principal import Principal
from uploadm8.domain.publishing.preflights import DraftUpload, Preflight, Preflights


class PreflightController(Controller):
    """Findings before anything is sent: what we fix, what we change, what the platform refuses."""

    tags = ["Uploads"]
    dependencies = {"preflights": given("preflights")}

    @post(
        "/api/preflight",
        status_code=200,
        summary="Check an upload before making it",
        **needs(role="viewer", scope="uploads:read"),
    )
    async def draft(
        self,
        data: JSONBody[DraftUpload],
        principal: NamedDependency[Principal],
        preflights: NamedDependency[Preflights],
    ) -> Preflight:
        """The body of presign, with `duration_s`, `width`, `height` and `fps` where you know them.

        Findings per target: `fix` (put right silently), `change` (put right, and visible) or
        `block` (refused until you change something). Nothing is kept and no quota is spent.
        """
        return await preflights.of_draft(principal.workspace_id, data)

    @get("/api/uploads/{upload_id:uuid}/preflight", summary="Check the posts of an upload")
    async def upload(
        self,
        upload_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        preflights: NamedDependency[Preflights],
    ) -> Preflight:
        """What is known by now: size and type once announced, all of the video once inspected."""
        return await preflights.of_upload(principal.workspace_id, upload_id)
