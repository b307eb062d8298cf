"""`uploadm8 preview`: one frame with its HUD, in a second, without rendering the video."""

from pathlib import Path
from typing import Literal

import click

from uploadm8.cli.film import aligned, chosen_spec, film_options, hud_spec, plain_errors, telemetry
from uploadm8.cli.render import split_files
from uploadm8.core.video.probe import probe
from uploadm8.core.video.still import still


@click.command(options_metavar="[OPTIONS]")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="VIDEO [TELEMETRY] OUT.png",
)
@click.option("--at", type=float, default=0.0, show_default=True, help="Second of the video.")
@film_options
def preview(
    *,
    files: tuple[Path, ...],
    at: float,
    aspect: str | None,
    fit: str,
    theme: str,
    preset: str,
    units: str,
    accent: str | None,
    offset: float | None,
    no_hud: bool,
) -> None:
    """Show what a frame will look like."""
    with plain_errors():
        video, track_file, out = split_files(files)
        source = probe(video)
        spec = chosen_spec(source, aspect, fit, hud=not no_hud)
        hud = None if no_hud else hud_spec(theme, preset, units, accent)
        track = None if no_hud else telemetry(track_file, video)
        image: Literal["png", "jpg"] = "jpg" if out.suffix in (".jpg", ".jpeg") else "png"
        data = still(
            video, track, hud, at, spec, offset_s=aligned(track, source, video, offset), image=image
        )
        out.write_bytes(data)
        click.echo(f"{out}: {spec.width}x{spec.height}")
