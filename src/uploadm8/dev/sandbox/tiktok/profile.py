"""Who a TikTok user is, as far as the granted scopes tell."""

from uploadm8.dev.sandbox.kit.identity import TIKTOK
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route
from uploadm8.dev.sandbox.tiktok.replies import Door, ok, refuse

_USER_FIELDS = {
    "open_id": "user.info.basic",
    "union_id": "user.info.basic",
    "avatar_url": "user.info.basic",
    "avatar_url_100": "user.info.basic",
    "avatar_large_url": "user.info.basic",
    "display_name": "user.info.basic",
    "bio_description": "user.info.profile",
    "profile_deep_link": "user.info.profile",
    "is_verified": "user.info.profile",
    "username": "user.info.profile",
    "follower_count": "user.info.stats",
    "following_count": "user.info.stats",
    "likes_count": "user.info.stats",
    "video_count": "user.info.stats",
}


class TikTokProfile:
    """The route user/info."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime

    def routes(self) -> list[Route]:
        return [Route("GET", "/v2/user/info/", "user_info", self.user_info)]

    async def user_info(self, call: Call) -> Reply:
        account, scopes = self.door.enter(call, ())
        self.door.limit("user_info", account, self.runtime.settings.tiktok_display_per_minute)
        fields = [name for name in call.query.get("fields", "").split(",") if name]
        if not fields or set(call.query) != {"fields"} or not set(fields) <= set(_USER_FIELDS):
            raise refuse(400, "invalid_params", "The fields are missing or unknown.")
        missing = [name for name in fields if _USER_FIELDS[name] not in scopes]
        if missing and self.runtime.settings.tiktok_missing_field_scope == "error":
            raise refuse(401, "scope_not_authorized", f"Not authorized for: {','.join(missing)}.")
        avatar = f"{call.base}/avatars/tiktok/{account.id}.svg"
        values = {
            "open_id": f"open-{account.id}",
            "union_id": f"union-{account.id}",
            "avatar_url": avatar,
            "avatar_url_100": avatar,
            "avatar_large_url": avatar,
            "display_name": account.nickname,
            "bio_description": "",
            "profile_deep_link": f"{call.base}/posts?account={account.id}",
            "is_verified": False,
            "username": account.username,
            "follower_count": account.followers,
            "following_count": 120,
            "likes_count": account.followers * 9,
            "video_count": len(self.runtime.ledger.posts(TIKTOK, account.id)),
        }
        return ok({"user": {name: values[name] for name in fields if name not in missing}})
