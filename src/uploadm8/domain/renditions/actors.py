"""The render job: alone and in one go, or shared with the workers that are free."""

import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from uploadm8.core.video.encoders import Encoder
from uploadm8.core.video.footage import Footage
from uploadm8.core.video.job import OutputReport, Progress
from uploadm8.core.video.production import produce
from uploadm8.domain.billing.gate import Tiers
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.renditions.finishing import Finishing
from uploadm8.domain.renditions.fleet import Fleet
from uploadm8.domain.renditions.materials import Materials, RenderInputs, wants_hud
from uploadm8.domain.renditions.measure import measure
from uploadm8.domain.renditions.progress import (
    KEEP_EVERY_S,
    Every,
    ProgressBoard,
    Standing,
    newest_only,
)
from uploadm8.domain.renditions.stills import Stills
from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.renditions.wanted import (
    Wanted,
    as_it_is,
    spec_to_json,
    wanted_renditions,
)
from uploadm8.domain.uploads.choices import choice_of
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.infra.db.json_columns import json_of, to_json
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.failpoints import failpoint
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import (
    CLEAN_SEGMENTS,
    JOIN_SEGMENTS,
    REMAKE_STILLS,
    RENDER_SEGMENT,
    RENDER_UPLOAD,
)
from uploadm8.infra.jobs.child import run_in_child
from uploadm8.infra.jobs.confined import Limits
from uploadm8.infra.jobs.handlers import Handler, JobContext

log = structlog.get_logger(__name__)
R = RenditionState


@dataclass(frozen=True, slots=True)
class RenditionJobs:
    """Handlers of the rendition's jobs.

    Attributes:
        hardware: whether hardware encoders are used where they work; then no render is shared, for
            pieces of different encoders cannot be joined.
    """

    materials: Materials
    finishing: Finishing
    fleet: Fleet
    stills: Stills
    tiers: Tiers
    hardware: bool = False

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        give_up = self.finishing.give_up
        return (
            Handler(RENDER_UPLOAD, self.render, give_up),
            Handler(RENDER_SEGMENT, self.fleet.segment, give_up),
            Handler(JOIN_SEGMENTS, self.fleet.join, give_up),
            Handler(CLEAN_SEGMENTS, self.fleet.clean),
            Handler(REMAKE_STILLS, self.stills.remake),
        )

    async def render(self, context: JobContext) -> None:
        """Make every rendition of an upload that is not finished yet, with one decode."""
        upload = await Upload.select().where(Upload.id == context.subject).first()
        if upload is None or upload["state"] != UploadState.RENDERING:
            return
        if await self.fleet.is_at_work(upload):
            return
        rows = await self._rows(context, upload)
        waiting = [row for row in rows if row["state"] != R.SUCCEEDED]
        if waiting:
            self.materials.scratch.preflight(upload["size_bytes"])
            if not self.hardware and await self.fleet.share(context, upload, waiting):
                return
            began = time.monotonic()
            inputs = await self.materials.inputs(upload, waiting, hud=wants_hud(upload))
            board = ProgressBoard(self.finishing.live, upload["id"], inputs.renditions)
            async with board.never_silent():
                files = await self._produce(context, upload, waiting, inputs, board)
                failpoint("after_render")
                for row, report in files:
                    await self.finishing.keep(
                        context,
                        upload,
                        row,
                        report,
                        seconds=time.monotonic() - began,
                        still_at_s=inputs.still_at_s,
                    )
                    failpoint("after_keep")
        await self.finishing.hand_over(context, upload)

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
                        spec=to_json(spec_to_json(wanted)),
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
        platforms, hud = request.get("platforms", []), wants_hud(upload)
        entitlement = await self.tiers.of(upload["workspace"])
        if platforms and Feature.AUTO_TRANSCODE not in entitlement.features:
            return as_it_is(platforms, source["width"], source["height"], hud=hud)
        footage = Footage.from_facts(source)
        return wanted_renditions(platforms, choice_of(upload), hud=hud, footage=footage)

    async def _produce(
        self,
        context: JobContext,
        upload: dict[str, Any],
        rows: list[dict[str, Any]],
        inputs: RenderInputs,
        board: ProgressBoard,
    ) -> list[tuple[dict[str, Any], OutputReport]]:
        began = time.monotonic()
        folder = self.materials.scratch.folder(upload["id"])
        task = await self.materials.production(
            upload, rows, inputs, folder, self._segments(folder, upload)
        )
        on_event = newest_only(partial(self._tell, board, Every(KEEP_EVERY_S)))
        work = replace(task, hardware=self.hardware)
        limits = Limits.lasting(context.job.allowance_s)
        report = await run_in_child(produce, work, scratch=folder, limits=limits, on_event=on_event)
        measure(report, time.monotonic() - began)
        if self.hardware and report.encoder == Encoder.X264:
            log.warning("no_hardware_encoder", used=report.encoder)
        return list(zip(rows, report.outputs, strict=True))

    async def _tell(self, board: ProgressBoard, every: Every, event: Progress) -> None:
        standing = Standing.of(event)
        await board.tell(standing)
        if every.due():
            self.materials.scratch.touch(board.upload_id)
            await board.keep(standing.share)

    def _segments(self, folder: Path, upload: dict[str, Any]) -> Path | None:
        """Long videos are rendered in segments, so that a crash costs one segment and not all."""
        return folder / "segments" if self.fleet.is_long(upload) else None
