"""Cut a render into segments that any worker can render, and that a crash does not lose."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import msgspec
import numpy as np

from uploadm8.core.video.encoders import choose_encoder
from uploadm8.core.video.job import Emit, Output, RenderJob, Span, ignore
from uploadm8.core.video.meter import Meter
from uploadm8.core.video.opening import opened, picture_stream
from uploadm8.core.video.probe import probe
from uploadm8.core.video.session import Session, Watch
from uploadm8.core.video.timeline import Timeline

SEGMENT_S = 10.0  # what a crash costs at most
_NEAR = 1 / 3  # of a segment: a key frame this near to a cut saves decoding twice


class SegmentNote(msgspec.Struct, frozen=True):
    """What a segment's header says about it.

    Attributes:
        made_for: fingerprint of everything that decides its pixels.
        number: its place in the rendition.
        first: time of its first picture in seconds, as a fraction such as ``10/3``.
    """

    made_for: str
    number: int
    first: str


def plan_segments(job: RenderJob, seconds: float = SEGMENT_S) -> tuple[Span, ...]:
    """Spans of about `seconds`, cut at key frames of the source where there are any nearby.

    Raises:
        MediaError: the source cannot be used.
    """
    source = job.known or probe(job.source, job.limits)
    timeline = Timeline.of(source, job.trim)
    keys = _key_times(job, timeline)
    cuts = [Fraction(0)]
    target = Fraction(seconds).limit_denominator(1000)
    while timeline.length - cuts[-1] > target * Fraction(3, 2):
        cuts.append(_cut_near(cuts[-1] + target, keys, timeline.step, float(target) * _NEAR))
    ends = [*cuts[1:], timeline.length]
    return tuple(Span(a, b) for a, b in zip(cuts, ends, strict=True))


def segment_path(folder: Path, output: Output, number: int) -> Path:
    """Where a segment of an output lies."""
    return folder / f"{output.spec.name}.{number:04d}.mp4"


def render_segment(
    job: RenderJob, spans: Sequence[Span], number: int, folder: Path, emit: Emit = ignore
) -> tuple[Path, ...]:
    """Render one segment of every output, unless all of them are there already.

    Raises:
        MediaError: the source cannot be used, or ends early.
    """
    paths = tuple(segment_path(folder, output, number) for output in job.outputs)
    if not segment_is_done(job, spans, number, folder):
        with Session(job) as session:
            total = round(spans[number].seconds * float(session.source.fps))
            run_segment(session, spans, number, folder, Meter(total, emit).watch)
    return paths


def run_segment(
    session: Session, spans: Sequence[Span], number: int, folder: Path, watch: Watch
) -> int:
    """Render one segment within a session; the number of pictures read is returned."""
    outputs = session.job.outputs
    paths = [segment_path(folder, output, number) for output in outputs]
    notes = [partial(_noted, fingerprint(session.job, output), number) for output in outputs]
    return session.run(spans[number], paths, watch, notes)


def needs(output: Output, span: Span) -> bool:
    """Whether an output shows anything of a span."""
    cap = output.spec.duration_cap_s
    return cap is None or span.start < cap


def segment_is_done(job: RenderJob, spans: Sequence[Span], number: int, folder: Path) -> bool:
    """Whether every output of the job has this segment, made for just that output."""
    wanted = (output for output in job.outputs if needs(output, spans[number]))
    return all(note_of(job, output, number, folder) is not None for output in wanted)


def note_of(job: RenderJob, output: Output, number: int, folder: Path) -> SegmentNote | None:
    """The note of an output's segment; None when there is none that was made for just that."""
    note = read_note(segment_path(folder, output, number))
    fits = note is not None and (note.made_for, note.number) == (fingerprint(job, output), number)
    return note if fits else None


def read_note(path: Path) -> SegmentNote | None:
    """The note of a segment; None when the file is absent or no segment."""
    if not path.is_file():
        return None
    try:
        with av.open(str(path), format="mov") as file:
            return msgspec.json.decode(file.metadata.get("comment", ""), type=SegmentNote)
    except (av.FFmpegError, msgspec.DecodeError):
        return None


def fingerprint(job: RenderJob, output: Output) -> str:
    """Of everything that decides an output's pixels.

    The job's other outputs do not: when one of two is finished, what there is of the other is kept.
    """
    digest = hashlib.sha256()
    for part in (
        str(job.source.stat().st_size),
        repr(asdict(output.spec)),
        repr((job.offset_s, job.trim, job.quality.value, choose_encoder(job.hardware).value)),
    ):
        digest.update(part.encode())
    if job.hud is not None:
        digest.update(msgspec.msgpack.encode(job.hud))
    if job.track is not None:
        digest.update(np.ascontiguousarray(job.track.t).tobytes())
        for name, column in sorted(job.track.columns.items()):
            digest.update(name.encode() + np.ascontiguousarray(column.values).tobytes())
    return digest.hexdigest()


def _noted(made_for: str, number: int, first: Fraction) -> str:
    return msgspec.json.encode(SegmentNote(made_for, number, str(first))).decode()


def _key_times(job: RenderJob, timeline: Timeline) -> list[Fraction]:
    """Times of the source's key frames, when its index tells them."""
    with opened(job.source, job.limits) as container:
        stream = picture_stream(container, job.limits)
        base = Fraction(stream.time_base or Fraction(1, 1000))
        listed = stream.index_entries if stream.frames else ()
        entries = [entry for entry in listed if not entry.is_discard]
        if not entries:
            return []
        # The index counts decoding times; the first picture is shown at time 0.
        first = entries[0].timestamp
        shift = Fraction(timeline.start_s).limit_denominator(1_000_000)
        return [(e.timestamp - first) * base - shift for e in entries if e.is_keyframe]


def _cut_near(target: Fraction, keys: list[Fraction], step: Fraction, reach: float) -> Fraction:
    near = [key for key in keys if abs(key - target) <= reach]
    chosen = min(near, key=lambda key: abs(key - target)) if near else target
    return round(chosen / step) * step
