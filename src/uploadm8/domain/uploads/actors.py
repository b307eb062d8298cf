"""Jobs about uploads: look into what was sent; expire what never came."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.core.video.inspection import Inspection, InspectTask, inspect_media
from uploadm8.core.video.quick_still import sharpest
from uploadm8.domain.uploads.lifecycle import advance
from uploadm8.domain.uploads.ports import MediaPreflight
from uploadm8.domain.uploads.privacy import PrivacyZones, zones_of
from uploadm8.domain.uploads.rendering import ask_for_render
from uploadm8.domain.uploads.service import QuotaBook
from uploadm8.domain.uploads.tables import TelemetryFile, TelemetryState, Upload, UploadState
from uploadm8.errors import Retry, UnavailableError, UploadM8Error
from uploadm8.infra.db.clock import database_now
from uploadm8.infra.db.json_columns import json_of, to_json
from uploadm8.infra.db.transaction import after_commit, transaction
from uploadm8.infra.jobs.catalog import (
    CLEAN_UPLOAD,
    EXPIRE_UPLOADS,
    INSPECT_UPLOAD,
    RELEASE_PUBLICATIONS,
    WORK_ON_UPLOAD,
)
from uploadm8.infra.jobs.child import run_in_child
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue, is_running
from uploadm8.infra.live import Live
from uploadm8.infra.scratch import Scratch
from uploadm8.infra.storage.errors import ObjectMissingError, SourceChangedError
from uploadm8.infra.storage.keys import picture_key, preview_key, track_key, upload_prefix
from uploadm8.infra.storage.s3 import Storage

S = UploadState
TELEMETRY_PATIENCE_S = 15 * 60


class TelemetryPendingError(UnavailableError):
    """A telemetry file was announced and is still on its way."""

    code = "telemetry_pending"
    retry = Retry.RATE_LIMITED


class StillAtWorkError(UnavailableError):
    """A job about the upload has not stopped yet, and might still store something."""

    code = "still_at_work"
    retry = Retry.RATE_LIMITED


@dataclass(frozen=True, slots=True)
class UploadJobs:
    """Handlers of the upload's jobs."""

    storage: Storage
    scratch: Scratch
    live: Live
    quota: QuotaBook
    zones: PrivacyZones
    preflight: MediaPreflight
    containers: frozenset[str]

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (
            Handler(INSPECT_UPLOAD, self.inspect, self.reject),
            Handler(EXPIRE_UPLOADS, self.expire),
            Handler(CLEAN_UPLOAD, self.clean),
        )

    async def inspect(self, context: JobContext) -> None:
        """Probe the video and read its telemetry in a child process, then ask for the render."""
        upload_id = context.subject
        row = await Upload.select().where(Upload.id == upload_id).first()
        if row is None or row["state"] not in (S.UPLOADED, S.VALIDATING):
            return
        telemetry = await self._telemetry(upload_id)
        self.scratch.preflight(row["size_bytes"])
        async with transaction():
            await context.fence()
            await advance(upload_id, (S.UPLOADED,), S.VALIDATING)
        await self.live.tell(upload_id, {"state": "validating", "progress": 0.0})
        found = await self._look(upload_id, row, telemetry)
        await self._keep_previews(row, found)
        async with transaction():
            await context.fence()
            if telemetry is not None and found.telemetry_problem is not None:
                await reject_upload(upload_id, found.telemetry_problem, self.quota, self.live)
                await _record_telemetry(telemetry["id"], found)
                return
            moved = await advance(
                upload_id,
                (S.VALIDATING,),
                S.RENDERING,
                source=to_json(found.source | {"telemetry": found.embedded, "sync": found.sync}),
                warnings=to_json(found.warnings),
            )
            if moved:
                await ask_for_render(row | {"source": found.source})
                if telemetry is not None:
                    await _record_telemetry(telemetry["id"], found)
                await self.preflight.note_media(upload_id)
        await self.live.tell(upload_id, {"state": "rendering", "progress": 0.0})

    async def reject(self, context: JobContext, error: UploadM8Error) -> None:
        """The video cannot be used: say why, give the quota back, clean up."""
        await reject_upload(context.subject, error, self.quota, self.live)

    async def expire(self, context: JobContext) -> None:
        """Expire uploads whose bytes never came, with their quota and parts."""
        del context
        rows = await (
            Upload.select(Upload.id, Upload.workspace)
            .where(Upload.state == S.PENDING, Upload.expires_at < database_now())
            .limit(200)
        )
        for row in rows:
            async with transaction():
                if await advance(row["id"], (S.PENDING,), S.EXPIRED):
                    await self.quota.release(row["id"])
                    await _let_go(row["id"], row["workspace"])

    async def clean(self, context: JobContext) -> None:
        """Remove the objects of an upload that came to nothing."""
        row = await Upload.select().where(Upload.id == context.subject).first()
        if row is None or row["state"] not in (S.REJECTED, S.CANCELED, S.EXPIRED):
            return
        if await is_running(row["id"], *WORK_ON_UPLOAD):
            raise StillAtWorkError(retry_after=1.0)
        if row["multipart_id"] is not None:
            await self.storage.abort_multipart(row["object_key"], row["multipart_id"])
        await self.storage.delete_prefix(upload_prefix(row["workspace"], row["id"]))
        await self.scratch.remove(row["id"])

    async def _telemetry(self, upload_id: UUID) -> dict[str, Any] | None:
        row = await TelemetryFile.select().where(TelemetryFile.upload == upload_id).first()
        if row is None or row["state"] == TelemetryState.REJECTED:
            return None
        if row["state"] != TelemetryState.PENDING:
            return row
        waited = await TelemetryFile.exists().where(
            TelemetryFile.id == row["id"],
            TelemetryFile.created_at > database_now(-TELEMETRY_PATIENCE_S),
        )
        if waited:
            raise TelemetryPendingError(retry_after=2.0)
        return None

    async def _keep_previews(self, row: dict[str, Any], found: Inspection) -> None:
        place = (row["workspace"], row["id"])
        if found.preview is not None and found.track is not None:
            preview = msgspec.json.encode(found.preview)
            await self.storage.put_bytes(preview_key(*place), preview, "application/json")
            await self.storage.put_bytes(track_key(*place), found.track, "application/octet-stream")
        for number, picture in enumerate(found.pictures):
            await self.storage.put_bytes(picture_key(*place, number), picture.jpeg, "image/jpeg")
        found.source["pictures_at_s"] = [round(picture.seconds, 3) for picture in found.pictures]
        best = sharpest(found.pictures, float(found.source["duration_s"]))
        found.source["sharpest_at_s"] = None if best is None else round(best, 3)

    async def _look(
        self, upload_id: UUID, row: dict[str, Any], telemetry: dict[str, Any] | None
    ) -> Inspection:
        folder = self.scratch.folder(upload_id)
        source, log = folder / "source", None
        try:
            await self.scratch.fetch(self.storage, row["object_key"], row["etag"], source)
            if telemetry is not None:
                log = folder / "telemetry"
                await self.scratch.fetch(
                    self.storage, telemetry["object_key"], telemetry["etag"], log
                )
        except (ObjectMissingError, SourceChangedError) as error:
            raise type(error)(error.detail, retry=Retry.PERMANENT_MEDIA) from error
        task = InspectTask(
            source=source,
            telemetry=log,
            offset_s=_asked_offset(row),
            zones=await zones_of(self.zones, row["workspace"]),
            containers=self.containers,
        )
        return await run_in_child(inspect_media, task, scratch=folder)


async def reject_upload(
    upload_id: UUID, error: UploadM8Error, quota: QuotaBook, live: Live
) -> None:
    """In the transaction that ends the work on an upload: record why, and tell its publications."""
    moved = await advance(
        upload_id,
        (S.UPLOADED, S.VALIDATING, S.RENDERING),
        S.REJECTED,
        error_code=error.code,
        error_detail=error.detail,
        error_action=error.action or "Fix the file and upload it again; no quota was used.",
    )
    if moved:
        await quota.release(upload_id)
        row = await Upload.select(Upload.workspace).where(Upload.id == upload_id).first()
        if row is not None:
            await _let_go(upload_id, row["workspace"])
        await after_commit(lambda: live.tell(upload_id, {"state": "rejected", "progress": 0.0}))


async def _let_go(upload_id: UUID, workspace_id: UUID) -> None:
    await enqueue(RELEASE_PUBLICATIONS, ref_id=upload_id, workspace_id=workspace_id)
    await enqueue(CLEAN_UPLOAD, ref_id=upload_id, workspace_id=workspace_id)


async def _record_telemetry(file_id: UUID, found: Inspection) -> None:
    problem = found.telemetry_problem
    state = TelemetryState.READY if problem is None else TelemetryState.REJECTED
    await TelemetryFile.update(
        {
            TelemetryFile.state: state.value,
            TelemetryFile.summary: None if found.summary is None else to_json(found.summary),
            TelemetryFile.error_code: problem and problem.code,
            TelemetryFile.error_detail: problem and problem.detail,
            TelemetryFile.error_action: problem and problem.action,
        }
    ).where(TelemetryFile.id == file_id)


def _asked_offset(row: dict[str, Any]) -> float | None:
    offset = json_of(row["request"]).get("offset_s")
    return None if offset is None else float(offset)
