"""Presign, complete, cancel, list and show uploads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

import msgspec

from uploadm8.domain.billing.gate import Gate
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.uploads import limits
from uploadm8.domain.uploads.lifecycle import advance
from uploadm8.domain.uploads.ownership import own_upload, upload_not_found
from uploadm8.domain.uploads.parts import join_parts, presigned_parts, start_multipart
from uploadm8.domain.uploads.pending import check_pending, record_upload
from uploadm8.domain.uploads.ports import HudChoices, MediaPreflight, Publications, Renditions
from uploadm8.domain.uploads.privacy import PrivacyZones, as_shown
from uploadm8.domain.uploads.schemas import (
    NewUpload,
    PresignedUpload,
    UploadDetail,
    UploadOut,
)
from uploadm8.domain.uploads.tables import UploadState
from uploadm8.domain.uploads.views import (
    LISTING,
    source_out,
    telemetry_out,
    thumbnail_out,
    upload_fields,
    upload_out,
)
from uploadm8.domain.uploads.wishes import split_hud
from uploadm8.errors import ConflictError
from uploadm8.infra.clock import now
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.json_columns import json_of, to_json
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.cancel import request_cancel
from uploadm8.infra.jobs.catalog import CLEAN_UPLOAD, INSPECT_UPLOAD, PUBLISH, WORK_ON_UPLOAD
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.storage.keys import source_key
from uploadm8.infra.storage.s3 import Storage

S = UploadState


class QuotaBook(Protocol):
    """Uploads of the month: reserved at presign, committed at complete."""

    async def reserve(self, workspace_id: UUID, upload_id: UUID) -> None: ...
    async def commit(self, upload_id: UUID) -> bool: ...
    async def release(self, upload_id: UUID) -> bool: ...


@dataclass(frozen=True, slots=True)
class Uploads:
    """Videos on their way in. Every method is scoped by the workspace."""

    storage: Storage
    quota: QuotaBook
    publications: Publications
    renditions: Renditions
    gate: Gate
    preflight: MediaPreflight
    huds: HudChoices
    zones: PrivacyZones
    containers: frozenset[str]

    async def foresee(self, workspace_id: UUID, new: NewUpload) -> Any:
        """What the platforms allow the targets' accounts now; outside a transaction, for `create`."""
        return await self.publications.foresee(workspace_id, new)

    async def create(
        self, workspace_id: UUID, user_id: UUID, new: NewUpload, foreseen: Any
    ) -> UUID:
        """Record an upload with its targets and reserve quota; returns its id.

        Args:
            workspace_id: whose upload it is.
            user_id: who announces it.
            new: the upload.
            foreseen: from `foresee`.

        Raises:
            PaymentRequiredError: the month's quota is used up, or the tier lacks something asked for.
            InvalidRequestError, UnsupportedMediaTypeError, TooLargeError: wrong values.
        """
        limits.check_video(new.content_type, new.size_bytes, self.containers)
        if new.multipart:
            await self.gate.require(workspace_id, Feature.RESUMABLE_UPLOADS)
        hud, wishes = split_hud(await self.huds.resolve(workspace_id, new.hud))
        upload_id = new_id()
        async with transaction():
            await check_pending(workspace_id)
            await self.quota.reserve(workspace_id, upload_id)
            await record_upload(upload_id, workspace_id, user_id, new, hud)
            planned = await self.publications.plan(workspace_id, user_id, upload_id, new, foreseen)
            request = {"platforms": planned.platforms, "renditions": new.renditions or {}, **wishes}
            if new.thumbnail_at_s is not None:
                request["thumbnail_at_s"] = new.thumbnail_at_s
            await DB.rows("UPDATE uploads SET request=$1 WHERE id=$2", to_json(request), upload_id)
            if planned.platforms:
                await self.preflight.note_media(upload_id)
        if new.multipart:
            key = source_key(workspace_id, upload_id)
            await start_multipart(self.storage, upload_id, key, new.content_type)
        return upload_id

    async def presigned(self, workspace_id: UUID, upload_id: UUID) -> PresignedUpload:
        """The upload with fresh URLs for the bytes that are still missing."""
        row = await self._row(workspace_id, upload_id)
        if row["state"] != S.PENDING:
            raise ConflictError(
                "This upload is not waiting for bytes any more.", code="upload_not_pending"
            )
        detail = msgspec.structs.asdict(await self._detail(row))
        if row["multipart_id"] is not None:
            parts = await presigned_parts(self.storage, row)
            how: dict[str, Any] = {
                "upload_url": None,
                "method": "PUT",
                "headers": {},
                "part_size": row["part_size"],
                "parts": parts,
                "expires_at": now() + timedelta(seconds=limits.PART_PRESIGN_S),
            }
        else:
            put = await self.storage.presign_put(
                row["object_key"], row["size_bytes"], row["content_type"], limits.PRESIGN_S
            )
            how = {
                "upload_url": put.url,
                "method": put.method,
                "headers": put.headers,
                "part_size": None,
                "parts": [],
                "expires_at": now() + timedelta(seconds=limits.PRESIGN_S),
            }
        return PresignedUpload(**detail, **how)

    async def complete(self, workspace_id: UUID, upload_id: UUID) -> UploadDetail:
        """The bytes are there: pin them, commit the quota, start the work. Idempotent.

        Raises:
            ConflictError: ``object_missing``, ``size_mismatch``, ``parts_missing``, or a state in
                which an upload cannot be completed (``upload_canceled``, ``upload_expired``).
        """
        row = await self._row(workspace_id, upload_id)
        if row["state"] == S.PENDING:
            if row["multipart_id"] is not None:
                await join_parts(self.storage, row)
            info = await self.storage.head(row["object_key"])
            if info.size != row["size_bytes"]:
                await self.storage.delete(row["object_key"])
                raise ConflictError(
                    f"Storage has {info.size} bytes, {row['size_bytes']} were announced; "
                    "the object was removed.",
                    code="size_mismatch",
                    action="Presign again with the true size and send the file again.",
                )
            async with transaction():
                moved = await advance(
                    upload_id, (S.PENDING,), S.UPLOADED, etag=info.etag, uploaded_at=now()
                )
                if moved:
                    await self.quota.commit(upload_id)
                    await enqueue(INSPECT_UPLOAD, ref_id=upload_id, workspace_id=workspace_id)
        elif row["state"] in (S.CANCELED, S.EXPIRED, S.PURGED):
            raise ConflictError(
                f"This upload is {row['state']}.",
                code=f"upload_{row['state']}",
                action="Presign a new upload.",
            )
        return await self.detail(workspace_id, upload_id)

    async def cancel(self, workspace_id: UUID, upload_id: UUID) -> UploadDetail:
        """Stop everything about the upload that can still be stopped. Idempotent.

        Raises:
            ConflictError: ``too_late`` when a post is being committed or already public.
        """
        await self._row(workspace_id, upload_id)
        origins = (S.PENDING, S.UPLOADED, S.VALIDATING, S.RENDERING)
        async with transaction():
            about = [upload_id, *await self.publications.ids(upload_id)]
            await request_cancel(about, *WORK_ON_UPLOAD, PUBLISH)
            row = await own_upload(workspace_id, upload_id, lock=True)
            if await advance(upload_id, origins, S.CANCELED):
                if row["state"] == S.PENDING:
                    await self.quota.release(upload_id)
                await enqueue(CLEAN_UPLOAD, ref_id=upload_id, workspace_id=workspace_id)
            await self.renditions.cancel(upload_id)
            await self.publications.cancel(upload_id)
        return await self.detail(workspace_id, upload_id)

    async def listing(
        self, workspace_id: UUID, limit: int, before: UUID | None, state: str | None
    ) -> Sequence[UploadOut]:
        """Newest first; ids are UUIDv7, so they page by age."""
        # By hand: building this query from columns took a sixth of the whole request.
        rows = await DB.rows(LISTING, workspace_id, before, state, limit)
        return [upload_out(row) for row in rows]

    async def detail(self, workspace_id: UUID, upload_id: UUID) -> UploadDetail:
        """Everything about an upload."""
        return await self._detail(await self._row(workspace_id, upload_id))

    async def _detail(self, row: Mapping[str, Any]) -> UploadDetail:
        upload_id, workspace_id = row["id"], row["workspace"]
        files = await DB.rows("SELECT * FROM telemetry_files WHERE upload=$1", upload_id)
        renditions = await self.renditions.of_uploads(workspace_id, [upload_id])
        publications = await self.publications.of_uploads(workspace_id, [upload_id])
        source = json_of(row["source"])
        return UploadDetail(
            **upload_fields(row),
            source=source_out(source),
            hud=json_of(row["hud"]) or None,
            warnings=json_of(row["warnings"]),
            thumbnail=thumbnail_out(row),
            telemetry=await as_shown(
                self.zones, workspace_id, telemetry_out(files[0] if files else None, source)
            ),
            renditions=renditions.get(upload_id, []),
            publications=publications.get(upload_id, []),
        )

    async def _row(self, workspace_id: UUID, upload_id: UUID) -> Mapping[str, Any]:
        # By hand, like the lists below it: every page of an upload begins with these.
        rows = await DB.rows(
            "SELECT * FROM uploads WHERE id=$1 AND workspace=$2", upload_id, workspace_id
        )
        if not rows:
            raise upload_not_found()
        found: Mapping[str, Any] = rows[0]
        return found
