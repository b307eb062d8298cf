"""What is remembered between the steps of publishing, so that a crash never starts a second post.

Upload addresses act without a token: a handle is a secret, stored encrypted as one JSON text.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from uploadm8.domain.platforms.clients.base import Platform


class Handle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a platform gave us to finish one post with."""

    size: int

    @property
    def reference(self) -> str:
        """The platform's id of the handle: no secret, what its webhooks and support speak of."""
        raise NotImplementedError


class TikTokHandle(Handle, frozen=True, kw_only=True, tag="tiktok"):
    """A publish id and the address for its bytes, which lives one hour."""

    publish_id: str
    upload_url: str
    stored: int = 0

    @property
    def reference(self) -> str:
        return self.publish_id


class YouTubeHandle(Handle, frozen=True, kw_only=True, tag="youtube"):
    """A resumable session; `started` is when, in RFC 3339, to look for its video by date."""

    session_url: str
    marker: str
    started: str
    stored: int = 0

    @property
    def reference(self) -> str:
        return self.marker


class InstagramHandle(Handle, frozen=True, kw_only=True, tag="instagram"):
    """A container; `sent` once rupload has confirmed the bytes; `started` in RFC 3339."""

    container_id: str
    upload_url: str
    started: str
    sent: bool = False

    @property
    def reference(self) -> str:
        return self.container_id


class FacebookReelHandle(Handle, frozen=True, kw_only=True, tag="facebook_reel"):
    """A reel that has an id but no bytes, or not all of them."""

    video_id: str
    upload_url: str
    stored: int = 0

    @property
    def reference(self) -> str:
        return self.video_id


class FacebookVideoHandle(Handle, frozen=True, kw_only=True, tag="facebook_video"):
    """A chunked session of a page video; the next bytes wanted are [start, end)."""

    video_id: str
    session_id: str
    start: int
    end: int

    @property
    def reference(self) -> str:
        return self.video_id


AnyHandle = (
    TikTokHandle | YouTubeHandle | InstagramHandle | FacebookReelHandle | FacebookVideoHandle
)


HANDLES: Mapping[Platform, Any] = {
    Platform.TIKTOK: TikTokHandle,
    Platform.YOUTUBE: YouTubeHandle,
    Platform.INSTAGRAM: InstagramHandle,
    Platform.FACEBOOK: FacebookReelHandle | FacebookVideoHandle,
}
"""The type a platform's stored handle decodes to."""


def encode_handle(handle: AnyHandle) -> str:
    """Write a handle as JSON."""
    return msgspec.json.encode(handle).decode()


def decode_handle(written: str) -> AnyHandle:
    """Read what encode_handle wrote."""
    handle: AnyHandle = msgspec.json.decode(written, type=AnyHandle)
    return handle
