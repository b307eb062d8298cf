"""YouTube Data API: channels, videos, thumbnails, categories, comments."""

import io
from typing import Any

import av

from uploadm8.dev.sandbox.google import metadata
from uploadm8.dev.sandbox.google.replies import (
    MANAGE,
    READ,
    UPLOAD,
    Door,
    parts_of,
    query_of,
    refuse,
)
from uploadm8.dev.sandbox.google.videos import YOUTUBE, Video, Videos
from uploadm8.dev.sandbox.kit.forms import MalformedBodyError, has_json_type, json_object
from uploadm8.dev.sandbox.kit.identity import GoogleAccount
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route, json_reply

_V3 = "/youtube/v3"
_CHANNEL_PARTS = frozenset({"id", "snippet", "statistics", "contentDetails", "status"})
_OWNER_PARTS = {"processingDetails", "suggestions", "fileDetails"}
_THUMBNAIL_LIMIT = 50 * 1024 * 1024
_THUMBNAIL_TYPES = {"image/jpeg", "image/png", "application/octet-stream"}
_THUMBNAILS = {
    "default": (120, 90),
    "medium": (320, 180),
    "high": (480, 360),
    "maxres": (1280, 720),
}


async def read_json(call: Call) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        RefusedError: 400 for another content type or broken JSON.
    """
    if not has_json_type(call):
        raise refuse(400, "badContent", "Content-Type must be application/json.", "global")
    try:
        return json_object(await call.body())
    except MalformedBodyError as error:
        raise refuse(400, "parseError", str(error), "global") from error


def listing(kind: str, items: list[dict[str, Any]]) -> Reply:
    """A list response."""
    page = {"totalResults": len(items), "resultsPerPage": max(5, len(items))}
    body: dict[str, Any] = {"kind": f"youtube#{kind}", "etag": "etag-list", "pageInfo": page}
    return json_reply(body | {"items": items})


class YouTubeData:
    """The routes about channels and videos."""

    def __init__(self, door: Door, videos: Videos) -> None:
        self.door, self.runtime, self.videos = door, door.runtime, videos

    def routes(self) -> list[Route]:
        return [
            Route("GET", f"{_V3}/channels", "channels", self.channels),
            Route("GET", f"{_V3}/videos", "videos", self.list_videos),
            Route("PUT", f"{_V3}/videos", "video_update", self.update),
            Route("DELETE", f"{_V3}/videos", "video_delete", self.delete),
            Route("GET", f"{_V3}/videos:batchGetStats", "batch_stats", self.batch_stats),
            Route("POST", f"/upload{_V3}/thumbnails/set", "thumbnail", self.thumbnail),
            Route("GET", f"{_V3}/videoCategories", "categories", self.categories),
            Route("POST", f"{_V3}/videos", "wrong_upload", self.wrong_upload),
        ]

    async def channels(self, call: Call) -> Reply:
        account = self.door.enter(call, READ)
        self.door.spend(1)
        query = query_of(call, {"part", "mine", "id", "maxResults"})
        parts = parts_of(query, _CHANNEL_PARTS)
        if query.get("mine") != "true" and "id" not in query:
            raise refuse(400, "missingRequiredParameter", "No filter selected.", "global")
        if account.channel_id is None or query.get("id", account.channel_id) != account.channel_id:
            page = {"totalResults": 0, "resultsPerPage": 5}
            kind = "youtube#channelListResponse"
            return json_reply({"kind": kind, "etag": "etag-none", "pageInfo": page})
        groups = self._channel(account, call.base)
        channel: dict[str, Any] = {"kind": "youtube#channel", "etag": f"etag-{account.id}"}
        channel |= {"id": account.channel_id}
        channel |= {part: groups[part] for part in parts if part != "id"}
        return listing("channelListResponse", [channel])

    async def list_videos(self, call: Call) -> Reply:
        account = self.door.enter(call, READ)
        self.door.spend(1)
        query = query_of(call, {"part", "id", "maxResults"})
        parts = parts_of(query, metadata.PARTS)
        videos = self._by_ids(query)
        if _OWNER_PARTS & set(parts) and any(video.account != account.id for video in videos):
            raise refuse(403, "forbidden", "Only the owner sees these parts.")
        readable = [v for v in videos if v.account == account.id or self._is_open(v)]
        resources = [self.videos.resource(video, parts, call.base) for video in readable]
        if call.fault == "stale_status":
            for resource in resources:
                resource.get("status", {})["uploadStatus"] = "uploaded"
                resource.get("processingDetails", {})["processingStatus"] = "processing"
        return listing("videoListResponse", resources)

    async def update(self, call: Call) -> Reply:
        account = self.door.enter(call, MANAGE)
        self.door.spend(50)
        parts = parts_of(query_of(call, {"part"}), metadata.PARTS)
        body = await read_json(call)
        video = self._own(account, str(body.get("id", "")))
        whole = {"snippet": {"title": video.snippet["title"]}} | body
        named = sorted({*parts, "snippet"})
        metadata.check(whole, named, self.runtime.settings, self.runtime.state.now())
        self.videos.change(video, body)
        return json_reply(self.videos.resource(video, parts, call.base))

    async def delete(self, call: Call) -> Reply:
        account = self.door.enter(call, MANAGE)
        self.door.spend(50)
        query = query_of(call, {"id"})
        self.videos.delete(self._own(account, query.get("id", "")))
        return Reply(204)

    async def batch_stats(self, call: Call) -> Reply:
        self.door.enter(call, READ)
        query = query_of(call, {"part", "id"})
        parts_of(query, {"id", "snippet", "statistics", "contentDetails"})
        items = []
        for video in self._by_ids(query):
            counts = self.videos.resource(video, ["statistics"], call.base)["statistics"]
            media = self.videos.media(video)
            seconds = round(media.probe.duration_s) if media else 0
            kept = {k: counts[k] for k in ("viewCount", "likeCount", "commentCount")}
            item: dict[str, Any] = {
                "kind": "youtube#videoStats",
                "etag": f"etag-{video.id}",
                "id": video.id,
            }
            item |= {"statistics": kept, "contentDetails": {"duration": f"{seconds}s"}}
            items.append(item)
        return listing("batchGetStatsResponse", items)

    async def thumbnail(self, call: Call) -> Reply:
        account = self.door.enter(call, UPLOAD)
        self.door.spend(50)
        query = query_of(call, {"videoId", "uploadType"})
        if query.get("uploadType", "media") != "media":
            raise refuse(400, "wrongUrlForUpload", "uploadType must be media.", "global")
        if call.content_type not in _THUMBNAIL_TYPES:
            raise refuse(400, "badContent", "Media type is not supported.", "global")
        data = await call.body(_THUMBNAIL_LIMIT)
        if not data:
            raise refuse(400, "mediaBodyRequired", "The image is missing.", "youtube.thumbnail")
        video = self._own(account, query.get("videoId", ""))
        if not account.phone_verified:
            raise refuse(403, "forbidden", "The channel may not set thumbnails.")
        short_waits = self.runtime.settings.youtube_short_thumbnail == "after_processing"
        if short_waits and video.upload_status == "uploaded" and self.videos.is_short(video):
            raise refuse(403, "forbidden", "A Short takes a thumbnail once it is processed.")
        if not _is_image(data):
            raise refuse(400, "invalidImage", "The image is not valid.", "youtube.thumbnail")
        video.thumbnail_bytes = len(data)
        self.runtime.ledger.note("youtube", video.id, thumbnail="set")
        picture = f"{call.base}/avatars/google/{account.id}.svg"
        sizes = {n: {"url": picture, "width": w, "height": h} for n, (w, h) in _THUMBNAILS.items()}
        kind = "youtube#thumbnailSetResponse"
        return json_reply({"kind": kind, "etag": f"etag-{video.id}", "items": [sizes]})

    async def categories(self, call: Call) -> Reply:
        self.door.enter(call, READ)
        self.door.spend(1)
        query = query_of(call, {"part", "regionCode", "id", "hl"})
        parts_of(query, {"id", "snippet"})
        if "regionCode" not in query and "id" not in query:
            raise refuse(400, "missingRequiredParameter", "No filter selected.", "global")
        items = [
            {
                "kind": "youtube#videoCategory",
                "etag": f"etag-{number}",
                "id": number,
                "snippet": {"title": title, "assignable": True, "channelId": "UCsandbox"},
            }
            for number, title in metadata.CATEGORIES.items()
        ]
        return listing("videoCategoryListResponse", items)

    async def wrong_upload(self, call: Call) -> Reply:
        """Media sent to the address without /upload in front."""
        self.door.enter(call, UPLOAD)
        self.door.spend(1, "inserts")
        raise refuse(400, "wrongUrlForUpload", "Uploads go to /upload/youtube/v3.", "global")

    def _by_ids(self, query: dict[str, str]) -> list[Video]:
        ids = [name for name in query.get("id", "").split(",") if name]
        if not ids:
            raise refuse(400, "missingRequiredParameter", "No filter selected: id.", "global")
        if len(ids) > 50:
            raise refuse(400, "invalidFilters", "At most 50 ids.", "youtube.parameter")
        return [self.videos.table[name] for name in ids if name in self.videos.table]

    def _own(self, account: GoogleAccount, video_id: str) -> Video:
        self.door.channel(account)
        video = self.videos.table.get(video_id)
        if video is None:
            raise refuse(404, "videoNotFound", "The video cannot be found.")
        if video.account != account.id:
            raise refuse(403, "forbidden", "The video belongs to another channel.")
        return video

    def _is_open(self, video: Video) -> bool:
        return video.status["privacyStatus"] in {"public", "unlisted"}

    def _channel(self, account: GoogleAccount, base: str) -> dict[str, Any]:
        posts = self.runtime.ledger.posts(YOUTUBE, account.id)
        picture = {"url": f"{base}/avatars/google/{account.id}.svg", "width": 88, "height": 88}
        return {
            "snippet": {
                "title": account.name,
                "description": "",
                "customUrl": account.handle,
                "publishedAt": "2019-04-01T08:00:00Z",
                "thumbnails": {"default": picture, "medium": picture, "high": picture},
            },
            "statistics": {
                "viewCount": str(account.subscribers * 37),
                "subscriberCount": str(account.subscribers),
                "hiddenSubscriberCount": False,
                "videoCount": str(len(posts)),
            },
            "contentDetails": {
                "relatedPlaylists": {"likes": "", "uploads": f"UU{(account.channel_id or '')[2:]}"}
            },
            "status": {
                "privacyStatus": "public",
                "isLinked": True,
                "longUploadsStatus": account.long_uploads,
            },
        }


def _is_image(data: bytes) -> bool:
    try:
        with av.open(io.BytesIO(data), mode="r") as container:
            return bool(container.streams.video) and next(container.decode(video=0)).width > 0
    except (av.FFmpegError, StopIteration, ValueError):
        return False
