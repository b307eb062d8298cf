"""Make the renditions of an upload: telemetry read, HUD drawn, files and stills written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uploadm8.core.hud.spec import HudSpec
from uploadm8.core.telemetry.zones import Zone
from uploadm8.core.video.inspection import find_track
from uploadm8.core.video.job import Emit, Output, RenderJob, RenderReport
from uploadm8.core.video.location import filmed_at, write_place
from uploadm8.core.video.probe import probe
from uploadm8.core.video.render import render
from uploadm8.core.video.rendition import Quality
from uploadm8.core.video.resume import render_resumable
from uploadm8.core.video.source import SourceInfo
from uploadm8.core.video.space import check_space
from uploadm8.core.video.still import still
from uploadm8.errors import TelemetryError

STILL_AT = 0.55  # share of the duration: past any fade in, usually in full swing


@dataclass(frozen=True, slots=True)
class ProductionTask:
    """What to make.

    Attributes:
        source: the video, on local disk.
        telemetry: the telemetry file beside it, if one was sent.
        offset_s: the log's time at the first picture.
        hud: how the HUD looks; None for no HUD.
        outputs: the renditions and their files.
        quality: encoder effort.
        hardware: use a hardware encoder when one works here.
        segments: folder for segments that outlive a crash of this process: give the same one again
            and only what is missing is rendered. None renders in one piece.
        zones: where no position may be shown.
        location: whether the files tell where they were filmed; without it they carry no place.
        still_at_s: what the stills show, in seconds after the first picture; None is a good guess.
        cores: how many the render may keep busy; None is all that the process may use.
    """

    source: Path
    telemetry: Path | None
    offset_s: float
    hud: HudSpec | None
    outputs: tuple[Output, ...]
    quality: Quality = Quality.STANDARD
    hardware: bool = False
    segments: Path | None = None
    zones: tuple[Zone, ...] = ()
    location: bool = False
    still_at_s: float | None = None
    cores: int | None = None


def produce(task: ProductionTask, emit: Emit) -> RenderReport:
    """Render every output, with a JPEG still beside each (same name, ``.jpg``).

    Raises:
        MediaError: the source cannot be used.
        TelemetryError: the telemetry cannot be read any more.
        UnavailableError: disk_full, before any work is done.
    """
    job = render_job(task)
    check_room(job.outputs, known(job).duration_s)
    if task.segments is None:
        report = render(job, emit)
    else:
        report = render_resumable(job, task.segments, emit)
    write_places(task, job.outputs)
    write_stills(job, task.still_at_s)
    return report


def render_job(task: ProductionTask) -> RenderJob:
    """The render of a task, with its source probed and its telemetry read.

    Raises:
        MediaError: the source cannot be used.
        TelemetryError: the telemetry cannot be read any more.
    """
    track = None if task.hud is None else find_track(task.source, task.telemetry, task.zones)
    return RenderJob(
        source=task.source,
        outputs=task.outputs,
        track=track,
        hud=task.hud if track is not None else None,
        offset_s=task.offset_s,
        quality=task.quality,
        hardware=task.hardware,
        known=probe(task.source),
        cores=task.cores,
    )


def known(job: RenderJob) -> SourceInfo:
    """What a probe says of the job's source."""
    return job.known or probe(job.source, job.limits)


def check_room(outputs: Sequence[Output], duration_s: float) -> None:
    """Make sure that the folders have room for so many seconds of these outputs.

    Raises:
        UnavailableError: disk_full.
    """
    for folder in {output.path.parent for output in outputs}:
        check_space(folder, [output.spec for output in outputs], duration_s)


def write_places(task: ProductionTask, outputs: Sequence[Output]) -> None:
    """Tell in finished files where they were filmed, if that is wanted and known."""
    if not task.location:
        return
    try:
        track = find_track(task.source, task.telemetry, task.zones)
    except TelemetryError:
        track = None
    place = filmed_at(task.source, track, task.zones, task.offset_s)
    if place is not None:
        for output in outputs:
            write_place(output.path, place)


def write_stills(job: RenderJob, at_s: float | None) -> None:
    """Put a JPEG beside each output, of a moment that it shows."""
    for output in job.outputs:
        shown_s = min(known(job).duration_s, output.spec.duration_cap_s or float("inf"))
        picture = still(
            job.source,
            job.track,
            job.hud,
            shown_s * STILL_AT if at_s is None else min(at_s, shown_s),
            output.spec,
            offset_s=job.offset_s,
            image="jpg",
        )
        output.path.with_suffix(".jpg").write_bytes(picture)
