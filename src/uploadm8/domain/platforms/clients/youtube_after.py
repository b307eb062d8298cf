"""What is done to a YouTube video once it is live; each step fails on its own."""

from dataclasses import dataclass

from uploadm8.domain.platforms.clients.base import Access
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.transport import mapping, rows, said_already, text
from uploadm8.domain.platforms.clients.youtube_api import YouTubeApi, answer_error
from uploadm8.infra.http import TRANSFER_TIMEOUT


@dataclass(frozen=True, slots=True)
class YouTubeAfter:
    """Thumbnail, playlist, first comment. Every call can be repeated without harm."""

    api: YouTubeApi

    async def processed(self, access: Access, video_id: str) -> bool:
        """Tell whether YouTube has processed a video; a Short takes a thumbnail only then."""
        params = {"part": "status", "id": video_id}
        found = rows(await self.api.get("videos", access.token, params), "items")
        states = [text(mapping(row, "status"), "uploadStatus") for row in found]
        return states != ["uploaded"]

    async def thumbnail(self, access: Access, video_id: str, image: bytes, kind: str) -> None:
        """Set the thumbnail: JPEG or PNG of at most 50 MB; Shorts take one after processing."""
        answer = await self.api.line.send(
            "POST",
            f"{self.api.base}/upload/youtube/v3/thumbnails/set",
            headers={"Authorization": f"Bearer {access.token}", "Content-Type": kind},
            params={"videoId": video_id, "uploadType": "media"},
            content=image,
            patience=TRANSFER_TIMEOUT,
            idempotent=True,
        )
        if not answer.ok:
            raise answer_error(answer)

    async def add_to_playlist(self, access: Access, video_id: str, playlist_id: str) -> None:
        """Add the video to a playlist; already being in it is success."""
        item = {
            "snippet": {
                "playlistId": playlist_id,
                "resourceId": {"kind": "youtube#video", "videoId": video_id},
            }
        }
        try:
            await self.api.post("playlistItems", access.token, {"part": "snippet"}, item)
        except PlatformError as error:
            if error.platform_code != "videoAlreadyInPlaylist":
                raise

    async def first_comment(self, access: Access, video_id: str, comment: str) -> None:
        """Comment as the channel, unless the same comment of ours is there already."""
        if await said_already(self._comments(access, video_id), comment):
            return
        snippet = {
            "channelId": access.account_id,
            "videoId": video_id,
            "topLevelComment": {"snippet": {"textOriginal": comment}},
        }
        await self.api.post(
            "commentThreads", access.token, {"part": "snippet"}, {"snippet": snippet}
        )

    async def _comments(self, access: Access, video_id: str) -> list[str | None]:
        params = {"part": "snippet", "videoId": video_id, "maxResults": "20"}
        threads = rows(await self.api.get("commentThreads", access.token, params), "items")
        tops = [mapping(mapping(row, "snippet"), "topLevelComment") for row in threads]
        return [text(mapping(top, "snippet"), "textOriginal") for top in tops]
