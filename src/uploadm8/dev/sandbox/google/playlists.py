"""YouTube playlists: the creator's own, and the one that holds every upload."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from uploadm8.dev.sandbox.google.data import listing, read_json
from uploadm8.dev.sandbox.google.replies import MANAGE, READ, Door, parts_of, query_of, refuse
from uploadm8.dev.sandbox.google.videos import Videos
from uploadm8.dev.sandbox.kit.identity import GoogleAccount
from uploadm8.dev.sandbox.kit.values import member, text_member, whole_number
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route, json_reply

_V3 = "/youtube/v3"
_ITEM = {"playlistId", "position", "resourceId"}
_FULL = 5000


@dataclass(slots=True)
class Playlist:
    """A playlist of a channel."""

    id: str
    account: str
    title: str
    videos: list[str] = field(default_factory=list)


class Playlists:
    """The routes of playlists and their items."""

    def __init__(self, door: Door, videos: Videos) -> None:
        self.door, self.videos = door, videos
        self.table = door.runtime.state.table("youtube.playlists", Playlist)
        door.runtime.seed(self._seed)

    def routes(self) -> list[Route]:
        return [
            Route("GET", f"{_V3}/playlists", "playlists", self.list_playlists),
            Route("POST", f"{_V3}/playlists", "playlist_create", self.create),
            Route("GET", f"{_V3}/playlistItems", "playlist_items", self.list_items),
            Route("POST", f"{_V3}/playlistItems", "playlist_insert", self.insert),
        ]

    def _seed(self) -> None:
        for name in ("tour", "short"):
            made = Playlist(f"PLsandbox{name}0000000000", name, "Best rides")
            self.table.setdefault(made.id, made)

    async def list_playlists(self, call: Call) -> Reply:
        account = self.door.enter(call, READ)
        self.door.spend(1)
        query = query_of(call, {"part", "mine", "maxResults", "pageToken"})
        parts_of(query, {"id", "snippet", "status", "contentDetails"})
        if query.get("mine") != "true":
            raise refuse(400, "missingRequiredParameter", "No filter selected.", "global")
        own = [p for p in self.table.values() if p.account == account.id]
        return listing("playlistListResponse", [_resource(playlist) for playlist in own])

    async def create(self, call: Call) -> Reply:
        account = self.door.enter(call, MANAGE)
        self.door.spend(50)
        self.door.channel(account)
        parts_of(query_of(call, {"part"}), {"id", "snippet", "status"})
        title = text_member(await read_json(call), "snippet", "title")
        if not 1 <= len(title) <= 150:
            raise refuse(400, "playlistTitleRequired", "The title is missing.", "youtube.playlist")
        playlist = Playlist(f"PL{secrets.token_urlsafe(16)}", account.id, title)
        self.table[playlist.id] = playlist
        return json_reply(_resource(playlist))

    async def list_items(self, call: Call) -> Reply:
        account = self.door.enter(call, READ)
        self.door.spend(1)
        query = query_of(call, {"part", "playlistId", "maxResults", "pageToken", "videoId"})
        parts_of(query, {"id", "snippet", "contentDetails", "status"})
        playlist = self._find(account, query.get("playlistId", ""))
        count = whole_number(query.get("maxResults", "5"))
        if count is None or count > 50:
            raise refuse(400, "invalidParameter", "maxResults is 0 to 50.", "global")
        wanted = query.get("videoId")
        chosen = [v for v in playlist.videos if wanted in (None, v)][:count]
        items = [self._item(playlist, name, i) for i, name in enumerate(chosen)]
        return listing("playlistItemListResponse", items)

    async def insert(self, call: Call) -> Reply:
        account = self.door.enter(call, MANAGE)
        self.door.spend(50)
        self.door.channel(account)
        parts_of(query_of(call, {"part"}), {"id", "snippet", "contentDetails", "status"})
        snippet = (await read_json(call)).get("snippet", {})
        if not isinstance(snippet, dict) or not set(snippet) <= _ITEM:
            raise refuse(400, "badRequest", "The snippet has an unknown member.", "global")
        if member(snippet, "resourceId", "kind") != "youtube#video":
            raise refuse(400, "invalidResourceType", "Not a video.", "youtube.playlistItem")
        playlist = self._find(account, text_member(snippet, "playlistId"))
        video_id = text_member(snippet, "resourceId", "videoId")
        if playlist.account != account.id:
            raise refuse(403, "playlistItemsNotAccessible", domain="youtube.playlistItem")
        if video_id not in self.videos.table:
            raise refuse(404, "videoNotFound", "Video not found.", "youtube.playlistItem")
        if video_id in playlist.videos:
            raise refuse(409, "videoAlreadyInPlaylist", domain="youtube.playlistItem")
        if len(playlist.videos) >= _FULL:
            reason = "playlistContainsMaximumNumberOfVideos"
            raise refuse(403, reason, domain="youtube.playlistItem")
        position = snippet.get("position", len(playlist.videos))
        if type(position) is not int or not 0 <= position <= len(playlist.videos):
            raise refuse(400, "invalidPlaylistItemPosition", domain="youtube.playlistItem")
        playlist.videos.insert(position, video_id)
        holding = [one.id for one in self.table.values() if video_id in one.videos]
        self.door.runtime.ledger.note("youtube", video_id, playlists=holding)
        return json_reply(self._item(playlist, video_id, position))

    def _find(self, account: GoogleAccount, name: str) -> Playlist:
        channel = account.channel_id or ""
        if channel and name == f"UU{channel[2:]}":
            own = [v.id for v in self.videos.table.values() if v.account == account.id]
            return Playlist(name, account.id, "Uploads", own[::-1])
        playlist = self.table.get(name)
        if playlist is None:
            raise refuse(404, "playlistNotFound", domain="youtube.playlistItem")
        return playlist

    def _item(self, playlist: Playlist, video_id: str, position: int) -> dict[str, Any]:
        video = self.videos.table[video_id]
        snippet = self.videos.resource(video, ["snippet"], "")["snippet"]
        resource = {"kind": "youtube#video", "videoId": video_id}
        kept = {k: snippet[k] for k in ("title", "description", "publishedAt", "channelId")}
        return {
            "kind": "youtube#playlistItem",
            "etag": f"etag-{video_id}",
            "id": f"{playlist.id}.{video_id}",
            "snippet": kept
            | {"playlistId": playlist.id, "position": position, "resourceId": resource},
            "contentDetails": {"videoId": video_id, "videoPublishedAt": snippet["publishedAt"]},
            "status": {"privacyStatus": video.status["privacyStatus"]},
        }


def _resource(playlist: Playlist) -> dict[str, Any]:
    return {
        "kind": "youtube#playlist",
        "etag": f"etag-{playlist.id}",
        "id": playlist.id,
        "snippet": {"title": playlist.title, "description": ""},
        "status": {"privacyStatus": "public"},
        "contentDetails": {"itemCount": len(playlist.videos)},
    }
