"""YouTube's resumable upload protocol: sessions, probes, chunks."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Draft, Platform
from uploadm8.domain.platforms.clients.chunks import content_range, stored_by_range
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.handles import YouTubeHandle
from uploadm8.domain.platforms.clients.transport import body, json_object, text
from uploadm8.domain.platforms.clients.youtube_api import YouTubeApi, answer_error
from uploadm8.infra.http import STATUS_TIMEOUT, TRANSFER_TIMEOUT, Answer

GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The session is complete and this is its video resource."""

    video: dict[str, Any]

    @property
    def video_id(self) -> str | None:
        """Id of the video."""
        return text(self.video, "id")


@dataclass(frozen=True, slots=True)
class Stored:
    """The session holds this many bytes and wants more."""

    count: int


@dataclass(frozen=True, slots=True)
class Gone:
    """YouTube does not know the session (any more)."""


Progress = Uploaded | Stored | Gone


async def start(api: YouTubeApi, draft: Draft, *, part: str, notify: bool, body: Any) -> str:
    """Open a session and return its address, a secret. Creates no video."""
    kind = draft.media.content_type
    answer = await api.line.send(
        "POST",
        f"{api.base}/upload/youtube/v3/videos",
        headers={
            "Authorization": f"Bearer {draft.access.token}",
            "Content-Type": "application/json; charset=UTF-8",
            "X-Upload-Content-Length": str(draft.media.size),
            "X-Upload-Content-Type": kind if kind.startswith("video/") else "video/*",
        },
        params={
            "uploadType": "resumable",
            "part": part,
            "notifySubscribers": "true" if notify else "false",
        },
        json=body,
    )
    if not answer.ok:
        raise answer_error(answer)
    location: str | None = answer.headers.get("location")
    if not location:
        raise PlatformError(e.GARBLED, platform=Platform.YOUTUBE, http_status=answer.status)
    return urljoin(answer.url, location)


async def probe(api: YouTubeApi, draft: Draft, handle: YouTubeHandle) -> Progress:
    """Ask the session how much it has; this is also the cure for an unknown outcome."""
    answer = await api.line.send(
        "PUT",
        handle.session_url,
        headers={
            "Authorization": f"Bearer {draft.access.token}",
            "Content-Length": "0",
            "Content-Range": f"bytes */{handle.size}",
        },
        patience=STATUS_TIMEOUT,
        idempotent=True,
    )
    return _progress(answer)


async def put(
    api: YouTubeApi, draft: Draft, handle: YouTubeHandle, start: int, end: int
) -> Progress:
    """Send [start, end) and return what the session then has."""
    answer = await api.line.send(
        "PUT",
        handle.session_url,
        headers={
            "Authorization": f"Bearer {draft.access.token}",
            "Content-Type": draft.media.content_type,
            "Content-Length": str(end - start),
            "Content-Range": content_range(start, end, handle.size),
        },
        content=body(draft.media, start, end),
        patience=TRANSFER_TIMEOUT,
    )
    if answer.status == 416:
        return await probe(api, draft, handle)
    return _progress(answer)


def _progress(answer: Answer) -> Progress:
    if answer.status in {200, 201}:
        # Complete whatever the body says: one without an id is looked for by its tag.
        return Uploaded(json_object(answer) or {})
    if answer.status == 308:
        return Stored(stored_by_range(answer.headers.get("range")))
    if answer.status in GONE:
        return Gone()
    raise answer_error(answer)
