"""One production shared out among workers: planned once, its segments made anywhere, put together."""

from dataclasses import dataclass, replace
from pathlib import Path

from uploadm8.core.video.job import Emit, OutputReport, RenderJob, Span
from uploadm8.core.video.probe import probe
from uploadm8.core.video.production import (
    ProductionTask,
    check_room,
    known,
    render_job,
    write_places,
    write_stills,
)
from uploadm8.core.video.resume import join_outputs
from uploadm8.core.video.segments import needs, plan_segments, render_segment, segment_path


@dataclass(frozen=True, slots=True)
class PlanTask:
    """Cut a source into spans of about `seconds`; outputs and HUD do not matter yet."""

    source: Path
    seconds: float


@dataclass(frozen=True, slots=True)
class SegmentTask:
    """Make one segment of every output.

    Attributes:
        production: the whole; it names the folder of the segments.
        spans: the plan, the same for every worker.
        number: which span to make.
    """

    production: ProductionTask
    spans: tuple[Span, ...]
    number: int


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """A segment of one output; None where the output's cap ends before the segment begins."""

    name: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class JoinTask:
    """Put segments together that lie in the production's folder.

    Attributes:
        production: the whole, with every output that the segments were made for.
        spans: the plan.
        wanted: names of the outputs to write; the others are there already.
    """

    production: ProductionTask
    spans: tuple[Span, ...]
    wanted: frozenset[str]


def plan_shares(task: PlanTask, emit: Emit) -> tuple[Span, ...]:
    """Where to cut: at key frames of the source where there are any nearby.

    Raises:
        MediaError: the source cannot be used.
    """
    del emit
    job = RenderJob(source=task.source, outputs=(), known=probe(task.source))
    return plan_segments(job, task.seconds)


def make_segment(task: SegmentTask, emit: Emit) -> tuple[SegmentFile, ...]:
    """Render one segment of every output into the production's folder.

    Raises:
        MediaError: the source cannot be used, or ends early.
        UnavailableError: disk_full, before any work is done.
    """
    job, folder, span = render_job(task.production), _folder(task), task.spans[task.number]
    check_room(job.outputs, span.seconds)
    render_segment(job, task.spans, task.number, folder, emit)
    return tuple(
        SegmentFile(
            output.spec.name,
            segment_path(folder, output, task.number) if needs(output, span) else None,
        )
        for output in job.outputs
    )


def join_shares(task: JoinTask, emit: Emit) -> tuple[OutputReport, ...]:
    """Write the wanted outputs from their segments, sound in one piece, and a still of each.

    Raises:
        MediaError: segments_differ, when one is missing or was made for another job.
        UnavailableError: disk_full, before any work is done.
    """
    job = render_job(task.production)
    wanted = tuple(output for output in job.outputs if output.spec.name in task.wanted)
    check_room(wanted, known(job).duration_s)
    reports = join_outputs(job, wanted, task.spans, _folder(task), emit)
    write_places(task.production, wanted)
    write_stills(replace(job, outputs=wanted), task.production.still_at_s)
    return reports


def segment_place(task: ProductionTask, name: str, number: int) -> Path:
    """Where a segment has to lie for `join_shares`."""
    output = next(output for output in task.outputs if output.spec.name == name)
    if task.segments is None:
        raise ValueError("the production has no folder for segments")
    return segment_path(task.segments, output, number)


def _folder(task: SegmentTask | JoinTask) -> Path:
    folder = task.production.segments
    if folder is None:
        raise ValueError("the production has no folder for segments")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
