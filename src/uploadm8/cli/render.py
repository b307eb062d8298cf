"""`uploadm8 render`: a video with its HUD, on this machine, with no server."""

from pathlib import Path

import click

from uploadm8.cli.film import aligned, chosen_spec, film_options, hud_spec, plain_errors, telemetry
from uploadm8.core.telemetry.track import Track
from uploadm8.core.video.encoders import Encoder
from uploadm8.core.video.job import Event, Output, Progress, RenderJob, RenderReport, Started
from uploadm8.core.video.probe import probe
from uploadm8.core.video.render import render as run
from uploadm8.core.video.rendition import Quality
from uploadm8.errors import InvalidRequestError

_USAGE = "VIDEO [TELEMETRY] OUT.mp4"


@click.command(options_metavar="[OPTIONS]")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar=_USAGE)
@film_options
@click.option(
    "--trim", nargs=2, type=float, metavar="START END", help="Only this part, in seconds."
)
@click.option("--quick", is_flag=True, help="Two thirds of the work for nearly the same quality.")
@click.option("--hardware", is_flag=True, help="Use a hardware encoder if one works here.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def render(
    *,
    files: tuple[Path, ...],
    aspect: str | None,
    fit: str,
    theme: str,
    preset: str,
    units: str,
    accent: str | None,
    offset: float | None,
    no_hud: bool,
    trim: tuple[float, float] | None,
    quick: bool,
    hardware: bool,
    quiet: bool,
) -> None:
    """Burn telemetry into a video.

    The telemetry may be GPX, TCX, FIT, CSV, NMEA, SRT and more; a video that carries its own
    (GoPro, DJI, dash cameras, phones) needs no second file.
    """
    with plain_errors():
        video, track_file, out = split_files(files)
        source = probe(video)
        hud = None if no_hud else hud_spec(theme, preset, units, accent)
        track = None if no_hud else telemetry(track_file, video)
        job = RenderJob(
            source=video,
            outputs=(Output(chosen_spec(source, aspect, fit, hud=not no_hud), out),),
            track=track,
            hud=hud,
            offset_s=aligned(track, source, video, offset),
            trim=trim,
            quality=Quality.QUICK if quick else Quality.STANDARD,
            hardware=hardware,
            known=source,
        )
        report = _run(job, quiet=quiet)
        if hardware and report.encoder == Encoder.X264:
            click.echo("No hardware encoder works here.", err=True)
        _tell(report, track)


def split_files(files: tuple[Path, ...]) -> tuple[Path, Path | None, Path]:
    """Video, telemetry if given, result."""
    if len(files) not in (2, 3):
        raise click.UsageError(f"Two or three files are needed: {_USAGE}")
    video, out = files[0], files[-1]
    if out.resolve() in {file.resolve() for file in files[:-1]}:
        raise InvalidRequestError(
            "The result would overwrite its own source.",
            code="same_file",
            action="Give the result another name.",
        )
    if not out.resolve().parent.is_dir():
        raise InvalidRequestError(
            f"There is no folder {out.resolve().parent}.",
            code="no_folder",
            action="Create it, or write the result elsewhere.",
        )
    return video, files[1] if len(files) == 3 else None, out


def _run(job: RenderJob, *, quiet: bool) -> RenderReport:
    if quiet:
        return run(job)
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[speed]}"))
    with Bar(*columns, TimeRemainingColumn()) as bar:
        task = bar.add_task(job.outputs[0].path.name, total=None, speed="")

        def show(event: Event) -> None:
            if isinstance(event, Started):
                bar.update(task, total=event.pictures)
            elif isinstance(event, Progress):
                bar.update(task, completed=event.pictures, speed=f"{event.fps:.1f} fps")

        report = run(job, show)
        bar.update(task, total=1, completed=1)
    return report


def _tell(report: RenderReport, track: Track | None) -> None:
    for output in report.outputs:
        size = output.bytes / 1e6
        what = f"{output.frames} frames by {output.encoder}, {size:.1f} MB, {report.wall_s:.1f} s"
        click.echo(f"{output.path}: {what}")
    if track is not None:
        for warning in track.quality.warnings:
            click.echo(f"Telemetry: {warning}")
