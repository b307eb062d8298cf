"""A render that survives crashes: finished segments and finished files are never made again."""

import time
from collections.abc import Sequence
from pathlib import Path

from uploadm8.core.video.encoders import choose_encoder
from uploadm8.core.video.job import (
    Emit,
    Finished,
    Output,
    OutputReport,
    RenderJob,
    RenderReport,
    Span,
    Started,
    ignore,
)
from uploadm8.core.video.join import join
from uploadm8.core.video.meter import Meter
from uploadm8.core.video.probe import probe
from uploadm8.core.video.render import with_fallback
from uploadm8.core.video.segments import SEGMENT_S, plan_segments, run_segment, segment_is_done
from uploadm8.core.video.session import Session
from uploadm8.core.video.timeline import Timeline


def render_resumable(
    job: RenderJob, folder: Path, emit: Emit = ignore, seconds: float = SEGMENT_S
) -> RenderReport:
    """Render through segments kept in `folder`; after a crash call it again with the same folder.

    Decoding goes on from one segment to the next, so that this costs hardly more than `render`.

    Raises:
        MediaError: the source cannot be used, or ends early.
    """
    return with_fallback(job, lambda one: _render(one, folder, emit, seconds))


def _render(job: RenderJob, folder: Path, emit: Emit, seconds: float) -> RenderReport:
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    spans = plan_segments(job, seconds)
    missing = [n for n in range(len(spans)) if not segment_is_done(job, spans, n, folder)]
    with Session(job) as session:
        rate = float(session.source.fps)
        total = max(1, round(session.timeline.span.seconds * rate))
        emit(Started(total, session.timeline.span.seconds))
        read = 0
        before = total - round(sum(spans[n].seconds for n in missing) * rate)
        meter = Meter(total, emit, before)
        for number in missing:
            read += run_segment(session, spans, number, folder, meter.after(read))
        errors, encoder, first = session.reader.errors, session.encoder.value, session.first_frame
        hud_ms = session.hud_ms
    return RenderReport(
        outputs=join_outputs(job, job.outputs, spans, folder, emit),
        pictures=read,
        errors=errors,
        wall_s=time.monotonic() - began,
        first_frame_s=(first or began) - began,
        hud_ms=hud_ms,
        encoder=encoder,
    )


def join_outputs(
    job: RenderJob, outputs: Sequence[Output], spans: Sequence[Span], folder: Path, emit: Emit
) -> tuple[OutputReport, ...]:
    """Join the segments of some of the job's outputs.

    Raises:
        MediaError: segments_differ, when one is missing or was made for another job.
    """
    timeline = Timeline.of(job.known or probe(job.source, job.limits), job.trim)
    encoder = choose_encoder(job.hardware).value
    reports = []
    for output in outputs:
        frames = join(job, output, spans, folder)
        emit(Finished(output, frames))
        end, size = float(timeline.end_for(output.spec)), output.path.stat().st_size
        reports.append(OutputReport(output.spec.name, output.path, frames, size, end, encoder))
    return tuple(reports)
