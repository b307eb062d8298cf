"""Facebook reels: start, bytes to rupload by offset, finish."""

from dataclasses import dataclass

import msgspec

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Accepted, Draft, Platform, Report
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.facebook_status import read_status
from uploadm8.domain.platforms.clients.handles import FacebookReelHandle
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.options import FacebookOptions
from uploadm8.domain.platforms.clients.transport import body, text

TRIES = 3


@dataclass(frozen=True, slots=True)
class ReelUpload:
    """One way of Facebook to publish."""

    graph: Graph

    async def start(self, draft: Draft) -> FacebookReelHandle:
        """Get an id and an upload address."""
        path = f"{draft.access.account_id}/video_reels"
        found = await self.graph.post(path, draft.access.token, {"upload_phase": "start"})
        video_id, upload_url = text(found, "video_id"), text(found, "upload_url")
        if video_id is None or upload_url is None:
            raise PlatformError(e.GARBLED, platform=Platform.FACEBOOK)
        return FacebookReelHandle(size=draft.media.size, video_id=video_id, upload_url=upload_url)

    async def transfer(
        self, draft: Draft, handle: FacebookReelHandle, report: Report
    ) -> FacebookReelHandle:
        """Send what is missing until Facebook itself says that it has every byte."""
        confirmed = False
        for _ in range(TRIES):
            status = await read_status(self.graph, draft.access.token, handle.video_id)
            if status.failure is not None:
                raise status.failure
            whole = status.uploaded or (confirmed and not status.tells_bytes)
            stored = handle.size if whole else min(status.stored, handle.size)
            handle = msgspec.structs.replace(handle, stored=stored)
            await report(stored)
            if stored >= handle.size:
                return handle
            try:
                await self.graph.rupload(
                    handle.upload_url,
                    draft.access.token,
                    offset=stored,
                    size=handle.size,
                    content=body(draft.media, stored, handle.size),
                )
                confirmed = True
            except PlatformError as error:
                if error.code != e.LOST.code:
                    raise
        raise PlatformError(e.LOST, platform=Platform.FACEBOOK)

    async def finish(
        self, draft: Draft, handle: FacebookReelHandle, *, again: bool = False
    ) -> Accepted:
        """Publish, schedule or keep as draft; the irreversible call."""
        if again:
            status = await read_status(self.graph, draft.access.token, handle.video_id)
            if status.publishing not in {"not_started", None}:
                return Accepted(handle.video_id)
        options = draft.options
        assert isinstance(options, FacebookOptions)  # noqa: S101 -- Facebook.prepare checked it
        form = {
            "upload_phase": "finish",
            "video_id": handle.video_id,
            "video_state": _state(options),
            "description": draft.caption,
        }
        if title := options.title or draft.title:
            form["title"] = title
        if options.publish_at is not None and not options.draft:
            form["scheduled_publish_time"] = str(int(options.publish_at.timestamp()))
        if options.place_id:
            form["place"] = options.place_id
        path = f"{draft.access.account_id}/video_reels"
        await self.graph.post(path, draft.access.token, form)
        return Accepted(handle.video_id)


def _state(options: FacebookOptions) -> str:
    if options.draft:
        return "DRAFT"
    return "SCHEDULED" if options.publish_at else "PUBLISHED"
