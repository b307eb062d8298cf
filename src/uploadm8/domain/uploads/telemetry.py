"""The telemetry file beside an upload: presign and complete."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.core.telemetry.zone_preview import hide_in_preview
from uploadm8.domain.uploads import limits
from uploadm8.domain.uploads.lifecycle import advance
from uploadm8.domain.uploads.ownership import own_upload
from uploadm8.domain.uploads.ports import Publications, Renditions
from uploadm8.domain.uploads.privacy import PrivacyZones, zones_of
from uploadm8.domain.uploads.rendering import ask_for_render
from uploadm8.domain.uploads.schemas import NewTelemetry, Presigned
from uploadm8.domain.uploads.tables import TelemetryFile, TelemetryState, Upload, UploadState
from uploadm8.errors import ConflictError, NotFoundError
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import json_of, to_json
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.storage.errors import ObjectMissingError
from uploadm8.infra.storage.keys import preview_key, telemetry_key
from uploadm8.infra.storage.s3 import Storage

_OPEN = (UploadState.PENDING, UploadState.UPLOADED)


@dataclass(frozen=True, slots=True)
class TelemetryFiles:
    """Telemetry on its way in, scoped by the workspace."""

    storage: Storage
    publications: Publications
    renditions: Renditions
    zones: PrivacyZones

    async def presign(self, workspace_id: UUID, upload_id: UUID, new: NewTelemetry) -> Presigned:
        """Say where the telemetry file goes; a second call replaces the first file.

        Raises:
            ConflictError: ``upload_in_progress`` once the video is being inspected or rendered.
        """
        limits.check_telemetry(new.size_bytes)
        file_id = new_id()
        key = telemetry_key(workspace_id, upload_id, file_id)
        async with transaction():
            await self._open_upload(workspace_id, upload_id)
            await TelemetryFile.delete().where(TelemetryFile.upload == upload_id)
            await TelemetryFile.insert(
                TelemetryFile(
                    id=file_id,
                    workspace=workspace_id,
                    upload=upload_id,
                    filename=limits.clean_text("filename", new.filename),
                    size_bytes=new.size_bytes,
                    object_key=key,
                )
            )
        put = await self.storage.presign_put(
            key, new.size_bytes, new.content_type, limits.PRESIGN_S
        )
        return Presigned(
            method=put.method,
            headers=put.headers,
            upload_url=put.url,
            expires_at=now() + timedelta(seconds=limits.PRESIGN_S),
        )

    async def complete(self, workspace_id: UUID, upload_id: UUID) -> None:
        """The file is there: pin it. Idempotent; it is read when the video is inspected.

        Raises:
            NotFoundError: no telemetry was presigned.
            ConflictError: ``object_missing`` or ``size_mismatch``.
        """
        row = await (
            TelemetryFile.select()
            .where(TelemetryFile.upload == upload_id, TelemetryFile.workspace == workspace_id)
            .first()
        )
        if row is None:
            raise NotFoundError(
                "No telemetry file was presigned for this upload.", code="telemetry_not_found"
            )
        if row["state"] != TelemetryState.PENDING:
            return
        info = await self.storage.head(row["object_key"])
        if info.size != row["size_bytes"]:
            await self.storage.delete(row["object_key"])
            raise ConflictError(
                f"Storage has {info.size} bytes, {row['size_bytes']} were announced; "
                "the object was removed.",
                code="size_mismatch",
                action="Presign again with the true size and send the file again.",
            )
        await TelemetryFile.update(
            {
                TelemetryFile.state: TelemetryState.UPLOADED.value,
                TelemetryFile.etag: info.etag,
                TelemetryFile.uploaded_at: now(),
            }
        ).where(TelemetryFile.id == row["id"], TelemetryFile.state == TelemetryState.PENDING)

    async def preview(self, workspace_id: UUID, upload_id: UUID) -> dict[str, Any]:
        """Thinned channels and the line of the telemetry, on the log's own clock.

        It was made when the telemetry was read; zones drawn since then hold all the same.

        Raises:
            NotFoundError: ``telemetry_not_found``: there is none, or it has not been read yet.
        """
        await own_upload(workspace_id, upload_id)
        try:
            info = await self.storage.head(preview_key(workspace_id, upload_id))
        except ObjectMissingError:
            raise NotFoundError(
                "This upload has no telemetry, or it has not been read yet.",
                code="telemetry_not_found",
            ) from None
        key = preview_key(workspace_id, upload_id)
        blocks = [block async for block in self.storage.read(key, 0, info.size, info.etag)]
        found: dict[str, Any] = msgspec.json.decode(b"".join(blocks))
        return hide_in_preview(found, await zones_of(self.zones, workspace_id))

    async def set_offset(self, workspace_id: UUID, upload_id: UUID, offset_s: float) -> None:
        """Shift the log against the video; a finished upload is rendered anew.

        Raises:
            ConflictError: ``upload_in_progress`` while it is being inspected or rendered,
                ``already_published`` once a post of it has been sent.
        """
        async with transaction():
            row = await own_upload(workspace_id, upload_id, lock=True)
            request = json_of(row["request"]) | {"offset_s": offset_s}
            changes: dict[Any, Any] = {Upload.request: to_json(request)}
            if row["state"] == UploadState.READY:
                await self._render_again(row, offset_s)
            elif row["state"] not in _OPEN:
                raise ConflictError(
                    f"This upload is {row['state']}.",
                    code="upload_in_progress",
                    action="Set the offset before completing the upload, or once it is ready.",
                )
            await Upload.update(changes).where(Upload.id == upload_id)

    async def _render_again(self, row: dict[str, Any], offset_s: float) -> None:
        source = json_of(row["source"])
        if source.get("sync") is None:
            raise NotFoundError("This upload has no telemetry.", code="telemetry_not_found")
        if not await self.publications.may_change(row["id"]):
            raise ConflictError(
                "A post of this upload has been sent already.",
                code="already_published",
                action="Upload the video again with this offset.",
            )
        sync = {
            "offset_s": offset_s,
            "confidence": 1.0,
            "method": "manual",
            "reason": "You set the offset yourself.",
            "needs_review": False,
        }
        await self.renditions.redo(row["id"])
        await advance(
            row["id"],
            (UploadState.READY,),
            UploadState.RENDERING,
            progress=0.0,
            source=to_json(source | {"sync": sync}),
        )
        await ask_for_render(row)

    async def _open_upload(self, workspace_id: UUID, upload_id: UUID) -> dict[str, Any]:
        row = await own_upload(workspace_id, upload_id, lock=True)
        if row["state"] not in _OPEN:
            raise ConflictError(
                f"This upload is {row['state']}; telemetry belongs before the video is inspected.",
                code="upload_in_progress",
                action="Presign a new upload with its telemetry.",
            )
        return row
