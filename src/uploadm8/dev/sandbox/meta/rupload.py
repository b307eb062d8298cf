"""The host that takes Meta's bytes: Instagram containers and Facebook reels."""

from dataclasses import dataclass
from pathlib import Path

from uploadm8.dev.sandbox.kit.media import DownloadError, append_body, download
from uploadm8.dev.sandbox.kit.tokens import Grant, Token, TokenKind
from uploadm8.dev.sandbox.kit.values import whole_number
from uploadm8.dev.sandbox.kit.wire import (
    BodyBrokenError,
    Call,
    RefusedError,
    Reply,
    Route,
    json_reply,
)
from uploadm8.dev.sandbox.meta.door import Door
from uploadm8.dev.sandbox.meta.instagram import InstagramPublishing
from uploadm8.dev.sandbox.meta.pages import PageVideos
from uploadm8.dev.sandbox.meta.replies import rupload_failure
from uploadm8.dev.sandbox.meta.tables import Container, FbVideo, IgContainer, Phase

Target = IgContainer | FbVideo


@dataclass(slots=True)
class Piece:
    """The headers of one request with bytes."""

    offset: int
    file_size: int


class Rupload:
    """Routes of rupload.facebook.com; the version in the path may be missing."""

    def __init__(self, door: Door, instagram: InstagramPublishing, videos: PageVideos) -> None:
        self.door, self.runtime = door, door.runtime
        self.instagram, self.videos = instagram, videos

    def routes(self) -> list[Route]:
        steps = (
            ("video-upload", "reel_bytes", self.put_reel),
            ("ig-api-upload", "ig_bytes", self.put_container),
        )
        return [
            Route("POST", f"/{kind}{version}/{{node}}", name, handler)
            for kind, name, handler in steps
            for version in ("/{version}", "")
        ]

    async def put_container(self, call: Call) -> Reply:
        _, grant = self._token(call)
        container = self.instagram.containers.get(call.params["node"])
        if container is None or container.account != grant.account or not container.resumable:
            raise self._fail("ProcessingFailedError", "unauthorized user request")
        if self.instagram.status_of(container) is not Container.IN_PROGRESS or container.sha256:
            raise self._fail("ProcessingFailedError", "The upload is over.")
        if url := self._hosted(call):
            self.runtime.run_soon(self.instagram.fetch(container, url))
            return json_reply({"success": True, "message": "Upload successful."})
        total = await self._receive(call, container)
        if container.received >= total:
            await self.instagram.received(container)
        return json_reply({"success": True, "message": "Upload successful."})

    async def put_reel(self, call: Call) -> Reply:
        token, grant = self._token(call)
        video = self.videos.table.get(call.params["node"])
        own = video is not None and token.kind is TokenKind.PAGE and token.subject == video.page_id
        if video is None or not own or video.account != grant.account:
            raise self._fail("ProcessingFailedError", "unauthorized user request")
        if video.uploading is Phase.COMPLETE:
            raise self._fail("ProcessingFailedError", "The upload is over.")
        if url := self._hosted(call):
            await self._pull(video, url)
            return json_reply({"success": True})
        video.uploading = Phase.IN_PROGRESS
        video.total = await self._receive(call, video)
        if video.received >= video.total:
            await self.videos.uploaded(video)
        return json_reply({"success": True})

    def _token(self, call: Call) -> tuple[Token, Grant]:
        value = call.bearer("OAuth")
        if value is None:
            message = "The Authorization header must use the scheme OAuth."
            raise RefusedError(rupload_failure("NotAuthorizedError", message, 401, retriable=False))
        token, grant = self.door.check_token(value)
        call.account = grant.account
        return token, grant

    def _hosted(self, call: Call) -> str | None:
        url = call.headers.get("file_url")
        if url is not None and (call.content_length or not url.startswith(("http://", "https://"))):
            raise self._fail("ProcessingFailedError", "file_url needs an address and no body.")
        return url

    async def _receive(self, call: Call, target: Target) -> int:
        piece = self._piece(call)
        if isinstance(target, FbVideo):
            target.total = piece.file_size
        if piece.offset != target.received:
            message = f"Offset is {piece.offset}, expected {target.received}."
            raise self._fail("OffsetInvalidError", message)
        expected = piece.file_size - piece.offset
        if call.content_length != expected:
            raise self._fail("PartialRequestError", f"Expected {expected} bytes.", retriable=True)
        limit = expected // 2 if call.fault == "partial" else None
        try:
            written = await append_body(call, Path(target.path), piece.offset, limit)
        except BodyBrokenError as broken:
            # Facebook resumes from what it has; for Instagram nothing of the kind is documented.
            if isinstance(target, FbVideo):
                target.received = max(target.received, piece.offset + broken.written)
            raise
        if target.received != piece.offset:
            raise self._fail("OffsetInvalidError", f"Expected offset {target.received}.")
        target.received = piece.offset + written
        if limit is not None:
            raise self._fail("PartialRequestError", "Partial request.", retriable=True)
        return piece.file_size

    def _piece(self, call: Call) -> Piece:
        offset = whole_number(call.headers.get("offset"))
        size = whole_number(call.headers.get("file_size"))
        if offset is None or not size:
            raise self._fail("ProcessingFailedError", "offset and file_size are required.")
        if call.content_type not in {"application/octet-stream", ""}:
            raise self._fail("ProcessingFailedError", "Content-Type must be octet-stream.")
        return Piece(offset, size)

    async def _pull(self, video: FbVideo, url: str) -> None:
        try:
            video.received = await download(url, Path(video.path), follow_redirects=True)
        except DownloadError as error:
            raise self._fail("ProcessingFailedError", "The file cannot be fetched.") from error
        video.total = video.received
        await self.videos.uploaded(video)

    def _fail(self, kind: str, message: str, *, retriable: bool = False) -> RefusedError:
        status = self.runtime.settings.meta_rupload_error_status
        return RefusedError(rupload_failure(kind, message, status, retriable=retriable))
