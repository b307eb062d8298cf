"""The render job: fetch, render in a child process, store, and hand over, without losing a file."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import msgspec

from uploadm8.core.hud.spec import HudSpec
from uploadm8.core.hud.validate import validate_spec
from uploadm8.core.video.job import Output, OutputReport, Progress, RenderReport
from uploadm8.core.video.production import ProductionTask, produce
from uploadm8.domain.billing.entitlements import Entitlement
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.renditions.wanted import (
    Wanted,
    as_it_is,
    read_choice,
    spec_from_json,
    spec_to_json,
    wanted_renditions,
)
from uploadm8.domain.uploads.actors import PrivacyZones, reject_upload, zones_of
from uploadm8.domain.uploads.lifecycle import advance
from uploadm8.domain.uploads.service import QuotaBook
from uploadm8.domain.uploads.tables import TelemetryFile, TelemetryState, Upload, UploadState
from uploadm8.domain.uploads.views import json_of
from uploadm8.errors import Retry, UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.failpoints import failpoint
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import RELEASE_PUBLICATIONS, RENDER_UPLOAD
from uploadm8.infra.jobs.child import run_in_child
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.live import Live
from uploadm8.infra.metrics.catalog import RENDER_FPS, RENDER_PICTURES, RENDER_SECONDS
from uploadm8.infra.scratch import Scratch
from uploadm8.infra.storage.keys import rendition_key, still_key
from uploadm8.infra.storage.s3 import ObjectMissingError, SourceChangedError, Storage

R = RenditionState
SEGMENTS_FROM_S = 120.0


class Tiers(Protocol):
    """What a workspace's tier includes."""

    async def of(self, workspace_id: UUID) -> Entitlement: ...


@dataclass(frozen=True, slots=True)
class RenditionJobs:
    """Handlers of the rendition's jobs."""

    storage: Storage
    scratch: Scratch
    live: Live
    quota: QuotaBook
    zones: PrivacyZones
    tiers: Tiers

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (Handler(RENDER_UPLOAD, self.render, self.dead),)

    async def render(self, context: JobContext) -> None:
        """Make every rendition of an upload that is not finished yet, with one decode."""
        upload_id = context.subject
        upload = await Upload.select().where(Upload.id == upload_id).first()
        if upload is None or upload["state"] != UploadState.RENDERING:
            return
        rows = await self._rows(context, upload)
        waiting = [row for row in rows if row["state"] != R.SUCCEEDED]
        if waiting:
            self.scratch.preflight(upload["size_bytes"])
            began = time.monotonic()
            files = await self._produce(upload, waiting)
            failpoint("after_render")
            for row, report in files:
                await self._keep(context, upload, row, report, time.monotonic() - began)
        async with transaction():
            await context.fence()
            moved = await advance(
                upload_id, (UploadState.RENDERING,), UploadState.READY, progress=1.0, ready_at=now()
            )
            if moved:
                await enqueue(
                    RELEASE_PUBLICATIONS, ref_id=upload_id, workspace_id=upload["workspace"]
                )
        await self.live.tell(upload_id, {"state": "ready", "progress": 1.0})
        await self.scratch.remove(upload_id)

    async def dead(self, context: JobContext, error: UploadM8Error) -> None:
        """No rendition can be made: the upload and its renditions say why."""
        upload_id = context.subject
        await Rendition.update(
            {
                Rendition.state: R.FAILED.value,
                Rendition.error_code: error.code,
                Rendition.error_detail: error.detail,
                Rendition.finished_at: now(),
            }
        ).where(Rendition.upload == upload_id, Rendition.state.is_in([R.QUEUED, R.RUNNING]))
        await reject_upload(upload_id, error, self.quota)

    async def _rows(self, context: JobContext, upload: dict[str, Any]) -> list[dict[str, Any]]:
        wishes = await self._wanted(upload)
        async with transaction():
            await context.fence()
            for wanted in wishes:
                await Rendition.insert(
                    Rendition(
                        id=new_id(),
                        workspace=upload["workspace"],
                        upload=upload["id"],
                        name=wanted.spec.name,
                        spec=msgspec.json.encode(spec_to_json(wanted)).decode(),
                    )
                ).on_conflict(target=(Rendition.upload, Rendition.name), action="DO NOTHING")
            await Rendition.update({Rendition.state: R.RUNNING.value}).where(
                Rendition.upload == upload["id"], Rendition.state == R.QUEUED
            )
            return await (
                Rendition.select().where(Rendition.upload == upload["id"]).order_by(Rendition.id)
            )

    async def _wanted(self, upload: dict[str, Any]) -> list[Wanted]:
        request, source = json_of(upload["request"]), json_of(upload["source"])
        platforms, hud = request.get("platforms", []), _hud_of(upload) is not None
        entitlement = await self.tiers.of(upload["workspace"])
        if platforms and Feature.AUTO_TRANSCODE not in entitlement.features:
            return as_it_is(platforms, source["width"], source["height"], hud=hud)
        choice = read_choice(request.get("renditions", {}))
        return wanted_renditions(platforms, choice, hud=hud, duration_s=source["duration_s"])

    async def _produce(
        self, upload: dict[str, Any], rows: list[dict[str, Any]]
    ) -> list[tuple[dict[str, Any], OutputReport]]:
        began = time.monotonic()
        folder = self.scratch.folder(upload["id"])
        source, telemetry = await self._fetch(upload, folder)
        outputs = tuple(
            Output(spec_from_json(json_of(row["spec"])), folder / f"{row['id']}.mp4")
            for row in rows
        )
        sync = (json_of(upload["source"]) or {}).get("sync") or {}
        task = ProductionTask(
            source=source,
            telemetry=telemetry,
            offset_s=float(sync.get("offset_s", 0.0)),
            hud=_hud_of(upload),
            outputs=outputs,
            segments=_segments(folder, upload),
            zones=await zones_of(self.zones, upload["workspace"]),
        )
        loop = asyncio.get_running_loop()
        report = await run_in_child(
            produce, task, scratch=folder, on_event=self._teller(upload["id"], rows, loop)
        )
        measure(report, time.monotonic() - began)
        return list(zip(rows, report.outputs, strict=True))

    async def _fetch(self, upload: dict[str, Any], folder: Path) -> tuple[Path, Path | None]:
        source, telemetry = folder / "source", None
        row = await (
            TelemetryFile.select()
            .where(
                TelemetryFile.upload == upload["id"], TelemetryFile.state == TelemetryState.READY
            )
            .first()
        )
        try:
            await self.scratch.fetch(self.storage, upload["object_key"], upload["etag"], source)
            if row is not None:
                telemetry = folder / "telemetry"
                await self.scratch.fetch(self.storage, row["object_key"], row["etag"], telemetry)
        except (ObjectMissingError, SourceChangedError) as error:
            raise type(error)(error.detail, retry=Retry.PERMANENT_MEDIA) from error
        return source, telemetry

    def _teller(
        self, upload_id: UUID, rows: list[dict[str, Any]], loop: asyncio.AbstractEventLoop
    ) -> Callable[[Any], None]:
        told: set[asyncio.Task[None]] = set()
        last = [0.0]

        async def tell(event: Progress) -> None:
            share = event.pictures / max(1, event.total)
            await self.live.tell(
                upload_id,
                {
                    "state": "rendering",
                    "progress": round(share, 4),
                    "fps": round(event.fps, 1),
                    "seconds_left": round(event.left_s, 1),
                },
            )
            if time.monotonic() - last[0] > 1.0:
                last[0] = time.monotonic()
                await Upload.update({Upload.progress: share}).where(Upload.id == upload_id)
                ids = [row["id"] for row in rows]
                await Rendition.update({Rendition.progress: share}).where(Rendition.id.is_in(ids))

        def on_event(event: Any) -> None:
            if isinstance(event, Progress) and not told:
                task = loop.create_task(tell(event))
                told.add(task)
                task.add_done_callback(told.discard)

        return on_event

    async def _keep(
        self,
        context: JobContext,
        upload: dict[str, Any],
        row: dict[str, Any],
        report: OutputReport,
        seconds: float,
    ) -> None:
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
                    Rendition.etag: info.etag,
                    Rendition.size_bytes: info.size,
                    Rendition.sha256: digest,
                    Rendition.width: spec["width"],
                    Rendition.height: spec["height"],
                    Rendition.fps: report.frames / report.seconds if report.seconds else None,
                    Rendition.duration_s: report.seconds,
                    Rendition.render_seconds: seconds,
                    Rendition.progress: 1.0,
                    Rendition.finished_at: now(),
                }
            ).where(Rendition.id == row["id"], Rendition.state == R.RUNNING)


def measure(report: RenderReport, seconds: float) -> None:
    """Count a render that took so long from download to stills."""
    RENDER_PICTURES.inc(report.pictures)
    RENDER_SECONDS.labels("render").inc(report.wall_s)
    RENDER_SECONDS.labels("overhead").inc(max(0.0, seconds - report.wall_s))
    if report.hud_ms is not None:
        drawn = sum(output.frames for output in report.outputs)
        RENDER_SECONDS.labels("hud").inc(report.hud_ms / 1000 * drawn)
    if report.pictures and report.wall_s:
        RENDER_FPS.observe(report.pictures / report.wall_s)


def _segments(folder: Path, upload: dict[str, Any]) -> Path | None:
    """Long videos are rendered in segments, so that a crash costs one segment and not all."""
    long = float(json_of(upload["source"])["duration_s"]) > SEGMENTS_FROM_S
    return folder / "segments" if long else None


def _hud_of(upload: dict[str, Any]) -> HudSpec | None:
    source = json_of(upload["source"]) or {}
    if source.get("sync") is None or json_of(upload["request"]).get("hud_off"):
        return None
    return validate_spec(json_of(upload["hud"]) or {})
