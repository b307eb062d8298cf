"""The Resumable Upload API: an upload of the app, bytes, and a handle for them."""

import secrets
from pathlib import Path

from uploadm8.dev.sandbox.config import META_CLIENT
from uploadm8.dev.sandbox.kit.media import append_body
from uploadm8.dev.sandbox.kit.values import whole_number
from uploadm8.dev.sandbox.kit.wire import (
    BodyBrokenError,
    Call,
    Reply,
    Route,
    json_reply,
)
from uploadm8.dev.sandbox.meta.door import Door, Graph
from uploadm8.dev.sandbox.meta.replies import invalid, missing_object, refuse
from uploadm8.dev.sandbox.meta.tables import AppUpload

_TYPES = frozenset({"video/mp4", "video/quicktime", "image/jpeg", "image/png", "application/pdf"})


class AppUploads:
    """Uploads that belong to the app until a page takes their handle."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime
        self.table = self.runtime.state.table("facebook.app_uploads", AppUpload)

    def routes(self) -> list[Route]:
        return [
            self.door.route("POST", "/{node}/uploads", "upload_start", self.start),
            self.door.raw_route("POST", "/upload:{upload}", "upload_bytes", self.put),
            self.door.raw_route("GET", "/upload:{upload}", "upload_status", self.status),
        ]

    async def start(self, graph: Graph) -> Reply:
        if graph.node != META_CLIENT.id:
            raise missing_object(graph.node)
        needed = {"file_length", "file_type"}
        params = graph.only(needed | {"file_name"}, needed)
        length = whole_number(params["file_length"])
        if not length or params["file_type"] not in _TYPES:
            raise invalid("file_length or file_type is not valid")
        upload = AppUpload(
            id=f"MTph{secrets.token_hex(12)}",
            account=graph.grant.account,
            length=length,
            kind=params["file_type"],
            path=str(self.runtime.media.new_upload()),
        )
        self.table[upload.id] = upload
        return json_reply({"id": f"upload:{upload.id}"})

    async def put(self, call: Call) -> Reply:
        upload = self._own(call)
        if whole_number(call.headers.get("file_offset")) != upload.received:
            raise invalid("file_offset does not match the bytes that were received")
        if call.content_length != upload.length - upload.received:
            raise invalid("The body does not hold the rest of the file")
        limit = (call.content_length or 0) // 2 if call.fault == "partial" else None
        try:
            written = await append_body(call, Path(upload.path), upload.received, limit)
        except BodyBrokenError as broken:
            upload.received += broken.written
            raise
        upload.received += written
        if upload.received < upload.length:
            raise refuse(2, "The upload broke off.", status=500, transient=True)
        upload.handle = f"4::{secrets.token_urlsafe(24)}"
        return json_reply({"h": upload.handle})

    async def status(self, call: Call) -> Reply:
        upload = self._own(call)
        return json_reply({"id": f"upload:{upload.id}", "file_offset": upload.received})

    def take(self, handle: str, account: str) -> Path:
        """The file behind a handle, which is good for one use."""
        for upload in self.table.values():
            if upload.handle and upload.handle == handle and upload.account == account:
                upload.handle = ""
                return Path(upload.path)
        raise invalid("The file handle is invalid")

    def _own(self, call: Call) -> AppUpload:
        value = call.bearer("OAuth")
        if value is None:
            raise refuse(2500, "The Authorization header must use the scheme OAuth.")
        _, grant = self.door.check_token(value)
        call.account = grant.account
        upload = self.table.get(call.params["upload"])
        if upload is None or upload.account != grant.account:
            raise missing_object(f"upload:{call.params['upload']}")
        return upload
