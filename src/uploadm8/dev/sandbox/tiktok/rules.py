"""What TikTok accepts in an init request."""

from collections.abc import Mapping
from typing import Any

from uploadm8.dev.sandbox.config import Settings
from uploadm8.dev.sandbox.kit.identity import TikTokAccount
from uploadm8.dev.sandbox.kit.media import Probe
from uploadm8.dev.sandbox.kit.text_units import utf16_units
from uploadm8.dev.sandbox.kit.wire import RefusedError
from uploadm8.dev.sandbox.tiktok.chunks import ChunkPlan
from uploadm8.dev.sandbox.tiktok.replies import refuse

PRIVACY = frozenset(
    {"PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"}
)
POST_INFO: Mapping[str, type] = {
    "title": str,
    "privacy_level": str,
    "disable_duet": bool,
    "disable_comment": bool,
    "disable_stitch": bool,
    "video_cover_timestamp_ms": int,
    "brand_content_toggle": bool,
    "brand_organic_toggle": bool,
    "is_aigc": bool,
}
_FILE = {"source": str, "video_size": int, "chunk_size": int, "total_chunk_count": int}
_PULL = {"source": str, "video_url": str}


def privacy_options(account: TikTokAccount) -> list[str]:
    """The privacy levels a creator may choose from."""
    first = "FOLLOWER_OF_CREATOR" if account.private else "PUBLIC_TO_EVERYONE"
    return [first, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]


class InitRules:
    """Checks request bodies of the init endpoints; every breach is a RefusedError."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def invalid(self, message: str) -> RefusedError:
        return refuse(400, self.settings.tiktok_invalid_param, message)

    def members(
        self, value: Any, types: Mapping[str, type], required: frozenset[str], where: str
    ) -> dict[str, Any]:
        """Check an object's members against their JSON types."""
        if not isinstance(value, dict):
            raise self.invalid(f"{where} must be an object")
        unknown = set(value) - set(types)
        if unknown or not required <= set(value):
            raise self.invalid(f"{where} has an unknown or misses a required member")
        for name, item in value.items():
            # bool is a subclass of int in Python but not in JSON.
            if type(item) is not types[name]:
                raise self.invalid(f"{where}.{name} has the wrong type")
        return value

    def post_info(self, value: Any, account: TikTokAccount) -> dict[str, Any]:
        info = self.members(value, POST_INFO, frozenset({"privacy_level"}), "post_info")
        level = info["privacy_level"]
        if level not in PRIVACY:
            raise self.invalid("post_info.privacy_level is unknown")
        if utf16_units(info.get("title", "")) > 2200:
            raise self.invalid("post_info.title is longer than 2200 UTF-16 units")
        if not -(2**31) <= info.get("video_cover_timestamp_ms", 0) < 2**31:
            raise self.invalid("post_info.video_cover_timestamp_ms is not an int32")
        if level not in privacy_options(account):
            raise refuse(403, "privacy_level_option_mismatch", "Not one of the creator's options.")
        branded = info.get("brand_content_toggle", False) and level == "SELF_ONLY"
        if branded and self.settings.tiktok_branded_private == "reject":
            raise self.invalid("branded content cannot be private")
        return info

    def source(self, value: Any) -> tuple[ChunkPlan | None, str]:
        """A chunk plan for FILE_UPLOAD, or the address for PULL_FROM_URL."""
        kind = value.get("source") if isinstance(value, dict) else None
        if kind == "FILE_UPLOAD":
            parts = self.members(value, _FILE, frozenset(_FILE), "source_info")
            plan = ChunkPlan(parts["video_size"], parts["chunk_size"], parts["total_chunk_count"])
            if fault := plan.fault(self.settings):
                raise self.invalid(fault)
            return plan, ""
        if kind == "PULL_FROM_URL":
            url = self.members(value, _PULL, frozenset(_PULL), "source_info")["video_url"]
            if not url.startswith(self.settings.tiktok_verified_urls or ("\0",)):
                raise refuse(403, "url_ownership_unverified", "The URL's owner is not verified.")
            return None, url
        raise self.invalid("source_info.source is unknown")


def media_fault(probe: Probe, account: TikTokAccount) -> str | None:
    """The fail_reason of a received video, or None when TikTok takes it."""
    if not probe.ok:
        return "file_format_check_failed"
    if probe.duration_s > account.max_duration_s + 0.5:
        return "duration_check_failed"
    # Half a frame of tolerance: average rates such as 23.976 and 60000/1001 are within the rule.
    if not 22.9 <= probe.fps <= 60.5:
        return "frame_rate_check_failed"
    if not (360 <= probe.width <= 4096 and 360 <= probe.height <= 4096):
        return "picture_size_check_failed"
    return None
