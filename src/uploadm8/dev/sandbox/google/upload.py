"""YouTube's resumable upload protocol."""

import asyncio
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uploadm8.dev.sandbox.google import metadata
from uploadm8.dev.sandbox.google.replies import UPLOAD, Door, parts_of, query_of, refuse
from uploadm8.dev.sandbox.google.videos import YOUTUBE, Video, Videos
from uploadm8.dev.sandbox.kit.forms import MalformedBodyError, has_json_type, json_object
from uploadm8.dev.sandbox.kit.media import append_body
from uploadm8.dev.sandbox.kit.values import whole_number
from uploadm8.dev.sandbox.kit.wire import (
    BodyBrokenError,
    Call,
    Reply,
    Route,
    json_reply,
)

_PATH = "/upload/youtube/v3/videos"
_GRAIN = 262_144
_MAX_BYTES = 274_877_906_944
_SPAN = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_PROBE = re.compile(r"bytes \*/(\d+|\*)")
_DAY_S = 86_400


@dataclass(slots=True)
class Session:
    """An upload under way."""

    id: str
    account: str
    body: dict[str, Any]
    parts: list[str]
    total: int
    content_type: str
    created_at: float
    path: str
    notify: bool = True
    received: int = 0
    video_id: str = ""


class YouTubeUpload:
    """Starts sessions and takes their bytes."""

    def __init__(self, door: Door, videos: Videos) -> None:
        self.door, self.runtime, self.videos = door, door.runtime, videos
        self.sessions = self.runtime.state.table("youtube.sessions", Session)
        self._completing: dict[str, asyncio.Lock] = {}

    def routes(self) -> list[Route]:
        return [
            Route("POST", _PATH, "upload_start", self.start),
            Route("PUT", _PATH, "upload_bytes", self.put),
        ]

    def owner(self, call: Call) -> str | None:
        """The account whose session a PUT belongs to."""
        session = self.sessions.get(call.query.get("upload_id", ""))
        return session.account if session else None

    async def start(self, call: Call) -> Reply:
        account = self.door.enter(call, UPLOAD)
        query = query_of(
            call, {"uploadType", "part", "notifySubscribers", "autoLevels", "stabilize"}
        )
        # Every request costs, even one that is then found invalid.
        self.door.spend(1, "inserts")
        self.door.channel(account)
        if query.get("uploadType") != "resumable":
            raise refuse(400, "wrongUrlForUpload", "uploadType must be resumable.", "global")
        parts = parts_of(query, metadata.PARTS)
        if query.get("notifySubscribers", "true") not in {"true", "false"}:
            raise refuse(400, "invalidParameter", "notifySubscribers is a boolean.", "global")
        total, kind = self._announced(call)
        body = await self._body(call)
        metadata.check(body, parts, self.runtime.settings, self.runtime.state.now())
        if self.runtime.settings.youtube_limit_appears == "start":
            self._check_channel_limit(account.id)
        session = Session(
            id=secrets.token_urlsafe(32),
            account=account.id,
            body=body,
            parts=parts,
            total=total,
            content_type=kind,
            created_at=self.runtime.state.now(),
            path=str(self.runtime.media.new_upload()),
            notify=query.get("notifySubscribers") != "false",
        )
        self.sessions[session.id] = session
        where = f"{call.base}/google-api{_PATH}?{call.raw_query}&upload_id={session.id}"
        return Reply(200, headers=(("location", where), ("x-guploader-uploadid", session.id)))

    async def put(self, call: Call) -> Reply:
        session = self.sessions.get(call.query.get("upload_id", ""))
        settings = self.runtime.settings
        if session is None:
            return Reply(settings.youtube_session_gone)
        age = self.runtime.state.now() - session.created_at
        if age >= settings.youtube_session_life_s or call.fault == "expire":
            self.sessions.pop(session.id, None)
            return Reply(settings.youtube_session_gone)
        if "authorization" in call.headers:
            self.door.enter(call, UPLOAD)
        call.account = session.account
        async with self._completing.setdefault(session.id, asyncio.Lock()):
            pass
        header = call.headers.get("content-range", "")
        if call.fault == "stale_status" and header.startswith("bytes *"):
            return Reply(308)  # as it was before any byte came
        if session.video_id:
            return self._done(session, call)
        if header and (match := _PROBE.fullmatch(header)):
            if call.content_length != 0 or match[1] not in {str(session.total), "*"}:
                raise refuse(400, "badRequest", "A status request has no body.", "global")
            return self._progress(session)
        return await self._bytes(session, call, header)

    async def _bytes(self, session: Session, call: Call, header: str) -> Reply:
        first, last, total = self._span(session, call, header)
        if total != session.total or call.content_length != last - first + 1:
            raise refuse(400, "badRequest", "Content-Range does not fit the session.", "global")
        if first != session.received:
            return self._out_of_place(session)
        is_last = last + 1 == total
        misaligned = not is_last and (last + 1 - first) % _GRAIN
        if misaligned and self.runtime.settings.youtube_misaligned_chunk == "reject":
            raise refuse(400, "badRequest", "Chunks are multiples of 262144 bytes.", "global")
        limit = None
        if call.fault == "partial":
            limit = (last + 1 - first) // 2 // _GRAIN * _GRAIN
        try:
            written = await append_body(call, Path(session.path), first, limit)
        except BodyBrokenError as broken:
            # Google keeps the whole grains of a request that broke off.
            stored = (first + broken.written) // _GRAIN * _GRAIN
            session.received = max(session.received, stored)
            raise
        if session.received != first:
            return self._out_of_place(session)
        session.received = first + written
        if session.received < session.total:
            session.received -= session.received % _GRAIN
            return self._progress(session)
        return await self._complete(session, call)

    def _span(self, session: Session, call: Call, header: str) -> tuple[int, int, int]:
        if not header:
            return 0, (call.content_length or 0) - 1, call.content_length or 0
        match = _SPAN.fullmatch(header)
        if match is None or int(match[1]) > int(match[2]) or int(match[2]) >= session.total:
            raise refuse(400, "badRequest", "Invalid Content-Range.", "global")
        return int(match[1]), int(match[2]), int(match[3])

    async def _complete(self, session: Session, call: Call) -> Reply:
        if self.runtime.settings.youtube_limit_appears == "end":
            self._check_channel_limit(session.account)
        async with self._completing.setdefault(session.id, asyncio.Lock()):
            media = await self.runtime.media.adopt(Path(session.path))
            session.video_id = self.videos.create(session.account, session.body, media).id
            self.runtime.ledger.note(YOUTUBE, session.video_id, notifySubscribers=session.notify)
            self.runtime.state.window_add(f"youtube.uploads.{session.account}")
        return self._done(session, call)

    def _done(self, session: Session, call: Call) -> Reply:
        video: Video | None = self.videos.table.get(session.video_id)
        if video is None:
            return Reply(self.runtime.settings.youtube_session_gone)
        resource = self.videos.resource(video, session.parts, call.base)
        return json_reply(resource, self.runtime.settings.youtube_done_status)

    def _progress(self, session: Session) -> Reply:
        if not session.received:
            return Reply(308)
        prefix = self.runtime.settings.youtube_range_prefix
        return Reply(308, headers=(("range", f"{prefix}0-{session.received - 1}"),))

    def _out_of_place(self, session: Session) -> Reply:
        status = self.runtime.settings.youtube_wrong_offset
        if status == 308:
            return self._progress(session)
        if status == 416:
            raise refuse(416, "requestedRangeNotSatisfiable", "Wrong offset.", "global")
        raise refuse(400, "badRequest", "Wrong offset.", "global")

    def _announced(self, call: Call) -> tuple[int, str]:
        length = whole_number(call.headers.get("x-upload-content-length"))
        kind = call.headers.get("x-upload-content-type", "")
        if not length:
            raise refuse(400, "mediaBodyRequired", "X-Upload-Content-Length is required.")
        if not (kind.startswith("video/") or kind == "application/octet-stream"):
            raise refuse(400, "badContent", "Media type is not supported.", "global")
        if length > _MAX_BYTES:
            raise refuse(413, "uploadTooLarge", "The file is larger than 256 GB.", "global")
        return length, kind

    async def _body(self, call: Call) -> dict[str, Any]:
        if not has_json_type(call):
            raise refuse(400, "badContent", "Content-Type must be application/json.", "global")
        try:
            return json_object(await call.body())
        except MalformedBodyError as error:
            raise refuse(400, "parseError", str(error), "global") from error

    def _check_channel_limit(self, account: str) -> None:
        used = self.runtime.state.window_count(f"youtube.uploads.{account}", _DAY_S)
        if used >= self.runtime.settings.youtube_channel_uploads_per_day:
            message = "The user has exceeded the number of videos they may upload."
            raise refuse(400, "uploadLimitExceeded", message)
