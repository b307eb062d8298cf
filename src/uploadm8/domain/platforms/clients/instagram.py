"""Posting reels to Instagram: a container is filled and processed, then published by one call."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from uploadm8.domain.platforms.clients import errors as e
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
    NotReady,
    Pending,
    Platform,
    Readiness,
    Ready,
    Report,
    Unknown,
    Verdict,
)
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.handles import InstagramHandle
from uploadm8.domain.platforms.clients.instagram_metrics import read_metrics
from uploadm8.domain.platforms.clients.meta_errors import NEW_CONTAINER, OBJECT_MISSING
from uploadm8.domain.platforms.clients.meta_graph import Graph, container_error
from uploadm8.domain.platforms.clients.options import InstagramOptions
from uploadm8.domain.platforms.clients.transport import (
    body,
    mapping,
    number,
    once,
    rows,
    said_already,
    text,
)
from uploadm8.infra.clock import now

_OVER = {"ERROR", "EXPIRED", "GONE"}
_CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Instagram:
    """The publishing steps of Instagram; see clients.protocol.Publisher."""

    graph: Graph

    platform = Platform.INSTAGRAM

    async def limits(self, access: Access) -> LiveLimits:
        """Read the publishing quota; documents disagree on it, so it is never assumed."""
        found = await self.graph.get(
            f"{access.account_id}/content_publishing_limit",
            access.token,
            {"fields": "quota_usage,config"},
        )
        row = next(iter(rows(found, "data")), {})
        config = mapping(row, "config")
        return LiveLimits(
            posts_used=number(row, "quota_usage"),
            posts_total=number(config, "quota_total"),
            window=number(config, "quota_duration"),
        )

    async def prepare(self, draft: Draft) -> InstagramHandle:
        """Create a container, which is invisible and expires after a day."""
        account = draft.access.account_id
        found = await self.graph.post(f"{account}/media", draft.access.token, _container(draft))
        container = text(found, "id")
        if container is None:
            raise PlatformError(e.GARBLED, platform=self.platform)
        ends = self.graph.endpoints
        usual = f"{ends.meta_rupload}/ig-api-upload/{ends.meta_version}/{container}"
        return InstagramHandle(
            size=draft.media.size,
            container_id=container,
            upload_url=text(found, "uri") or usual,
            started=now().isoformat(),
        )

    async def transfer(
        self, draft: Draft, handle: InstagramHandle, report: Report
    ) -> InstagramHandle:
        """Send the whole file in one request; what a container holds of it cannot be asked."""
        if not handle.sent and await self._wants_bytes(draft.access, handle):
            try:
                await self.graph.rupload(
                    handle.upload_url,
                    draft.access.token,
                    offset=0,
                    size=handle.size,
                    content=body(draft.media, 0, handle.size),
                )
            except PlatformError as error:
                if error.platform_code in {"OffsetInvalidError", "PartialRequestError"}:
                    raise PlatformError(NEW_CONTAINER, platform=self.platform) from error
                raise
        await report(handle.size)
        return msgspec.structs.replace(handle, sent=True)

    async def ready(self, draft: Draft, handle: InstagramHandle) -> Readiness:
        """Tell whether Instagram has processed the container."""
        status, detail = await self._status(draft.access, handle)
        if status in {"FINISHED", "PUBLISHED"}:
            return Ready()
        if status in _OVER:
            raise self._failure(status, detail)
        return NotReady()

    async def commit(
        self, draft: Draft, handle: InstagramHandle, *, again: bool = False
    ) -> CommitResult:
        """Publish the container; any doubt is settled by the container's own status."""
        return await once(self._publish(draft, handle), again=again)

    async def _publish(self, draft: Draft, handle: InstagramHandle) -> CommitResult:
        account = draft.access.account_id
        form = {"creation_id": handle.container_id}
        try:
            found = await self.graph.post(f"{account}/media_publish", draft.access.token, form)
        except PlatformError as error:
            if error.fresh_handle:
                return Ambiguous(error.detail)
            raise
        return Accepted(text(found, "id"))

    async def check(self, draft: Draft, handle: InstagramHandle) -> Verdict:
        """Ask the container what became of it."""
        status, detail = await self._status(draft.access, handle)
        if status == "PUBLISHED":
            return await self._live(draft, handle)
        if status == "FINISHED":
            return CommitAgain(look_twice=True)
        if status == "GONE":
            return Unknown("Instagram no longer knows the upload.")
        if status in _OVER:
            return NotPublished(self._failure(status, detail))
        if status == "IN_PROGRESS":
            return Pending(detail=detail)
        return Unknown(f"Instagram answers with the status {status}.")

    async def permalink(self, access: Access, post_id: str) -> str | None:
        """Read the address of a reel."""
        found = await self.graph.get(post_id, access.token, {"fields": "id,permalink,shortcode"})
        return text(found, "permalink")

    async def metrics(self, access: Access, post_ids: Sequence[str]) -> Mapping[str, Metrics]:
        """Read insights, or the plain counters where insights are not granted."""
        return {
            post_id: counters
            for post_id in post_ids
            if (counters := await read_metrics(self.graph, access, post_id)) is not None
        }

    async def first_comment(self, access: Access, post_id: str, comment: str) -> None:
        """Comment as the account, unless that comment is there already."""
        if not await said_already(self._comments(access, post_id), comment):
            await self.graph.post(f"{post_id}/comments", access.token, {"message": comment})

    async def _comments(self, access: Access, post_id: str) -> list[str | None]:
        found = await self.graph.get(f"{post_id}/comments", access.token, {"fields": "text"})
        return [text(row, "text") for row in rows(found, "data")]

    async def _status(self, access: Access, handle: InstagramHandle) -> tuple[str, str | None]:
        params = {"fields": "status_code,status"}
        try:
            found = await self.graph.get(handle.container_id, access.token, params)
        except PlatformError as error:
            if error.platform_code != OBJECT_MISSING:
                raise
            return "GONE", error.detail
        return text(found, "status_code") or "missing", text(found, "status")

    async def _wants_bytes(self, access: Access, handle: InstagramHandle) -> bool:
        status, detail = await self._status(access, handle)
        if status in _OVER:
            raise self._failure(status, detail)
        return status not in {"FINISHED", "PUBLISHED"}

    def _failure(self, status: str, detail: str | None) -> PlatformError:
        if status in {"EXPIRED", "GONE"}:
            return PlatformError(NEW_CONTAINER, platform=self.platform, platform_code=status)
        return container_error(self.platform, detail)

    async def _live(self, draft: Draft, handle: InstagramHandle) -> Live:
        """Find the reel's id: the one post with this caption that is newer than the container."""
        params = {"fields": "id,permalink,timestamp,caption", "limit": "5"}
        listed: list[Mapping[str, Any]] = []
        with suppress(PlatformError):
            account = draft.access.account_id
            found = await self.graph.get(f"{account}/media", draft.access.token, params)
            listed = rows(found, "data")
        since = datetime.fromisoformat(handle.started) - _CLOCK_SLACK
        ours = [
            row
            for row in listed
            if (text(row, "caption") or "") == draft.caption and _newer(row, since)
        ]
        if len(ours) != 1:
            return Live(None)
        return Live(text(ours[0], "id"), text(ours[0], "permalink"))


def _newer(row: Mapping[str, Any], since: datetime) -> bool:
    try:
        return datetime.fromisoformat(text(row, "timestamp") or "") >= since
    except (ValueError, TypeError):
        return False


def _audio(options: InstagramOptions) -> dict[str, Any] | None:
    if options.audio_id is None:
        return None
    volumes = {"audio_volume": options.audio_volume, "video_volume": options.video_volume}
    known = {name: value for name, value in volumes.items() if value is not None}
    return {"audio_id": options.audio_id, **known}


def _container(draft: Draft) -> dict[str, str]:
    options = draft.options
    if not isinstance(options, InstagramOptions):
        raise TypeError("an Instagram post has InstagramOptions")
    form: dict[str, Any] = {
        "media_type": "REELS",
        "upload_type": "resumable",
        "caption": draft.caption,
        "share_to_feed": options.share_to_feed,
        "collaborators": [name.lstrip("@") for name in options.collaborators],
        "user_tags": [{"username": name.lstrip("@")} for name in options.tagged_users],
        "cover_url": draft.cover_url,
        "thumb_offset": None if draft.cover_url else options.cover_at_ms,
        "audio_name": options.audio_name,
        "audio_configuration": _audio(options),
        "location_id": options.location_id,
        "trial_params": {"graduation_strategy": options.trial} if options.trial else None,
        "is_ai_generated": options.ai_generated or None,
        "is_paid_partnership": options.paid_partnership or None,
        "branded_content_sponsor_ids": list(options.sponsor_ids),
    }
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in form.items()
        if value not in (None, [], "")
    }
