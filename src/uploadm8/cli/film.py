"""What `render` and `preview` have in common: HUD options, telemetry, and errors in plain words."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from uploadm8.core.hud.spec import HudSpec, Preset, ThemeName, Units
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.track import Clock, Track
from uploadm8.core.video.alignment import align
from uploadm8.core.video.rendition import Fit, RenditionSpec
from uploadm8.core.video.source import SourceInfo
from uploadm8.core.video.specs import Aspect, native_spec, rendition_spec
from uploadm8.errors import InvalidRequestError, UploadM8Error

_LOOK_S = 8.0  # spent on matching the picture with the log, where their clocks leave doubts
_F = TypeVar("_F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--aspect",
        type=click.Choice([a.value for a in Aspect]),
        help="Shape of the result; the source's own when not given.",
    ),
    click.option(
        "--fit",
        type=click.Choice([f.value for f in Fit]),
        default=Fit.BLUR.value,
        show_default=True,
        help="How a picture of another shape fills the frame.",
    ),
    click.option(
        "--theme",
        type=click.Choice([t.value for t in ThemeName]),
        default=ThemeName.GLASS.value,
        show_default=True,
        help="Look of the HUD.",
    ),
    click.option(
        "--preset",
        type=click.Choice([p.value for p in Preset]),
        default=Preset.CAR.value,
        show_default=True,
        help="What was filmed; decides which widgets are shown.",
    ),
    click.option(
        "--units",
        type=click.Choice([u.value for u in Units]),
        default=Units.METRIC.value,
        show_default=True,
    ),
    click.option("--accent", metavar="#RRGGBB", help="Accent colour."),
    click.option(
        "--offset",
        type=float,
        default=None,
        help="Seconds of telemetry at the first picture; found by itself when not given.",
    ),
    click.option("--no-hud", is_flag=True, help="No HUD, only the rendition."),
)


def film_options(command: _F) -> _F:
    """Add the options that describe a rendition and its HUD."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def hud_spec(theme: str, preset: str, units: str, accent: str | None) -> HudSpec:
    """The HUD that the options describe; raises InvalidRequestError when the colour is none."""
    if accent is not None and not _is_color(accent):
        raise InvalidRequestError(
            f"{accent!r} is not a colour.", code="bad_color", action="Write it as #RRGGBB."
        )
    return HudSpec(theme=ThemeName(theme), preset=Preset(preset), units=Units(units), accent=accent)


def chosen_spec(source: SourceInfo, aspect: str | None, fit: str, *, hud: bool) -> RenditionSpec:
    """The rendition that the options describe."""
    if aspect is None:
        return native_spec(source, hud=hud)
    return rendition_spec(Aspect(aspect), fit=Fit(fit), hud=hud)


def telemetry(track: Path | None, video: Path) -> Track:
    """The track of a file, or the one inside the video; raises TelemetryError when unreadable."""
    return read_track(track or video)


def aligned(track: Track | None, source: SourceInfo, video: Path, offset: float | None) -> float:
    """Track time at the first picture; says what it rests on, and when it is a guess."""
    if track is None:
        return 0.0
    found = align(track, source, video, offset, budget_s=_LOOK_S)
    if offset is None and track.clock is not Clock.VIDEO:
        click.echo(f"Telemetry at {found.offset_s:+.2f} s: {found.reason}", err=True)
        if found.needs_review:
            click.echo("Check it with `uploadm8 preview`, and set --offset if it is off.", err=True)
    return found.offset_s


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print what went wrong and what to do, and end with status 1."""
    try:
        yield
    except UploadM8Error as error:
        click.secho(error.detail, fg="red", err=True)
        if error.action:
            click.echo(error.action, err=True)
        sys.exit(1)


def _is_color(text: str) -> bool:
    digits = text.removeprefix("#")
    return (
        len(digits) == 6 and text != digits and all(c in "0123456789abcdefABCDEF" for c in digits)
    )
