"""The end of a render: files stored and recorded, the upload handed over; or everything given up."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.core.video.job import OutputReport
from uploadm8.domain.renditions.tables import RenderPlan, Rendition, RenditionState
from uploadm8.domain.uploads.actors import reject_upload
from uploadm8.domain.uploads.lifecycle import advance
from uploadm8.domain.uploads.service import QuotaBook
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.domain.uploads.views import thumbnail_at
from uploadm8.errors import UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.db.locks import lock_row
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.cancel import call_off
from uploadm8.infra.jobs.catalog import (
    CLEAN_SEGMENTS,
    JOIN_SEGMENTS,
    RELEASE_PUBLICATIONS,
    REMAKE_STILLS,
    RENDER_SEGMENT,
)
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.live import Live
from uploadm8.infra.scratch import Scratch
from uploadm8.infra.storage.keys import rendition_key, still_key
from uploadm8.infra.storage.s3 import Storage

R = RenditionState


@dataclass(frozen=True, slots=True)
class Finishing:
    """Ends renders, made by one worker or by many."""

    storage: Storage
    scratch: Scratch
    live: Live
    quota: QuotaBook

    async def keep(
        self,
        context: JobContext,
        upload: dict[str, Any],
        row: dict[str, Any],
        report: OutputReport,
        *,
        seconds: float,
        still_at_s: float | None,
    ) -> None:
        """Store a finished file with its still, and record it if the lease is still ours."""
        run = f"{context.job.id.hex[-12:]}-{context.job.epoch}"
        key = rendition_key(upload["workspace"], upload["id"], row["id"], run)
        picture = still_key(upload["workspace"], upload["id"], row["id"], run)
        info, digest = await self.storage.upload(key, report.path, "video/mp4")
        await self.storage.upload(picture, report.path.with_suffix(".jpg"), "image/jpeg")
        spec = json_of(row["spec"])
        async with transaction():
            await context.fence()
            await Rendition.update(
                {
                    Rendition.state: R.SUCCEEDED.value,
                    Rendition.object_key: key,
                    Rendition.still_key: picture,
                    Rendition.still_at_s: still_at_s,
                    Rendition.etag: info.etag,
                    Rendition.size_bytes: info.size,
                    Rendition.sha256: digest,
                    Rendition.width: spec["width"],
                    Rendition.height: spec["height"],
                    Rendition.fps: report.frames / report.seconds if report.seconds else None,
                    Rendition.duration_s: report.seconds,
                    Rendition.encoder: report.encoder,
                    Rendition.render_seconds: seconds,
                    Rendition.progress: 1.0,
                    Rendition.finished_at: now(),
                }
            ).where(Rendition.id == row["id"], Rendition.state == R.RUNNING)

    async def hand_over(self, context: JobContext, upload: dict[str, Any]) -> None:
        """Every rendition is there: the upload is ready, its publications may go."""
        upload_id = upload["id"]
        async with transaction():
            await context.fence()
            moved = await advance(
                upload_id, (UploadState.RENDERING,), UploadState.READY, progress=1.0, ready_at=now()
            )
            if moved:
                await enqueue(
                    RELEASE_PUBLICATIONS, ref_id=upload_id, workspace_id=upload["workspace"]
                )
            await _forget_plan(upload)
            await ask_for_stills(upload_id)
        if moved:
            await self.live.tell(upload_id, {"state": "ready", "progress": 1.0})
        await self.scratch.remove(upload_id)

    async def give_up(self, context: JobContext, error: UploadM8Error) -> None:
        """No rendition can be made: stop what is under way; the upload and its renditions say why."""
        upload_id = context.subject
        await call_off(upload_id, RENDER_SEGMENT, JOIN_SEGMENTS)
        await lock_row(Upload, upload_id)
        await reject_upload(upload_id, error, self.quota, self.live)
        await RenderPlan.delete().where(RenderPlan.upload == upload_id)
        await Rendition.update(
            {
                Rendition.state: R.FAILED.value,
                Rendition.error_code: error.code,
                Rendition.error_detail: error.detail,
                Rendition.finished_at: now(),
            }
        ).where(Rendition.upload == upload_id, Rendition.state.is_in([R.QUEUED, R.RUNNING]))


async def ask_for_stills(upload_id: UUID) -> None:
    """In a transaction: have stills made anew that do not show what they shall show by now."""
    upload = await Upload.select().where(Upload.id == upload_id).lock_rows("NO KEY UPDATE").first()
    if upload is None or upload["state"] != UploadState.READY:
        return
    wanted = thumbnail_at(upload)
    rows = await Rendition.select(Rendition.still_at_s).where(
        Rendition.upload == upload_id, Rendition.state == R.SUCCEEDED
    )
    if any(row["still_at_s"] != wanted for row in rows):
        await enqueue(REMAKE_STILLS, ref_id=upload_id, workspace_id=upload["workspace"])


async def _forget_plan(upload: dict[str, Any]) -> None:
    """In the transaction that ends a shared render: its segments are rubbish from now on."""
    gone = await (
        RenderPlan.delete().where(RenderPlan.upload == upload["id"]).returning(RenderPlan.id)
    )
    for plan in gone:
        await enqueue(
            CLEAN_SEGMENTS,
            ref_id=upload["id"],
            workspace_id=upload["workspace"],
            args={"plan": str(plan["id"])},
        )
