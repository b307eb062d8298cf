"""Which renditions an upload needs: one per distinct spec, never one per platform."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from uploadm8.core.video.footage import Footage
from uploadm8.core.video.platforms import PLATFORMS
from uploadm8.core.video.preflight import preflight
from uploadm8.core.video.rendition import Fit, Pace, RenditionSpec
from uploadm8.core.video.specs import (
    Aspect,
    RenditionOptions,
    assign_specs,
    native_shape,
    rendition_spec,
)
from uploadm8.domain.uploads.choices import PlatformChoice, RenditionChoice
from uploadm8.findings import blocks


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rendition to make and the platforms that it serves."""

    spec: RenditionSpec
    platforms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assigned:
    """What one platform gets.

    Attributes:
        media: name of the rules it is judged by, such as ``facebook_video``.
        spec: its rendition.
    """

    media: str
    spec: RenditionSpec


def assigned_renditions(
    platforms: Sequence[str], choice: RenditionChoice, *, hud: bool, duration_s: float | None = None
) -> dict[str, Assigned]:
    """The rendition of each platform; platforms that can share one get an equal spec."""
    names = {
        name: _media_name(name, _options(choice, name, hud=hud), duration_s) for name in platforms
    }
    targets = {media: _options(choice, name, hud=hud) for name, media in names.items()}
    specs = assign_specs(targets, duration_s)
    return {name: Assigned(media, specs[media]) for name, media in names.items()}


def wanted_renditions(
    platforms: Sequence[str], choice: RenditionChoice, *, hud: bool, footage: Footage
) -> list[Wanted]:
    """The distinct renditions; without any target, the wide and the tall one.

    None is made for a platform that would refuse it.
    """
    by_spec: dict[RenditionSpec, list[str]] = {}
    assigned = assigned_renditions(platforms, choice, hud=hud, duration_s=footage.duration_s)
    for name, one in assigned.items():
        if not blocks(preflight(footage, one.media, one.spec)):
            by_spec.setdefault(one.spec, []).append(name)
    aspects = list(choice.aspects) or ([] if platforms else [Aspect.WIDE, Aspect.TALL])
    for aspect in aspects:
        spec = rendition_spec(
            aspect,
            fit=choice.fit,
            short_side=choice.short_side,
            max_fps=choice.max_fps,
            hud=hud,
        )
        if not any(made.name == spec.name for made in by_spec):
            by_spec[spec] = []
    return [Wanted(spec, tuple(sorted(set(names)))) for spec, names in by_spec.items()]


def _options(choice: RenditionChoice, platform: str, *, hud: bool) -> RenditionOptions:
    given = (own for name, own in choice.platforms.items() if name == platform)
    own = next(given, PlatformChoice())
    return RenditionOptions(
        aspect=own.aspect,
        fit=own.fit or choice.fit,
        short_side=choice.short_side,
        max_fps=choice.max_fps,
        hud=hud,
        cut=choice.cut if own.cut is None else own.cut,
    )


def _media_name(platform: str, options: RenditionOptions, duration_s: float | None) -> str:
    """By which rules a platform judges the video: Reels and Shorts are short, pages take more."""
    if platform == "facebook" and duration_s is not None and not options.cut:
        longest = PLATFORMS["facebook"].max_duration_s
        return "facebook_video" if duration_s > longest else "facebook"
    if platform == "youtube" and options.aspect not in (None, Aspect.WIDE):
        longest = PLATFORMS["youtube_short"].max_duration_s
        return "youtube_short" if duration_s is not None and duration_s <= longest else "youtube"
    return platform


def as_it_is(platforms: Sequence[str], width: int, height: int, *, hud: bool) -> list[Wanted]:
    """One rendition in the source's own shape for every platform: tiers without auto-transcode."""
    return [Wanted(native_shape(width, height, hud=hud), tuple(sorted(set(platforms))))]


def spec_to_json(wanted: Wanted) -> dict[str, Any]:
    """A wanted rendition as JSON for its row."""
    spec = wanted.spec
    return {
        **{name: getattr(spec, name) for name in ("name", "width", "height", "hud", "safe_area")},
        "fit": spec.fit.value,
        "pace": spec.pace.value,
        "min_fps": str(spec.min_fps),
        "max_fps": str(spec.max_fps),
        "duration_cap_s": spec.duration_cap_s,
        "max_bitrate": spec.max_bitrate,
        "max_bytes": spec.max_bytes,
        "platforms": list(wanted.platforms),
    }


def spec_from_json(data: Mapping[str, Any]) -> RenditionSpec:
    """The spec of a row."""
    plain = RenditionSpec(data["name"], data["width"], data["height"])
    return replace(
        plain,
        fit=Fit(data["fit"]),
        pace=Pace(data["pace"]),
        min_fps=Fraction(data["min_fps"]),
        max_fps=Fraction(data["max_fps"]),
        hud=data["hud"],
        safe_area=data["safe_area"],
        duration_cap_s=data["duration_cap_s"],
        max_bitrate=data["max_bitrate"],
        max_bytes=data["max_bytes"],
    )
