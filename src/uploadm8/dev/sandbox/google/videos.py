"""YouTube videos once they exist: resource, processing, publication."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from uploadm8.dev.sandbox.google.metadata import iso_time, parse_time
from uploadm8.dev.sandbox.google.replies import Door
from uploadm8.dev.sandbox.kit.growth import numbers
from uploadm8.dev.sandbox.kit.ledger import Post, Visibility
from uploadm8.dev.sandbox.kit.media import Media, Probe

YOUTUBE = "youtube"
_SHORT_LIMIT_S = 15 * 60
_LONG_LIMIT_S = 12 * 3600
_VISIBILITY = {"public": Visibility.PUBLIC}


@dataclass(slots=True)
class Video:
    """A video on a channel."""

    id: str
    account: str
    created_at: float
    snippet: dict[str, Any]
    status: dict[str, Any]
    sha256: str
    upload_status: str = "uploaded"
    failure: str = ""
    rejection: str = ""
    thumbnail_bytes: int = 0
    playlists: list[str] = field(default_factory=list)


class Videos:
    """All videos, and what happens to one after its last byte."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime
        self.table = self.runtime.state.table("youtube.videos", Video)
        self.runtime.on_removed[YOUTUBE] = self._remove
        self.runtime.on_due |= {
            "youtube.processed": self._processed,
            "youtube.publish": self._publish,
        }

    def create(self, account: str, body: dict[str, Any], media: Media) -> Video:
        """A new video: it counts as posted from here on, whatever processing says later."""
        state = self.runtime.state
        status: dict[str, Any] = {
            "privacyStatus": "public",
            "license": "youtube",
            "embeddable": True,
        }
        status |= {"publicStatsViewable": True} | body.get("status", {})
        snippet = {"description": "", "categoryId": "22"} | body["snippet"]
        video = Video(_video_id(), account, state.now(), snippet, status, media.sha256)
        self.table[video.id] = video
        self.runtime.ledger.add(self._post(video, media))
        state.schedule(self.runtime.settings.youtube_processing_s, "youtube.processed", video.id)
        if at := parse_time(status.get("publishAt", "")):
            state.schedule_at(at, "youtube.publish", video.id)
        return video

    def change(self, video: Video, body: dict[str, Any]) -> None:
        """Replace the groups that an update names."""
        for group in ("snippet", "status"):
            if group in body:
                setattr(video, group, getattr(video, group) | body[group])
        post = self.runtime.ledger.get(YOUTUBE, video.id)
        if post:
            post.title, post.caption = video.snippet["title"], video.snippet["description"]
            post.visibility = self._visibility(video)
        if at := parse_time(video.status.get("publishAt", "")):
            self.runtime.state.schedule_at(at, "youtube.publish", video.id)

    def delete(self, video: Video) -> None:
        del self.table[video.id]
        post = self.runtime.ledger.get(YOUTUBE, video.id)
        if post:
            post.visibility = Visibility.DELETED

    def is_short(self, video: Video) -> bool:
        """Square or vertical and up to three minutes long."""
        media = self.media(video)
        probe = media.probe if media else Probe(ok=False)
        return probe.is_vertical_or_square and probe.duration_s <= 180

    def _remove(self, video_id: str) -> None:
        self.table.pop(video_id, None)

    def media(self, video: Video) -> Media | None:
        return self.runtime.media.get(video.sha256)

    def resource(self, video: Video, parts: list[str], base: str) -> dict[str, Any]:
        """The video resource with the parts asked for."""
        made = {"kind": "youtube#video", "etag": f"etag-{video.id}", "id": video.id}
        builders: dict[str, Callable[[Video, str], dict[str, Any]]] = {
            "snippet": self._snippet,
            "status": lambda v, _base: self._status(v),
            "statistics": lambda v, _base: self._statistics(v),
            "contentDetails": lambda v, _base: self._details(v),
            "processingDetails": lambda v, _base: self._processing(v),
            "suggestions": lambda v, _base: self._suggestions(v),
            "player": lambda v, base: {"embedHtml": f'<iframe src="{base}"></iframe>'},
        }
        groups = {part: builders[part](video, base) for part in parts if part in builders}
        return made | groups

    def _post(self, video: Video, media: Media) -> Post:
        account = self.door.account(video.account)
        shape = "/youtube-web/shorts/" if self.is_short(video) else "/youtube-web/watch?v="
        visibility = self._visibility(video)
        return Post(
            platform=YOUTUBE,
            account=video.account,
            account_name=account.handle,
            post_id=video.id,
            title=video.snippet["title"],
            caption=video.snippet["description"],
            sha256=media.sha256,
            size=media.size,
            created_at=video.created_at,
            published_at=video.created_at if visibility is Visibility.PUBLIC else None,
            publish_at=parse_time(video.status.get("publishAt", "")),
            path=shape + video.id,
            visibility=visibility,
            options={k: v for k, v in (video.status | video.snippet).items() if k != "title"},
        )

    def _visibility(self, video: Video) -> Visibility:
        if "publishAt" in video.status:
            return Visibility.SCHEDULED
        return _VISIBILITY.get(video.status["privacyStatus"], Visibility.RESTRICTED)

    async def _processed(self, video_id: str) -> None:
        video = self.table.get(video_id)
        media = self.media(video) if video else None
        if video is None or media is None:
            return
        probe, checks = media.probe, self.runtime.settings.check_media
        if checks and not probe.ok:
            video.upload_status, video.failure = "failed", "invalidFile"
        elif checks and probe.duration_s > self._limit_s(video):
            video.upload_status, video.rejection = "rejected", "length"
        else:
            video.upload_status = "processed"
            return
        post = self.runtime.ledger.get(YOUTUBE, video.id)
        if post:
            post.visibility = Visibility.DELETED

    async def _publish(self, video_id: str) -> None:
        video = self.table.get(video_id)
        at = parse_time(video.status.get("publishAt", "")) if video else None
        if video is None or at is None or at > self.runtime.state.now():
            return
        del video.status["publishAt"]
        video.status["privacyStatus"] = "public"
        post = self.runtime.ledger.get(YOUTUBE, video.id)
        if post and post.visibility is Visibility.SCHEDULED:
            post.visibility, post.published_at = Visibility.PUBLIC, max(at, post.created_at)

    def _limit_s(self, video: Video) -> float:
        account = self.door.account(video.account)
        return _LONG_LIMIT_S if account.long_uploads == "allowed" else _SHORT_LIMIT_S

    def _snippet(self, video: Video, base: str) -> dict[str, Any]:
        account = self.door.account(video.account)
        picture = f"{base}/avatars/google/{video.account}.svg"
        snippet = video.snippet
        return snippet | {
            "publishedAt": iso_time(video.created_at),
            "channelId": account.channel_id,
            "channelTitle": account.name,
            "thumbnails": {"default": {"url": picture, "width": 120, "height": 90}},
            "liveBroadcastContent": "none",
            "localized": {"title": snippet["title"], "description": snippet["description"]},
        }

    def _status(self, video: Video) -> dict[str, Any]:
        kids = video.status.get("selfDeclaredMadeForKids", False)
        status = video.status | {"uploadStatus": video.upload_status, "madeForKids": kids}
        if video.failure:
            status["failureReason"] = video.failure
        if video.rejection:
            status["rejectionReason"] = video.rejection
        return status

    def _statistics(self, video: Video) -> dict[str, str]:
        post = self.runtime.ledger.get(YOUTUBE, video.id)
        counts = numbers(post, self.runtime.state.now()) if post else None
        return {
            "viewCount": str(counts.views if counts else 0),
            "likeCount": str(counts.likes if counts else 0),
            "favoriteCount": "0",
            "commentCount": str(counts.comments if counts else 0),
        }

    def _details(self, video: Video) -> dict[str, Any]:
        media = self.media(video)
        probe = media.probe if media else Probe(ok=False)
        return {
            "duration": f"PT{round(probe.duration_s)}S",
            "dimension": "2d",
            "definition": "hd" if min(probe.width, probe.height) >= 720 else "sd",
            "caption": "false",
            "licensedContent": False,
        }

    def _processing(self, video: Video) -> dict[str, Any]:
        state = {"uploaded": "processing", "failed": "failed"}.get(video.upload_status, "succeeded")
        details: dict[str, Any] = {"processingStatus": state}
        if state == "processing":
            progress = {"partsTotal": "2", "partsProcessed": "1", "timeLeftMs": "1000"}
            details["processingProgress"] = progress
        if state == "failed":
            details["processingFailureReason"] = "transcodeFailed"
        return details

    def _suggestions(self, video: Video) -> dict[str, Any]:
        return {"processingErrors": ["notAVideoFile"]} if video.failure else {}


def _video_id() -> str:
    return secrets.token_urlsafe(8)
