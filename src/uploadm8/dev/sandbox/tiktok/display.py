"""TikTok Display API: a creator's own public videos and their numbers."""

from typing import Any

from uploadm8.dev.sandbox.kit.forms import MalformedBodyError, has_json_type, json_object
from uploadm8.dev.sandbox.kit.growth import numbers
from uploadm8.dev.sandbox.kit.identity import TIKTOK, TikTokAccount
from uploadm8.dev.sandbox.kit.ledger import Post, Visibility, url_of
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route
from uploadm8.dev.sandbox.kit.words import words
from uploadm8.dev.sandbox.tiktok.replies import Door, ok, refuse

_FIELDS = words(
    "id create_time title video_description duration height width cover_image_url "
    "share_url embed_html embed_link like_count comment_count share_count view_count "
    "is_aigc"
)


class TikTokDisplay:
    """The routes video/list and video/query."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/v2/video/query/", "video_query", self.query),
            Route("POST", "/v2/video/list/", "video_list", self.list_videos),
        ]

    async def query(self, call: Call) -> Reply:
        account, fields = self._enter(call)
        body = await self._json(call)
        filters = body.get("filters")
        ids = filters.get("video_ids") if isinstance(filters, dict) else None
        if set(body) != {"filters"} or not isinstance(ids, list) or not 1 <= len(ids) <= 20:
            raise refuse(400, "invalid_params", "filters.video_ids takes 1 to 20 ids.")
        if not all(isinstance(item, str) for item in ids):
            raise refuse(400, "invalid_params", "video ids are strings.")
        chosen = [post for post in self._public(account) if post.post_id in ids]
        return ok({"videos": [self._video(post, fields, call.base) for post in chosen]})

    async def list_videos(self, call: Call) -> Reply:
        account, fields = self._enter(call)
        body = await self._json(call)
        cursor, count = body.get("cursor"), body.get("max_count", 10)
        if not set(body) <= {"cursor", "max_count"} or not isinstance(count, int):
            raise refuse(400, "invalid_params", "The body takes cursor and max_count.")
        if not 1 <= count <= 20 or not isinstance(cursor, int | None):
            raise refuse(400, "invalid_params", "max_count is 1 to 20, cursor a number.")
        newest = sorted(self._public(account), key=lambda post: -post.created_at)
        rest = [post for post in newest if not cursor or post.created_at * 1000 < cursor]
        page = rest[:count]
        return ok(
            {
                "videos": [self._video(post, fields, call.base) for post in page],
                "cursor": int(page[-1].created_at * 1000) if page else cursor or 0,
                "has_more": len(rest) > count,
            }
        )

    def _enter(self, call: Call) -> tuple[TikTokAccount, list[str]]:
        account, scopes = self.door.enter(call, ())
        if "video.list" not in scopes:
            # This older API has a name of its own for a missing scope.
            raise refuse(400, "scope_permission_missed", "The scope video.list is required.")
        self.door.limit("display", account, self.runtime.settings.tiktok_display_per_minute)
        fields = [name for name in call.query.get("fields", "").split(",") if name]
        if not fields or not set(fields) <= _FIELDS or set(call.query) != {"fields"}:
            raise refuse(400, "invalid_params", "The fields are missing or unknown.")
        return account, fields

    async def _json(self, call: Call) -> dict[str, Any]:
        data = await call.body()
        if data and not has_json_type(call):
            raise refuse(400, "invalid_params", "Content-Type must be application/json.")
        try:
            return json_object(data) if data else {}
        except MalformedBodyError as error:
            raise refuse(400, "invalid_params", str(error)) from error

    def _public(self, account: TikTokAccount) -> list[Post]:
        posts = self.runtime.ledger.posts(TIKTOK, account.id)
        return [post for post in posts if post.visibility is Visibility.PUBLIC]

    def _video(self, post: Post, fields: list[str], base: str) -> dict[str, Any]:
        counts = numbers(post, self.runtime.state.now())
        media = self.runtime.media.get(post.sha256)
        url = url_of(post, base)
        values = {
            "id": post.post_id,
            "create_time": int(post.created_at),
            "title": post.caption,
            "video_description": post.caption,
            "duration": round(media.probe.duration_s) if media else 0,
            "height": media.probe.height if media else 0,
            "width": media.probe.width if media else 0,
            "cover_image_url": f"{base}/avatars/tiktok/{post.account}.svg",
            "share_url": url,
            "embed_html": f'<iframe src="{url}"></iframe>',
            "embed_link": url,
            "like_count": counts.likes,
            "comment_count": counts.comments,
            "share_count": counts.shares,
            "view_count": counts.views,
            "is_aigc": post.options.get("is_aigc", False),
        }
        return {name: values[name] for name in fields}
