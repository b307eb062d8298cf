"""render(): one decode, every rendition, each file under its name only when it is whole."""

import time
from fractions import Fraction

import cv2

from uploadm8.core.video.job import (
    Emit,
    Finished,
    OutputReport,
    Progress,
    RenderJob,
    RenderReport,
    Started,
    ignore,
)
from uploadm8.core.video.session import Session

_EVERY_S = 0.25


def render(job: RenderJob, emit: Emit = ignore) -> RenderReport:
    """Render every output of a job in one pass over its source.

    Raises:
        MediaError: the source cannot be used, or ends early.
    """
    began = time.monotonic()
    cv2.setNumThreads(1)  # decoder and encoder threads already fill the cores
    with Session(job) as session:
        span = session.timeline.span
        total = max(1, round(span.seconds * float(session.source.fps)))
        emit(Started(total, span.seconds))
        meter = Meter(total, emit)
        read = session.run(span, [o.path for o in job.outputs], meter.watch, with_sound=True)
        for output, lane in zip(job.outputs, session.lanes, strict=True):
            emit(Finished(output, lane.writer.frames if lane.writer else 0))
        return report(session, read, began)


class Meter:
    """Turns pictures into progress events, a few a second."""

    def __init__(self, total: int, emit: Emit, before: int = 0) -> None:
        """`before` pictures were done earlier and count for the share, not for the speed."""
        self._total, self._emit, self._before = total, emit, before
        self._began = self._last = time.monotonic()

    def watch(self, pictures: int, moment: Fraction) -> None:
        """Note that so many pictures are done."""
        now = time.monotonic()
        if now - self._last < _EVERY_S:
            return
        self._last = now
        fps = pictures / max(now - self._began, 1e-9)
        done = min(self._total, self._before + pictures)
        left = (self._total - done) / fps if fps else float("inf")
        self._emit(Progress(done, self._total, fps, left))


def report(session: Session, pictures: int, began: float) -> RenderReport:
    """The report of a session whose files are closed."""
    overlays = [lane.overlay for lane in session.lanes if lane.overlay is not None]
    drawn = sum(overlay.drawn for overlay in overlays)
    outputs = tuple(
        OutputReport(
            output.spec.name,
            output.path,
            lane.writer.frames if lane.writer else 0,
            output.path.stat().st_size,
            float(lane.end),
        )
        for output, lane in zip(session.job.outputs, session.lanes, strict=True)
    )
    return RenderReport(
        outputs=outputs,
        pictures=pictures,
        errors=session.reader.errors,
        wall_s=time.monotonic() - began,
        first_frame_s=(session.first_frame or began) - began,
        hud_ms=sum(o.seconds for o in overlays) / drawn * 1000 if drawn else None,
        encoder=session.encoder.value,
    )
