"""What is done to a Facebook video once it is live; each step fails on its own."""

from dataclasses import dataclass

from uploadm8.domain.platforms.clients.base import Access
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.multipart import one_file
from uploadm8.domain.platforms.clients.transport import rows, said_already, text
from uploadm8.infra.http import TRANSFER_TIMEOUT


@dataclass(frozen=True, slots=True)
class FacebookAfter:
    """Thumbnail, collaborators, first comment. Every call can be repeated without harm."""

    graph: Graph

    async def thumbnail(self, access: Access, video_id: str, image: bytes, kind: str) -> None:
        """Set the preferred thumbnail: JPEG or PNG."""
        fields = {"is_preferred": "true", "appsecret_proof": self.graph.proof(access.token)}
        content_type, head, tail = one_file(fields, name="source", filename="cover", kind=kind)
        await self.graph.call(
            "POST",
            f"{self.graph.endpoints.graph}/{video_id}/thumbnails",
            access.token,
            form={},
            content=head + image + tail,
            headers={"Content-Type": content_type},
            patience=TRANSFER_TIMEOUT,
        )

    async def invite(self, access: Access, video_id: str, target_id: str) -> None:
        """Invite a collaborator to a reel; Facebook takes ten a day."""
        path = f"{video_id}/collaborators"
        await self.graph.post(path, access.token, {"target_id": target_id})

    async def first_comment(self, access: Access, video_id: str, comment: str) -> None:
        """Comment as the page, unless that comment is there already."""
        path = f"{video_id}/comments"
        if not await said_already(self._comments(access, path), comment):
            await self.graph.post(path, access.token, {"message": comment})

    async def _comments(self, access: Access, path: str) -> list[str | None]:
        found = await self.graph.get(path, access.token, {"fields": "message"})
        return [text(row, "message") for row in rows(found, "data")]
