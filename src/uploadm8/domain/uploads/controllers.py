"""/api/uploads: presign, complete, telemetry, list, show, follow, cancel."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from uploadm8.api.guards import given
from uploadm8.api.idempotency import Idempotency
from uploadm8.api.pages import Cursor, Limit, Page, by_id, page
from uploadm8.api.principal import Principal
from uploadm8.api.sse import events
from uploadm8.domain.uploads.schemas import (
    NewTelemetry,
    NewUpload,
    Presigned,
    PresignedUpload,
    TelemetryChange,
    UploadDetail,
    UploadOut,
)
from uploadm8.domain.uploads.service import Uploads
from uploadm8.domain.uploads.tables import UploadState
from uploadm8.domain.uploads.telemetry import TelemetryFiles
from uploadm8.domain.workspaces.principals import DatabasePrincipals
from uploadm8.infra.live import Live

_FINAL = frozenset({"ready", "rejected", "expired", "canceled", "purged"})


class UploadsController(Controller):
    """Videos on their way in."""

    path = "/api/uploads"
    tags = ["Uploads"]
    dependencies = {
        "uploads": given("uploads"),
        "telemetry": given("telemetry"),
        "live": given("live"),
        "principals": given("principals"),
    }

    @post("/presign", summary="Announce a video and get a URL to send it to")
    async def presign(
        self,
        data: JSONBody[NewUpload],
        principal: NamedDependency[Principal],
        uploads: NamedDependency[Uploads],
        idempotency: NamedDependency[Idempotency],
    ) -> PresignedUpload:
        """Reserve quota, record the upload with its targets, and say where the bytes go.

        Each post carries what preflight has found, with what its platform allows the account now.

        Only the id is kept for Idempotency-Key: a replay answers with fresh URLs, since a
        presigned URL is a credential.
        """
        # Before the transaction of an idempotent request, which must not wait for a platform.
        foreseen = await uploads.foresee(principal.workspace_id, data)

        async def create() -> dict[str, UUID]:
            made = await uploads.create(principal.workspace_id, principal.user_id, data, foreseen)
            return {"id": made}

        answer = (await idempotency.once(create)).content
        made = msgspec.json.decode(answer) if isinstance(answer, bytes) else answer
        return await uploads.presigned(principal.workspace_id, UUID(str(made["id"])))

    @get("/", summary="List uploads")
    async def listing(
        self,
        principal: NamedDependency[Principal],
        uploads: NamedDependency[Uploads],
        limit: Limit = 20,
        cursor: Cursor = None,
        in_state: Annotated[UploadState | None, QueryParameter(name="state")] = None,
    ) -> Page[UploadOut]:
        """Newest first."""
        rows = await uploads.listing(
            principal.workspace_id, limit + 1, by_id(cursor), in_state.value if in_state else None
        )
        return page(rows, limit, lambda row: (row.id,))

    @get("/{upload_id:uuid}", summary="Show an upload")
    async def show(
        self,
        upload_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        uploads: NamedDependency[Uploads],
    ) -> UploadDetail:
        """State, progress, renditions with download URLs, publications, and what to do about failures."""
        return await uploads.detail(principal.workspace_id, upload_id)

    @get("/{upload_id:uuid}/parts", summary="Fresh URLs for the parts that are missing")
    async def parts(
        self,
        upload_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        uploads: NamedDependency[Uploads],
    ) -> PresignedUpload:
        """Resume an upload, from this or another device: parts with an ETag are there already."""
        return await uploads.presigned(principal.workspace_id, upload_id)

    @post("/{upload_id:uuid}/complete", status_code=202, summary="Say that the bytes are there")
    async def complete(
        self,
        upload_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        uploads: NamedDependency[Uploads],
    ) -> UploadDetail:
        """Check and pin the object, and start the work. Idempotent."""
        return await uploads.complete(principal.workspace_id, upload_id)

    @post("/{upload_id:uuid}/cancel", status_code=200, summary="Cancel an upload")
    async def cancel(
        self,
        upload_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        uploads: NamedDependency[Uploads],
        live: NamedDependency[Live],
    ) -> UploadDetail:
        """Stop everything that can still be stopped. Idempotent."""
        detail = await uploads.cancel(principal.workspace_id, upload_id)
        await live.tell(upload_id, _standing(detail))
        return detail

    @post("/{upload_id:uuid}/telemetry", summary="Announce a telemetry file")
    async def presign_telemetry(
        self,
        upload_id: FromPath[UUID],
        data: JSONBody[NewTelemetry],
        principal: NamedDependency[Principal],
        telemetry: NamedDependency[TelemetryFiles],
    ) -> Presigned:
        """Get a URL to send it to; do so before completing the video, or soon after."""
        return await telemetry.presign(principal.workspace_id, upload_id, data)

    @post(
        "/{upload_id:uuid}/telemetry/complete",
        status_code=202,
        summary="Say that the telemetry file is there",
    )
    async def complete_telemetry(
        self,
        upload_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        telemetry: NamedDependency[TelemetryFiles],
        uploads: NamedDependency[Uploads],
    ) -> UploadDetail:
        """Check and pin the file. It is read when the video is inspected. Idempotent."""
        await telemetry.complete(principal.workspace_id, upload_id)
        return await uploads.detail(principal.workspace_id, upload_id)

    @patch("/{upload_id:uuid}/telemetry", summary="Shift the telemetry against the video")
    async def shift_telemetry(
        self,
        upload_id: FromPath[UUID],
        data: JSONBody[TelemetryChange],
        principal: NamedDependency[Principal],
        telemetry: NamedDependency[TelemetryFiles],
        uploads: NamedDependency[Uploads],
    ) -> UploadDetail:
        """Until a post has been sent; an upload that is ready is rendered anew."""
        await telemetry.set_offset(principal.workspace_id, upload_id, data.offset_s)
        return await uploads.detail(principal.workspace_id, upload_id)

    @get("/{upload_id:uuid}/telemetry/preview", summary="Telemetry for charts and maps")
    async def preview_telemetry(
        self,
        upload_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        telemetry: NamedDependency[TelemetryFiles],
        shape: Annotated[
            Literal["channels", "geojson"], QueryParameter(name="format")
        ] = "channels",
    ) -> Response[dict[str, Any]]:
        """At most 1,000 rows of every channel on one time axis, or the track as GeoJSON."""
        found = await telemetry.preview(principal.workspace_id, upload_id)
        line = found.pop("geojson")
        if shape == "geojson":
            return Response(line, media_type="application/geo+json")
        return Response(found)

    @get("/{upload_id:uuid}/events", summary="Follow the progress", media_type="text/event-stream")
    async def follow(
        self,
        upload_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        uploads: NamedDependency[Uploads],
        live: NamedDependency[Live],
        principals: NamedDependency[DatabasePrincipals],
    ) -> Stream:
        """Server-sent events until the upload is ready or has come to nothing.

        Within seconds they end for whoever is signed out or removed from the workspace.
        """
        first = await uploads.detail(principal.workspace_id, upload_id)

        async def told() -> AsyncIterator[dict[str, Any] | None]:
            yield _standing(first)
            if first.state in _FINAL:
                return
            async for event in live.follow(upload_id):
                shown = await missed() if event is None else event
                yield shown
                if shown is not None and shown["state"] in _FINAL:
                    return

        async def missed() -> dict[str, Any] | None:
            """After a long silence: the end, should nobody have told it."""
            now = await uploads.detail(principal.workspace_id, upload_id)
            return _standing(now) if now.state in _FINAL else None

        return events(told(), lambda: principals.still(principal))


def _standing(upload: UploadDetail) -> dict[str, Any]:
    return {"state": upload.state, "progress": upload.progress}
