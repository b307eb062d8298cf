"""render(): one decode, every rendition, each file under its name only when it is whole."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import av

from uploadm8.core.video.encoders import Encoder, choose_encoder
from uploadm8.core.video.job import (
    Emit,
    Finished,
    OutputReport,
    RenderJob,
    RenderReport,
    Started,
    ignore,
)
from uploadm8.core.video.meter import Meter
from uploadm8.core.video.session import Session

T = TypeVar("T")


def render(job: RenderJob, emit: Emit = ignore) -> RenderReport:
    """Render every output of a job in one pass over its source.

    Raises:
        MediaError: the source cannot be used, or ends early.
    """
    return with_fallback(job, lambda one: _render(one, emit))


def with_fallback(job: RenderJob, work: Callable[[RenderJob], T]) -> T:
    """Do the work, once more by libx264 when a hardware encoder gives up, as for want of sessions."""
    try:
        return work(job)
    except av.FFmpegError:
        if choose_encoder(job.hardware) is Encoder.X264:
            raise
        return work(replace(job, hardware=False))


def _render(job: RenderJob, emit: Emit) -> RenderReport:
    began = time.monotonic()
    with Session(job) as session:
        span = session.timeline.span
        total = max(1, round(span.seconds * float(session.source.fps)))
        emit(Started(total, span.seconds))
        meter = Meter(total, emit)
        read = session.run(span, [o.path for o in job.outputs], meter.watch)
        for output, lane in zip(job.outputs, session.lanes, strict=True):
            emit(Finished(output, lane.writer.frames if lane.writer else 0))
        return report(session, read, began)


def report(session: Session, pictures: int, began: float) -> RenderReport:
    """The report of a session whose files are closed."""
    outputs = tuple(
        OutputReport(
            output.spec.name,
            output.path,
            lane.writer.frames if lane.writer else 0,
            output.path.stat().st_size,
            float(lane.end),
            session.encoder.value,
        )
        for output, lane in zip(session.job.outputs, session.lanes, strict=True)
    )
    return RenderReport(
        outputs=outputs,
        pictures=pictures,
        errors=session.reader.errors,
        wall_s=time.monotonic() - began,
        first_frame_s=(session.first_frame or began) - began,
        hud_ms=session.hud_ms,
        encoder=session.encoder.value,
    )
