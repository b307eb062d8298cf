"""Ordinary page videos: a chunked session whose offsets Facebook dictates."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Accepted, Draft, Platform, Report
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.facebook_status import read_status
from uploadm8.domain.platforms.clients.handles import FacebookVideoHandle
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.multipart import one_file
from uploadm8.domain.platforms.clients.options import FacebookOptions
from uploadm8.domain.platforms.clients.transport import body, number, text
from uploadm8.infra.http import TRANSFER_TIMEOUT

WRONG_OFFSET = 1363037
STALLS = 3


@dataclass(frozen=True, slots=True)
class VideoUpload:
    """The other way of Facebook to publish."""

    graph: Graph

    async def start(self, draft: Draft) -> FacebookVideoHandle:
        """Open a session and learn which bytes come first."""
        found = await self._post(
            draft, {"upload_phase": "start", "file_size": str(draft.media.size)}
        )
        session, video_id = text(found, "upload_session_id"), text(found, "video_id")
        if session is None or video_id is None:
            raise PlatformError(e.GARBLED, platform=Platform.FACEBOOK)
        start, end = _offsets(found)
        return FacebookVideoHandle(
            size=draft.media.size, video_id=video_id, session_id=session, start=start, end=end
        )

    async def transfer(
        self, draft: Draft, handle: FacebookVideoHandle, report: Report
    ) -> FacebookVideoHandle:
        """Send the range Facebook asks for, until it asks for none."""
        stalls = 0
        while handle.start < handle.end:
            try:
                found: Mapping[str, Any] = await self._chunk(draft, handle)
            except PlatformError as error:
                if not (error.platform_code or "").endswith(str(WRONG_OFFSET)):
                    raise
                if not error.data:  # the offset cannot be asked for: begin another session
                    raise PlatformError(e.SESSION_GONE, platform=Platform.FACEBOOK) from error
                found = error.data
            start, end = _offsets(found)
            stalls = stalls + 1 if start <= handle.start else 0
            if stalls >= STALLS:
                raise PlatformError(e.LOST, platform=Platform.FACEBOOK)
            handle = msgspec.structs.replace(handle, start=start, end=end)
            await report(handle.start)
        return handle

    async def finish(
        self, draft: Draft, handle: FacebookVideoHandle, *, again: bool = False
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
            "upload_session_id": handle.session_id,
            "description": draft.caption,
        }
        if title := options.title or draft.title:
            form["title"] = title
        if options.draft:
            form |= {"published": "false", "unpublished_content_type": "DRAFT"}
        elif options.publish_at is not None:
            at = str(int(options.publish_at.timestamp()))
            form |= {"published": "false", "scheduled_publish_time": at}
        else:
            form["published"] = "true"
        await self._post(draft, form)
        return Accepted(handle.video_id)

    async def _post(self, draft: Draft, form: Mapping[str, str]) -> dict[str, Any]:
        return await self.graph.post(
            f"{draft.access.account_id}/videos",
            draft.access.token,
            form,
            base=self.graph.endpoints.graph_video,
        )

    async def _chunk(self, draft: Draft, handle: FacebookVideoHandle) -> dict[str, Any]:
        """Stream one multipart request; its bytes are never held whole."""
        fields = {
            "upload_phase": "transfer",
            "upload_session_id": handle.session_id,
            "start_offset": str(handle.start),
            "appsecret_proof": self.graph.proof(draft.access.token),
        }
        kind, head, tail = one_file(
            fields,
            name="video_file_chunk",
            filename="chunk.mp4",
            kind="application/octet-stream",
        )
        length = len(head) + handle.end - handle.start + len(tail)

        async def content() -> AsyncIterator[bytes]:
            yield head
            async for piece in body(draft.media, handle.start, handle.end):
                yield piece
            yield tail

        answer = await self.graph.line.send(
            "POST",
            f"{self.graph.endpoints.graph_video}/{draft.access.account_id}/videos",
            headers={
                "Authorization": f"Bearer {draft.access.token}",
                "Content-Type": kind,
                "Content-Length": str(length),
            },
            content=content(),
            patience=TRANSFER_TIMEOUT,
        )
        return self.graph.decode(answer)


def _offsets(found: Mapping[str, Any]) -> tuple[int, int]:
    start, end = number(found, "start_offset"), number(found, "end_offset")
    if start is None or end is None:
        raise PlatformError(e.GARBLED, platform=Platform.FACEBOOK)
    return start, end
