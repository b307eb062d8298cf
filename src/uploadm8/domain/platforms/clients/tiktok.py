"""Posting to TikTok: FILE_UPLOAD, so that nothing is public before the last chunk has arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients import tiktok_upload as upload
from uploadm8.domain.platforms.clients.base import (
    Accepted,
    Access,
    Ambiguous,
    CommitAgain,
    CommitResult,
    Draft,
    Live,
    LiveLimits,
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
from uploadm8.domain.platforms.clients.chunks import (
    ChunkPlan,
    stored_by_content_range,
    tiktok_plan,
    tiktok_resume,
)
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.handles import TikTokHandle
from uploadm8.domain.platforms.clients.options import TikTokOptions
from uploadm8.domain.platforms.clients.tiktok_api import TikTokApi, fail_error
from uploadm8.domain.platforms.clients.transport import number, once, rows, text
from uploadm8.infra.http import Answer

CREATOR_INFO = "/v2/post/publish/creator_info/query/"
DIRECT_INIT = "/v2/post/publish/video/init/"
INBOX_INIT = "/v2/post/publish/inbox/video/init/"
STATUS = "/v2/post/publish/status/fetch/"
VIDEO_QUERY = "/v2/video/query/"
METRIC_FIELDS = "id,share_url,view_count,like_count,comment_count,share_count"
METRIC_BATCH = 20
RESYNCS = 8

_REFUSALS = {
    "spam_risk_too_many_posts",
    "spam_risk_user_banned_from_posting",
    "reached_active_user_cap",
}


@dataclass(frozen=True, slots=True)
class TikTok:
    """The publishing steps of TikTok; see clients.protocol.Publisher."""

    api: TikTokApi

    platform = Platform.TIKTOK

    async def limits(self, access: Access) -> LiveLimits:
        """Read creator_info: TikTok wants it asked before every form and every direct post."""
        try:
            data = await self.api.call(CREATOR_INFO, access.token, idempotent=True)
        except PlatformError as error:
            if error.platform_code in _REFUSALS:
                return LiveLimits(can_post=False, refusal=error)
            raise
        offered = data.get("privacy_level_options")
        return LiveLimits(
            privacy=tuple(map(str, offered)) if isinstance(offered, list) else None,
            comments_off=bool(data.get("comment_disabled")),
            duets_off=bool(data.get("duet_disabled")),
            stitches_off=bool(data.get("stitch_disabled")),
            max_duration=number(data, "max_video_post_duration_sec"),
            nickname=text(data, "creator_nickname"),
        )

    async def prepare(self, draft: Draft) -> TikTokHandle:
        """Announce the file. A lost answer publishes nothing, as no bytes can follow."""
        options = _options(draft)
        plan = tiktok_plan(draft.media.size)
        request: dict[str, Any] = {
            "source_info": {
                "source": "FILE_UPLOAD",
                "video_size": plan.size,
                "chunk_size": plan.chunk_size,
                "total_chunk_count": plan.count,
            }
        }
        if options.mode == "direct":
            request["post_info"] = _post_info(draft.caption, options)
        path = DIRECT_INIT if options.mode == "direct" else INBOX_INIT
        data = await self.api.call(path, draft.access.token, json=request)
        publish_id, upload_url = text(data, "publish_id"), text(data, "upload_url")
        if publish_id is None or upload_url is None:
            raise PlatformError(e.GARBLED, platform=Platform.TIKTOK)
        return TikTokHandle(size=plan.size, publish_id=publish_id, upload_url=upload_url)

    async def transfer(self, draft: Draft, handle: TikTokHandle, report: Report) -> TikTokHandle:
        """Send every chunk but the last, going on from what TikTok says it stored."""
        plan = tiktok_plan(handle.size)
        if plan.count == 1:
            return handle
        stored = max(handle.stored, await self._stored(draft.access, handle))
        index = tiktok_resume(plan, stored) if stored else 0
        resyncs = 0
        while index < plan.count - 1:
            answer = await upload.put_chunk(self.api, draft, handle, index)
            resyncs += answer.status == 416
            if resyncs > RESYNCS:
                raise upload.chunk_error(answer)
            index = await self._next(draft.access, handle, answer, index)
            handle = msgspec.structs.replace(
                handle, stored=min(index, plan.count - 1) * plan.chunk_size
            )
            await report(handle.stored)
        return handle

    async def ready(self, draft: Draft, handle: TikTokHandle) -> Readiness:
        """Return Ready: TikTok processes nothing before the last chunk."""
        return Ready()

    async def commit(
        self, draft: Draft, handle: TikTokHandle, *, again: bool = False
    ) -> CommitResult:
        """Send the last chunk; its arrival makes TikTok publish."""
        plan = tiktok_plan(handle.size)
        return await once(self._last(draft, handle, plan), again=again)

    async def _last(self, draft: Draft, handle: TikTokHandle, plan: ChunkPlan) -> CommitResult:
        answer = await upload.put_chunk(self.api, draft, handle, plan.count - 1, tries=1)
        stored = stored_by_content_range(answer.headers.get("content-range"))
        if answer.status == 206 and stored is not None and stored < plan.size - 1:
            return Ambiguous("TikTok wants bytes that it was given before.")
        if answer.status in upload.STORED:
            return Accepted()
        raise upload.chunk_error(answer)

    async def check(self, draft: Draft, handle: TikTokHandle) -> Verdict:
        """Ask what became of a publish id."""
        try:
            data = await self._status(draft.access, handle)
        except PlatformError as error:
            if error.code == "platform_handle_unknown":
                return Unknown("TikTok no longer knows this upload.")
            raise
        return _verdict(data, handle, draft.access.username)

    async def metrics(self, access: Access, post_ids: Sequence[str]) -> Mapping[str, Metrics]:
        """Read counters of public posts; those TikTok does not list are left out."""
        found: dict[str, Metrics] = {}
        for at in range(0, len(post_ids), METRIC_BATCH):
            wanted = list(post_ids[at : at + METRIC_BATCH])
            data = await self.api.call(
                VIDEO_QUERY,
                access.token,
                params={"fields": METRIC_FIELDS},
                json={"filters": {"video_ids": wanted}},
                idempotent=True,
            )
            for row in rows(data, "videos"):
                found[text(row, "id") or ""] = Metrics(
                    views=number(row, "view_count"),
                    likes=number(row, "like_count"),
                    comments=number(row, "comment_count"),
                    shares=number(row, "share_count"),
                )
        return found

    async def permalink(self, access: Access, post_id: str) -> str | None:
        """Return the public address of a post; needs the account's handle."""
        return post_url(access.username, post_id)

    async def _status(self, access: Access, handle: TikTokHandle) -> Mapping[str, Any]:
        return await self.api.call(
            STATUS, access.token, json={"publish_id": handle.publish_id}, idempotent=True
        )

    async def _stored(self, access: Access, handle: TikTokHandle) -> int:
        try:
            data = await self._status(access, handle)
        except PlatformError as error:
            if error.code != "platform_handle_unknown":
                raise
            # Nothing can come of an upload that is unknown before its last chunk was sent.
            raise PlatformError(e.SESSION_GONE, platform=Platform.TIKTOK) from error
        if text(data, "status") == "FAILED":
            raise fail_error(text(data, "fail_reason") or "internal")
        return number(data, "uploaded_bytes") or 0

    async def _next(self, access: Access, handle: TikTokHandle, answer: Answer, index: int) -> int:
        """Return the next chunk's index; out of step, TikTok's answer or its status names it."""
        if answer.status in upload.STORED:
            return index + 1
        if answer.status == 416:
            stored = stored_by_content_range(answer.headers.get("content-range"))
            if stored is None:
                stored = await self._stored(access, handle)
            resumed = tiktok_resume(tiktok_plan(handle.size), stored) if stored else 0
            if resumed != index:
                return resumed
        raise upload.chunk_error(answer)


def post_url(username: str | None, post_id: str | None) -> str | None:
    """Build the public address of a video."""
    return f"https://www.tiktok.com/@{username}/video/{post_id}" if username and post_id else None


def _options(draft: Draft) -> TikTokOptions:
    if not isinstance(draft.options, TikTokOptions):
        raise TypeError("a TikTok post has TikTokOptions")
    return draft.options


def _post_info(caption: str, options: TikTokOptions) -> dict[str, Any]:
    info: dict[str, Any] = {
        "title": caption,
        "privacy_level": options.privacy,
        "disable_comment": not options.allow_comments,
        "disable_duet": not options.allow_duets,
        "disable_stitch": not options.allow_stitches,
        "brand_content_toggle": options.branded_content,
        "brand_organic_toggle": options.own_brand,
        "is_aigc": options.ai_generated,
    }
    if options.cover_at_ms is not None:
        info["video_cover_timestamp_ms"] = options.cover_at_ms
    return info


def _verdict(data: Mapping[str, Any], handle: TikTokHandle, username: str | None) -> Verdict:
    status = text(data, "status")
    if status == "PUBLISH_COMPLETE":
        posts = data.get("publicaly_available_post_id")
        post_id = str(posts[0]) if isinstance(posts, list) and posts else None
        return Live(post_id, post_url(username, post_id))
    if status == "SEND_TO_USER_INBOX":
        return Live(None, None, "Delivered to the TikTok inbox; finish it in the app.")
    if status == "FAILED":
        return NotPublished(fail_error(text(data, "fail_reason") or "internal"))
    # Without the counter TikTok waits for bytes as far as anyone can tell; a chunk that it has
    # already is refused, and belongs to the same post.
    uploaded = number(data, "uploaded_bytes") or 0
    if status == "PROCESSING_UPLOAD" and uploaded < handle.size - 1:
        return CommitAgain()
    return Pending(detail=status)
