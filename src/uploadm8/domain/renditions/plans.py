"""Rows of shared renders: the plan, its segments, and the jobs that work on them."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

from uploadm8.core.video.job import Progress, Span
from uploadm8.domain.renditions.materials import RenderInputs
from uploadm8.domain.renditions.progress import FINISH_S, Standing
from uploadm8.domain.renditions.tables import RenderPlan, RenderSegment
from uploadm8.domain.uploads.rendering import SECONDS_PER_SECOND
from uploadm8.infra.db.json_columns import to_json
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import JOIN_SEGMENTS, RENDER_SEGMENT
from uploadm8.infra.jobs.queue import enqueue

START_S = 1.0  # from the plan to the first picture
JOIN_S = 2.0  # what joining takes, however short the video
JOIN_SECONDS_PER_SECOND = 2.0  # downloading, copying, uploading


async def plan_of(upload_id: UUID) -> dict[str, Any] | None:
    """The plan of an upload's shared render; None when there is none, or none any more."""
    return await RenderPlan.select().where(RenderPlan.upload == upload_id).first()


async def open_plan(
    upload: Mapping[str, Any], inputs: RenderInputs, spans: Sequence[Span], rate: float
) -> UUID | None:
    """In a transaction: record a plan with its segments; None when the upload has one already."""
    plan = RenderPlan(
        id=new_id(), workspace=upload["workspace"], upload=upload["id"], inputs=to_json(inputs)
    )
    made = await (
        RenderPlan.insert(plan)
        .on_conflict(target=RenderPlan.upload, action="DO NOTHING")
        .returning(RenderPlan.id)
    )
    if not made:
        return None
    rows = [
        RenderSegment(
            id=new_id(),
            plan=plan.id,
            number=number,
            start=str(span.start),
            stop=str(span.end),
            total=max(1, round(span.seconds * rate)),
        )
        for number, span in enumerate(spans)
    ]
    await RenderSegment.insert(*rows)
    return plan.id


async def ask_for_segments(upload: Mapping[str, Any], plan: UUID, spans: Sequence[Span]) -> None:
    """In a transaction: one job for each segment."""
    for number, span in enumerate(spans):
        await enqueue(
            RENDER_SEGMENT,
            ref_id=upload["id"],
            workspace_id=upload["workspace"],
            args={"plan": str(plan), "number": number},
            unique_key=f"{RENDER_SEGMENT.name}:{plan}:{number}",
            allowance_s=SECONDS_PER_SECOND * span.seconds,
        )


async def ask_for_join(upload: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    """The one job that joins, once every segment is there; asked for any number of times."""
    async with transaction():
        segments = await segments_of(plan["id"])
        if not segments or any(row["files"] is None for row in segments):
            return
        await enqueue(
            JOIN_SEGMENTS,
            ref_id=upload["id"],
            workspace_id=upload["workspace"],
            args={"plan": str(plan["id"])},
            unique_key=f"{JOIN_SEGMENTS.name}:{plan['id']}",
            priority=-1,  # what is nearly done goes before what is begun
            allowance_s=JOIN_SECONDS_PER_SECOND * float(Fraction(segments[-1]["stop"])),
        )


async def segments_of(plan_id: UUID) -> list[dict[str, Any]]:
    """The segments of a plan, in order."""
    return await (
        RenderSegment.select().where(RenderSegment.plan == plan_id).order_by(RenderSegment.number)
    )


async def record_files(plan_id: UUID, number: int, files: Mapping[str, tuple[str, str]]) -> None:
    """In a fenced transaction: a segment is made and stored. The first to say so is believed."""
    await RenderSegment.update(
        {
            RenderSegment.files: to_json(files),
            RenderSegment.pictures: RenderSegment.total,
            RenderSegment.fps: 0.0,
        }
    ).where(
        RenderSegment.plan == plan_id,
        RenderSegment.number == number,
        RenderSegment.files.is_null(),
    )


async def note_progress(segment: Mapping[str, Any], event: Progress) -> None:
    """Note how far one segment is."""
    await RenderSegment.raw(
        "UPDATE render_segments SET pictures=LEAST({}, total), fps={}"
        " WHERE id={} AND files IS NULL",
        event.pictures,
        event.fps,
        segment["id"],
    )


async def standing_of(plan_id: UUID) -> Standing:
    """How far all segments are together."""
    rows = await RenderSegment.raw(
        "SELECT sum(pictures) AS done, sum(total) AS total, sum(fps) AS fps,"
        " extract(epoch FROM now() - min(p.started_at)) AS elapsed"
        " FROM render_segments s JOIN render_plans p ON p.id=s.plan WHERE s.plan={}",
        plan_id,
    )
    done, total, fps, elapsed = (
        float(rows[0][name] or 0.0) for name in ("done", "total", "fps", "elapsed")
    )
    # Over all the time so far, for a worker that starts on its next segment has no speed meanwhile.
    steady = done / max(elapsed - START_S, 0.1)
    left = (total - done) / max(steady, 0.1) + JOIN_S + FINISH_S
    return Standing(done / max(total, 1.0), fps, left)
