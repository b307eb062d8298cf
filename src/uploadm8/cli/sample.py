"""`uploadm8 sample`: write a clip of a drive and its telemetry, to try everything with."""

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seconds", default=20.0, show_default=True, type=click.FloatRange(1, 3600))
@click.option("--size", default="1920x1080", show_default=True, help="WIDTHxHEIGHT in pixels.")
@click.option("--fps", default=30, show_default=True, type=click.IntRange(1, 120))
@click.option("--offset", default=0.0, show_default=True, help="Seconds the log's clock is ahead.")
@click.option("--margin", default=0.0, show_default=True, help="Seconds of log around the clip.")
@click.option("--seed", default=3, show_default=True, help="Another number is another drive.")
def sample(
    folder: Path, *, seconds: float, size: str, fps: int, offset: float, margin: float, seed: int
) -> None:
    """Write drive.mp4 and drive.gpx into FOLDER: a drive whose telemetry is true."""
    from uploadm8.dev.sample import write_sample

    width, height = _pixels(size)
    paths = write_sample(
        folder,
        seconds=seconds,
        width=width,
        height=height,
        fps=fps,
        planted_offset_s=offset,
        margin_s=margin,
        seed=seed,
    )
    click.echo(paths.video)
    click.echo(paths.telemetry)


def _pixels(size: str) -> tuple[int, int]:
    width, _, height = size.lower().partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        raise click.BadParameter("write it as WIDTHxHEIGHT, such as 1920x1080", param_hint="--size")
    pixels = int(width), int(height)
    if not all(64 <= side <= 4096 and side % 2 == 0 for side in pixels):
        raise click.BadParameter("sides must be even and between 64 and 4096", param_hint="--size")
    return pixels
