"""One long render by every worker that is free: a job per segment, then one that joins them."""

import asyncio
import math
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.core.video.job import Progress, Span
from uploadm8.core.video.production import ProductionTask
from uploadm8.core.video.shares import (
    JoinTask,
    PlanTask,
    SegmentFile,
    SegmentTask,
    join_shares,
    make_segment,
    plan_shares,
    segment_place,
)
from uploadm8.core.video.threads import cores
from uploadm8.domain.renditions.finishing import Finishing
from uploadm8.domain.renditions.materials import Materials, RenderInputs, wants_hud
from uploadm8.domain.renditions.measure import measure_speed
from uploadm8.domain.renditions.plans import (
    ask_for_join,
    ask_for_segments,
    note_progress,
    open_plan,
    plan_of,
    record_files,
    segments_of,
    standing_of,
)
from uploadm8.domain.renditions.progress import (
    KEEP_EVERY_S,
    Every,
    ProgressBoard,
    Standing,
    newest_only,
)
from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.failpoints import failpoint
from uploadm8.infra.jobs.child import run_in_child
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.presence import render_slots_here, spare_render_slots
from uploadm8.infra.storage.keys import segment_key, segments_prefix

SEGMENTS_PER_WORKER = 3  # so that the last one to finish is not long in finishing
LONGEST_SEGMENT = 6  # times the shortest


@dataclass(frozen=True, slots=True)
class Fleet:
    """Shares renders out.

    Attributes:
        split_from_s: shorter videos are rendered by one worker.
        segment_s: the shortest segment that is worth a job.
    """

    materials: Materials
    finishing: Finishing
    split_from_s: float
    segment_s: float

    def is_long(self, upload: dict[str, Any]) -> bool:
        """Whether segments are worth their while for this video."""
        return float(json_of(upload["source"])["duration_s"]) > self.split_from_s

    async def is_at_work(self, upload: dict[str, Any]) -> bool:
        """Whether the upload's render is shared out already."""
        return await plan_of(upload["id"]) is not None

    async def share(
        self, context: JobContext, upload: dict[str, Any], rows: Sequence[dict[str, Any]]
    ) -> bool:
        """Share a long render out, if there is a worker to share it with."""
        if not self.is_long(upload):
            return False
        spare = await spare_render_slots()
        if spare < 1:
            return False
        spans = await self._spans(upload, workers=spare + 1)
        inputs = await self.materials.inputs(upload, rows, hud=wants_hud(upload))
        async with transaction():
            await context.fence()
            plan = await open_plan(upload, inputs, spans, _rate(upload))
            if plan is not None:
                await ask_for_segments(upload, plan, spans)
        failpoint("after_plan")
        return True

    async def segment(self, context: JobContext) -> None:
        """Make one segment, unless it is there already; the last one to be made calls for the join."""
        found = await self._work(context)
        if found is None:
            return
        upload, plan = found
        number = int(context.job.args["number"])
        segments = await segments_of(plan["id"])
        if segments[number]["files"] is None:
            board = self._board(upload, plan)
            async with board.never_silent(partial(self._standing, board, plan["id"])):
                files = await self._make(context, upload, plan, segments, board)
            failpoint("after_segment", str(number))
            async with transaction():
                await context.fence()
                await record_files(plan["id"], number, files)
        # In a transaction of its own: of two that end at once, one at least sees the other's.
        await ask_for_join(upload, plan)

    async def join(self, context: JobContext) -> None:
        """Put the renditions together and hand the upload over."""
        found = await self._work(context)
        if found is None:
            return
        upload, plan = found
        board, began = self._board(upload, plan), time.monotonic()

        async def standing() -> Standing | None:
            found = await self._standing(board, plan["id"])
            gone = time.monotonic() - began
            return found and replace(found, left_s=max(0.0, found.left_s - gone))

        async with board.never_silent(standing):
            await self._join(context, upload, plan)
        await self.finishing.hand_over(context, upload)

    async def _join(
        self, context: JobContext, upload: dict[str, Any], plan: dict[str, Any]
    ) -> None:
        inputs = _inputs(plan)
        segments = await segments_of(plan["id"])
        rows = await self._rows(inputs)
        waiting = [row for row in rows if row["state"] == RenditionState.RUNNING]
        began = plan["started_at"].timestamp()
        folder = self._folder(context, upload)
        task = await self.materials.production(upload, rows, inputs, folder, folder / "segments")
        names = {output.path.stem: output.spec.name for output in task.outputs}
        for row in waiting:
            for segment in segments:
                await self._fetch(segment, row, task, names[str(row["id"])])
        wanted = frozenset(names[str(row["id"])] for row in waiting)
        work = JoinTask(task, _spans(segments), wanted)
        reports = await run_in_child(join_shares, work, scratch=folder) if waiting else ()
        by_name = {report.name: report for report in reports}
        for row in waiting:
            report = by_name[names[str(row["id"])]]
            await self.finishing.keep(
                context,
                upload,
                row,
                report,
                seconds=time.time() - began,
                still_at_s=inputs.still_at_s,
            )
            failpoint("after_join")

    async def clean(self, context: JobContext) -> None:
        """Remove the segments of a render that is over."""
        upload = await Upload.select().where(Upload.id == context.subject).first()
        if upload is not None:
            plan = UUID(context.job.args["plan"])
            prefix = segments_prefix(upload["workspace"], upload["id"], plan)
            await self.finishing.storage.delete_prefix(prefix)

    async def _work(self, context: JobContext) -> tuple[dict[str, Any], dict[str, Any]] | None:
        upload = await Upload.select().where(Upload.id == context.subject).first()
        plan = await plan_of(context.subject)
        if upload is None or plan is None or upload["state"] != UploadState.RENDERING:
            return None
        return (upload, plan) if str(plan["id"]) == context.job.args["plan"] else None

    async def _spans(self, upload: dict[str, Any], workers: int) -> tuple[Span, ...]:
        source, _ = await self.materials.fetch(upload)
        duration = float(json_of(upload["source"])["duration_s"])
        seconds = segment_seconds(duration, workers, self.segment_s)
        return await run_in_child(plan_shares, PlanTask(source, seconds), scratch=source.parent)

    async def _make(
        self,
        context: JobContext,
        upload: dict[str, Any],
        plan: dict[str, Any],
        segments: Sequence[dict[str, Any]],
        board: ProgressBoard,
    ) -> dict[str, tuple[str, str]]:
        """Render and store; key and ETag by rendition id."""
        self.materials.scratch.preflight(upload["size_bytes"])
        inputs, number = _inputs(plan), int(context.job.args["number"])
        rows = await self._rows(inputs)
        folder = self._folder(context, upload)
        task = await self.materials.production(upload, rows, inputs, folder, folder)
        tell = partial(self._tell, board, Every(KEEP_EVERY_S), segments[number])
        began, span = time.monotonic(), _spans(segments)[number]
        # All slots of this machine work on segments now: threads for the others' cores only cost.
        share = max(1, cores() // await render_slots_here())
        made: tuple[SegmentFile, ...] = await run_in_child(
            make_segment,
            SegmentTask(replace(task, cores=share), _spans(segments), number),
            scratch=folder,
            on_event=newest_only(tell),
        )
        pictures = span.seconds * float(json_of(upload["source"])["fps"])
        measure_speed(pictures, time.monotonic() - began)
        prefix = segments_prefix(upload["workspace"], upload["id"], plan["id"])
        run = f"{context.job.id.hex[-12:]}-{context.job.epoch}"
        files = {}
        for row, file in zip(rows, made, strict=True):
            if file.path is not None:
                key = segment_key(prefix, row["id"], number, run)
                info, _ = await self.finishing.storage.upload(key, file.path, "video/mp4")
                files[str(row["id"])] = (key, info.etag)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return files

    async def _tell(
        self, board: ProgressBoard, every: Every, segment: dict[str, Any], event: Progress
    ) -> None:
        if every.due():
            self.materials.scratch.touch(board.upload_id)
            await note_progress(segment, event)
            standing = await self._standing(board, segment["plan"])
            if standing is not None:
                await board.tell(standing)

    async def _standing(self, board: ProgressBoard, plan_id: UUID) -> Standing | None:
        """How far the render is, kept in the rows; None when it was ended meanwhile."""
        standing = await standing_of(plan_id)
        share = await board.keep(standing.share)
        return None if share is None else replace(standing, share=share)

    def _board(self, upload: dict[str, Any], plan: dict[str, Any]) -> ProgressBoard:
        return ProgressBoard(self.finishing.live, upload["id"], _inputs(plan).renditions)

    async def _fetch(
        self, segment: dict[str, Any], row: dict[str, Any], task: ProductionTask, name: str
    ) -> None:
        stored = json_of(segment["files"]).get(str(row["id"]))
        if stored is not None:
            place = segment_place(task, name, segment["number"])
            place.parent.mkdir(parents=True, exist_ok=True)
            await self.finishing.storage.download(stored[0], place, stored[1])

    async def _rows(self, inputs: RenderInputs) -> list[dict[str, Any]]:
        return await (
            Rendition.select()
            .where(Rendition.id.is_in(list(inputs.renditions)))
            .order_by(Rendition.id)
        )

    def _folder(self, context: JobContext, upload: dict[str, Any]) -> Path:
        """A folder of this run alone: other workers of this machine share the upload's."""
        base = self.materials.scratch.folder(upload["id"])
        folder = base / f"{context.job.id.hex[-12:]}-{context.job.epoch}"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


def segment_seconds(duration_s: float, workers: int, shortest_s: float) -> float:
    """How long segments are that give every worker the same number of them.

    Were three segments made for two workers, one of these would wait while the other makes the third.
    """
    rounds = min(SEGMENTS_PER_WORKER, int(duration_s / (workers * shortest_s)))
    rounds = max(1, rounds, math.ceil(duration_s / (workers * shortest_s * LONGEST_SEGMENT)))
    return max(shortest_s, duration_s / (workers * rounds))


def _inputs(plan: dict[str, Any]) -> RenderInputs:
    return msgspec.convert(json_of(plan["inputs"]), RenderInputs)


def _spans(segments: Sequence[dict[str, Any]]) -> tuple[Span, ...]:
    return tuple(Span(Fraction(row["start"]), Fraction(row["stop"])) for row in segments)


def _rate(upload: dict[str, Any]) -> float:
    return float(json_of(upload["source"])["fps"])
