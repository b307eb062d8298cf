"""Once an upload is ready, or never will be: set its draft publications going, or end them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any
from uuid import UUID

from uploadm8.core.video.preflight import MEDIA_CODES
from uploadm8.domain.captions.videos import written_caption
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.approval_hold import hold_unapproved
from uploadm8.domain.publishing.files import fitting, made_for
from uploadm8.domain.publishing.lifecycle import advance
from uploadm8.domain.publishing.pace import LEAD_S
from uploadm8.domain.publishing.tables import Publication, PublicationState, ScheduleMode
from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.findings import Severity
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import PUBLISH, RELEASE_PUBLICATIONS
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue

S = PublicationState


@dataclass(frozen=True, slots=True)
class Releases:
    """The handler of `publishing.release`."""

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (Handler(RELEASE_PUBLICATIONS, self.release),)

    async def release(self, context: JobContext) -> None:
        """Move the drafts of one upload on. Idempotent."""
        upload_id = context.job.ref_id
        upload = await Upload.select().where(Upload.id == upload_id).first()
        if upload is None or upload_id is None:
            return
        renditions = await finished(upload_id)
        async with transaction():
            await context.fence()
            drafts = await (
                Publication.select()
                .where(Publication.upload == upload_id, Publication.state == S.DRAFT)
                .order_by(Publication.id)
                .lock_rows("NO KEY UPDATE")
            )
            for draft in drafts:
                if upload["state"] == UploadState.READY:
                    file = made_for(draft["platform"], renditions) or fitting(
                        draft, title_of(upload), renditions, same_shape=False
                    )
                    await (start(draft, file) if file else _fail(draft["id"], _reason(draft)))
                elif upload["state"] in (UploadState.EXPIRED, UploadState.CANCELED):
                    await advance(draft["id"], (S.DRAFT,), S.CANCELED)
                elif upload["state"] == UploadState.REJECTED:
                    await _fail(draft["id"], upload)


async def finished(upload_id: UUID) -> list[dict[str, Any]]:
    """The finished renditions of an upload, oldest first."""
    return await (
        Rendition.select()
        .where(Rendition.upload == upload_id, Rendition.state == RenditionState.SUCCEEDED)
        .order_by(Rendition.id)
    )


def title_of(upload: Mapping[str, Any]) -> str | None:
    """What a post of an upload is called where it needs a title."""
    return upload["title"] or PurePath(upload["filename"]).stem or None


async def start(draft: Mapping[str, Any], rendition: Mapping[str, Any]) -> None:
    """Give a draft its file and set it going at its time, or hold it back in the manual queue."""
    common = {"rendition": rendition["id"], "bytes_total": rendition["size_bytes"]}
    if draft["caption_template"] is not None:
        common["caption"] = await _written(draft)
    await Publication.update(
        {getattr(Publication, name): value for name, value in common.items()}
    ).where(Publication.id == draft["id"])
    if await hold_unapproved(draft["id"]):
        return
    if draft["schedule_mode"] == ScheduleMode.QUEUE and draft["publish_at"] is None:
        await advance(draft["id"], (S.DRAFT,), S.HELD, held_reason="manual_queue")
        return
    target = S.QUEUED if draft["publish_at"] is None else S.SCHEDULED
    if await advance(draft["id"], (S.DRAFT,), target):
        await enqueue_publish(draft["id"], draft["workspace"], draft["publish_at"])


async def _written(draft: Mapping[str, Any]) -> str:
    """The caption of a template, now that the video and its telemetry are known."""
    upload = await Upload.select().where(Upload.id == draft["upload"]).first()
    if upload is None:
        return str(draft["caption"])
    platform = Platform(draft["platform"])
    return await written_caption(draft["caption_template"], upload, draft["account"], platform)


async def enqueue_publish(publication_id: UUID, workspace_id: UUID, publish_at: Any) -> None:
    """Record the job that publishes, due early enough to have the media in place at the time."""
    ahead = timedelta(seconds=LEAD_S)
    row = await (
        Publication.select(Publication.account).where(Publication.id == publication_id).first()
    )
    await enqueue(
        PUBLISH,
        ref_id=publication_id,
        workspace_id=workspace_id,
        lane=row["account"] if row else None,
        run_at=None if publish_at is None else publish_at - ahead,
    )


_NO_FILE = {
    "error_code": "rendition_missing",
    "error_detail": "No file of this upload suits the platform.",
    "error_action": "Upload the video again with this target.",
}


def _reason(draft: Mapping[str, Any]) -> Mapping[str, Any]:
    """Why a post has no file: what its platform refuses about the video, as preflight found."""
    for finding in json_of(draft["findings"]):
        if finding["severity"] == Severity.BLOCK and finding["code"] in MEDIA_CODES:
            return {
                "error_code": finding["code"],
                "error_detail": finding["message"],
                "error_action": finding["what_we_do"],
            }
    return _NO_FILE


async def _fail(publication_id: UUID, upload: Mapping[str, Any]) -> None:
    await advance(
        publication_id,
        (S.DRAFT,),
        S.FAILED,
        error_class="permanent_media",
        error_code=upload["error_code"],
        error_detail=upload["error_detail"],
        error_action=upload["error_action"],
    )
