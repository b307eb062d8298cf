"""The bytes of a TikTok upload: one PUT a chunk, to an address that is itself the credential."""

from itertools import count

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Draft, Platform
from uploadm8.domain.platforms.clients.chunks import content_range, tiktok_plan
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.handles import TikTokHandle
from uploadm8.domain.platforms.clients.tiktok_api import TikTokApi
from uploadm8.domain.platforms.clients.transport import body
from uploadm8.infra.http import TRANSFER_TIMEOUT, Answer

CHUNK_TRIES = 3
STORED = frozenset({200, 201, 206})
"""206 wants more and 201 has all; 200 has been seen for either."""

_TYPES = frozenset({"video/mp4", "video/quicktime", "video/webm"})


async def put_chunk(
    api: TikTokApi, draft: Draft, handle: TikTokHandle, index: int, *, tries: int = CHUNK_TRIES
) -> Answer:
    """Send one chunk, the same again after a 5xx; no Authorization header goes along.

    Raises:
        PlatformError: TikTok's side has a fault, or there was no answer.
    """
    start, end = tiktok_plan(handle.size).bounds(index)
    kind = draft.media.content_type
    headers = {
        "Content-Type": kind if kind in _TYPES else "video/mp4",
        "Content-Length": str(end - start),
        "Content-Range": content_range(start, end, handle.size),
    }
    for attempt in count(1):
        answer = await api.line.send(
            "PUT",
            handle.upload_url,
            headers=headers,
            content=body(draft.media, start, end),
            patience=TRANSFER_TIMEOUT,
        )
        if answer.status < 500:
            return answer
        if attempt == tries:
            raise chunk_error(answer)
        await api.http.sleep(2.0**attempt)
    raise AssertionError


def chunk_error(answer: Answer) -> PlatformError:
    """Map the status of a chunk PUT, whose bodies carry no code."""
    rule = {
        403: e.SESSION_GONE,
        404: e.SESSION_GONE,
        416: e.SESSION_GONE,
        429: e.RATE_LIMITED,
    }.get(answer.status, e.UNAVAILABLE if answer.status >= 500 else e.REQUEST_REJECTED)
    return PlatformError(
        rule,
        platform=Platform.TIKTOK,
        http_status=answer.status,
        retry_after=e.retry_after(answer.headers),
    )
