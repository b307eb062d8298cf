"""Posting to YouTube: a resumable session whose final piece is held back until commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients import youtube_upload as upload
from uploadm8.domain.platforms.clients.base import (
    Accepted,
    Access,
    Ambiguous,
    CommitAgain,
    CommitResult,
    Draft,
    Live,
    LiveLimits,
    MediaFacts,
    Metrics,
    NotPublished,
    Pending,
    Platform,
    Readiness,
    Ready,
    Report,
    Unknown,
    Verdict,
)
from uploadm8.domain.platforms.clients.chunks import youtube_next
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.handles import YouTubeHandle
from uploadm8.domain.platforms.clients.transport import mapping, once, rows, text
from uploadm8.domain.platforms.clients.youtube_api import FAILURES, YouTubeApi
from uploadm8.domain.platforms.clients.youtube_metadata import (
    TAG_PREFIX,
    is_short,
    options_of,
    video_resource,
)
from uploadm8.domain.platforms.clients.youtube_metrics import read_metrics
from uploadm8.errors import Retry
from uploadm8.infra.clock import now

SETTLE = timedelta(minutes=2)
"""How long after its session began a finished video may be missing from the uploads list."""

_LONGEST = {"allowed": 43_200.0, "eligible": 900.0, "disallowed": 900.0}


@dataclass(frozen=True, slots=True)
class YouTube:
    """The publishing steps of YouTube; see clients.protocol.Publisher."""

    api: YouTubeApi

    platform = Platform.YOUTUBE

    async def limits(self, access: Access) -> LiveLimits:
        """Read what the channel may upload; YouTube has no counter of posts left."""
        channel = await self._channel(access)
        status = text(mapping(channel, "status"), "longUploadsStatus") or ""
        return LiveLimits(
            max_duration=_LONGEST.get(status),
            nickname=text(mapping(channel, "snippet"), "title"),
        )

    async def prepare(self, draft: Draft) -> YouTubeHandle:
        """Open a session. Without its last byte it never becomes a video."""
        session = await upload.start(
            self.api,
            draft,
            part="snippet,status",
            notify=options_of(draft).notify_subscribers,
            body=video_resource(draft),
        )
        return YouTubeHandle(
            size=draft.media.size,
            session_url=session,
            marker=draft.marker,
            started=now().isoformat(),
        )

    async def transfer(self, draft: Draft, handle: YouTubeHandle, report: Report) -> YouTubeHandle:
        """Send everything but the final piece, always from where the server says it is."""
        progress = await upload.probe(self.api, draft, handle)
        stalled = 0
        while isinstance(progress, upload.Stored):
            handle = msgspec.structs.replace(handle, stored=progress.count)
            await report(handle.stored)
            start, end = youtube_next(handle.size, progress.count)
            if start == end:
                return handle
            progress = await upload.put(self.api, draft, handle, start, end)
            stuck = isinstance(progress, upload.Stored) and progress.count <= start
            stalled = stalled + 1 if stuck else 0
            if stalled > 2:
                raise PlatformError(e.LOST, platform=Platform.YOUTUBE)
        if isinstance(progress, upload.Gone):
            raise PlatformError(e.SESSION_GONE, platform=Platform.YOUTUBE)
        return msgspec.structs.replace(handle, stored=handle.size)

    async def ready(self, draft: Draft, handle: YouTubeHandle) -> Readiness:
        """Return Ready: nothing happens before the last byte."""
        return Ready()

    async def commit(
        self, draft: Draft, handle: YouTubeHandle, *, again: bool = False
    ) -> CommitResult:
        """Send the final piece. Asks the session first, so it can be called again safely."""
        return await once(self._finish(draft, handle, again=again), again=again)

    async def _finish(self, draft: Draft, handle: YouTubeHandle, *, again: bool) -> CommitResult:
        progress = await upload.probe(self.api, draft, handle)
        sent_all = again
        for _ in range(64):
            if isinstance(progress, upload.Uploaded):
                return Accepted(progress.video_id)
            if isinstance(progress, upload.Gone):
                if sent_all:
                    return Ambiguous("YouTube has closed the session.")
                raise PlatformError(e.SESSION_GONE, platform=Platform.YOUTUBE)
            start, end = youtube_next(handle.size, progress.count)
            if start == end:
                end, sent_all = handle.size, True
            progress = await upload.put(self.api, draft, handle, start, end)
        return Ambiguous("YouTube keeps asking for bytes it was given.")

    async def check(self, draft: Draft, handle: YouTubeHandle) -> Verdict:
        """Ask the session; when it is gone, look for the video by our tag."""
        progress = await upload.probe(self.api, draft, handle)
        if isinstance(progress, upload.Uploaded) and progress.video_id is not None:
            return _verdict(progress.video, draft.facts)
        if isinstance(progress, upload.Stored):
            return CommitAgain()
        try:
            video = await self._find(draft, handle)
        except PlatformError as error:
            if error.code == e.SCOPE_MISSING.code or error.retry is Retry.PERMANENT_REQUEST:
                return Unknown("The session is over and the uploads cannot be listed.")
            raise
        if video is not None:
            return _verdict(video, draft.facts)
        if isinstance(progress, upload.Uploaded):
            return Unknown("YouTube completed the upload without naming a video.")
        if now() - datetime.fromisoformat(handle.started) < SETTLE:
            return Pending(30.0, "The session is gone; waiting for the list of uploads to settle.")
        return NotPublished(PlatformError(e.SESSION_GONE, platform=Platform.YOUTUBE))

    async def permalink(self, access: Access, post_id: str) -> str | None:
        """Return the address of a video; needs no call."""
        return f"https://www.youtube.com/watch?v={post_id}"

    async def metrics(self, access: Access, post_ids: Sequence[str]) -> Mapping[str, Metrics]:
        """Read counters; shares come from Analytics, one to three days late."""
        return await read_metrics(self.api, access, post_ids)

    async def _channel(self, access: Access) -> Mapping[str, Any]:
        params = {"part": "snippet,statistics,contentDetails,status", "mine": "true"}
        channels = rows(await self.api.get("channels", access.token, params), "items")
        return next((row for row in channels if text(row, "id") == access.account_id), {})

    async def _find(self, draft: Draft, handle: YouTubeHandle) -> Mapping[str, Any] | None:
        """Look through the channel's newest uploads for the one tagged with our marker."""
        channel = await self._channel(draft.access)
        related = mapping(mapping(channel, "contentDetails"), "relatedPlaylists")
        playlist = text(related, "uploads")
        if playlist is None:
            return None
        token = draft.access.token
        params = {"part": "snippet", "playlistId": playlist, "maxResults": "50"}
        listed = rows(await self.api.get("playlistItems", token, params), "items")
        ids = [
            text(mapping(mapping(row, "snippet"), "resourceId"), "videoId") or "" for row in listed
        ]
        if not ids:
            return None
        params = {"part": "snippet,status", "id": ",".join(filter(None, ids))}
        videos = rows(await self.api.get("videos", token, params), "items")
        wanted = f"{TAG_PREFIX}{handle.marker}"
        return next(
            (row for row in videos if wanted in (mapping(row, "snippet").get("tags") or [])), None
        )


def _verdict(video: Mapping[str, Any], facts: MediaFacts) -> Verdict:
    status = mapping(video, "status")
    state = text(status, "uploadStatus")
    if state in {"failed", "rejected", "deleted"}:
        reason = text(status, "failureReason") or text(status, "rejectionReason") or state
        rule = FAILURES.get(
            reason, replace(e.POLICY, sentence=f"YouTube refused the video: {reason}.")
        )
        return NotPublished(PlatformError(rule, platform=Platform.YOUTUBE, platform_code=reason))
    video_id = text(video, "id")
    if video_id is None:
        return Unknown("YouTube completed the upload without naming a video.")
    path = f"shorts/{video_id}" if is_short(facts) else f"watch?v={video_id}"
    return Live(video_id, f"https://www.youtube.com/{path}")
