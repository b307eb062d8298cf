"""/api/uploads/{id}/thumbnail."""

from uuid import UUID

from litestar import Controller, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from uploadm8.api.guards import given
from uploadm8.api.principal import Principal
from uploadm8.domain.renditions.thumbnails import Thumbnails
from uploadm8.domain.uploads.schemas import ThumbnailChange, UploadDetail
from uploadm8.domain.uploads.service import Uploads


class ThumbnailController(Controller):
    """What the thumbnail shows."""

    tags = ["Uploads"]
    dependencies = {"thumbnails": given("thumbnails"), "uploads": given("uploads")}

    @put("/api/uploads/{upload_id:uuid}/thumbnail", summary="Choose the thumbnail")
    async def choose(
        self,
        upload_id: FromPath[UUID],
        data: JSONBody[ThumbnailChange],
        principal: NamedDependency[Principal],
        thumbnails: NamedDependency[Thumbnails],
        uploads: NamedDependency[Uploads],
    ) -> UploadDetail:
        """The second it shows, or null for the sharpest picture; also once all is rendered.

        It becomes YouTube's and Facebook's thumbnail, Instagram's cover and TikTok's cover frame of
        posts that are not sent yet and whose options name none themselves.
        """
        await thumbnails.choose(principal.workspace_id, upload_id, data.at_s)
        return await uploads.detail(principal.workspace_id, upload_id)
