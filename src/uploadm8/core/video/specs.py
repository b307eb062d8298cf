"""From the platforms of an upload to the distinct renditions that serve them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Final

from uploadm8.core.video.platforms import platform_media
from uploadm8.core.video.rendition import Fit, Pace, RenditionSpec
from uploadm8.core.video.source import SourceInfo
from uploadm8.errors import InvalidRequestError


class Aspect(StrEnum):
    """Shapes that can be rendered."""

    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"
    PORTRAIT = "4:5"

    @property
    def label(self) -> str:
        """Fit for a file name."""
        return self.value.replace(":", "x")


_SIZES: Final[Mapping[Aspect, tuple[int, int]]] = {
    Aspect.WIDE: (1920, 1080),
    Aspect.TALL: (1080, 1920),
    Aspect.SQUARE: (1080, 1080),
    Aspect.PORTRAIT: (1080, 1350),
}
_SAFE: Final[Mapping[Aspect, str]] = {
    Aspect.WIDE: "title",
    Aspect.TALL: "vertical",
    Aspect.SQUARE: "title",
    Aspect.PORTRAIT: "title",
}
_BITRATES: Final = {1080: 12_000_000, 720: 7_500_000, 2160: 40_000_000}  # at up to 30 fps
_FAST_SHARE = 1.5  # 60 pictures a second need half as much again


@dataclass(frozen=True, slots=True)
class RenditionOptions:
    """What a user may choose for one platform; None is the platform's own default.

    Attributes:
        aspect: shape of the frame.
        fit: how a picture of another shape fills it.
        short_side: 720, 1080 or 2160 pixels.
        max_fps: 30 or 60.
        hud: whether the HUD is drawn.
        cut: cut a video that is too long for the platform, instead of refusing it.
    """

    aspect: Aspect | None = None
    fit: Fit = Fit.BLUR
    short_side: int = 1080
    max_fps: int = 60
    hud: bool = True
    cut: bool = False


DEFAULTS: Final = RenditionOptions()


def rendition_spec(
    aspect: Aspect,
    *,
    fit: Fit = Fit.BLUR,
    short_side: int = 1080,
    max_fps: int = 60,
    hud: bool = True,
) -> RenditionSpec:
    """A rendition of that shape, within what every platform takes.

    Raises:
        InvalidRequestError: unknown_resolution.
    """
    if short_side not in _BITRATES:
        raise InvalidRequestError(
            f"There is no rendition of {short_side} lines.",
            code="unknown_resolution",
            action=f"Choose one of {', '.join(str(side) for side in sorted(_BITRATES))}.",
        )
    width, height = (side * short_side // 1080 // 2 * 2 for side in _SIZES[aspect])
    rate = _BITRATES[short_side] * (_FAST_SHARE if max_fps > 30 else 1)
    return RenditionSpec(
        name=aspect.label if short_side == 1080 else f"{aspect.label}-{short_side}",
        width=width,
        height=height,
        fit=fit,
        # Wide videos go where uneven pictures are welcome; Reels and TikTok want a fixed rate.
        pace=Pace.KEEP if aspect is Aspect.WIDE else Pace.CONSTANT,
        max_fps=Fraction(max_fps),
        hud=hud,
        safe_area=_SAFE[aspect],
        max_bitrate=int(rate),
    )


def native_spec(
    source: SourceInfo, *, short_side: int = 1080, max_fps: int = 60, hud: bool = True
) -> RenditionSpec:
    """A rendition of the source's own shape, no larger than the source or `short_side` lines."""
    return native_shape(
        source.width, source.height, short_side=short_side, max_fps=max_fps, hud=hud
    )


def native_shape(
    seen_width: int,
    seen_height: int,
    *,
    short_side: int = 1080,
    max_fps: int = 60,
    hud: bool = True,
) -> RenditionSpec:
    """Like `native_spec`, for a source of which only the size as seen is at hand."""
    shrink = min(1.0, short_side / min(seen_width, seen_height))
    width, height = (int(side * shrink) // 2 * 2 for side in (seen_width, seen_height))
    tall = height * 9 >= width * 14
    return RenditionSpec(
        name="native",
        width=width,
        height=height,
        fit=Fit.CROP,
        pace=Pace.KEEP,
        min_fps=Fraction(1),
        max_fps=Fraction(max_fps),
        hud=hud,
        safe_area="vertical" if tall else "title",
        max_bitrate=int(_BITRATES[1080] * _FAST_SHARE * (2.5 if short_side > 1080 else 1)),
    )


def assign_specs(
    targets: Mapping[str, RenditionOptions], duration_s: float | None = None
) -> dict[str, RenditionSpec]:
    """The rendition of each platform; platforms that can share one get an equal spec.

    A shared rendition obeys the tightest bit rate and file size among those that share it. With
    the `duration_s` of the source, a cut that would cut nothing keeps no rendition apart.

    Raises:
        NotFoundError: unknown_platform.
    """
    wanted = {name: _wanted(name, options, duration_s) for name, options in targets.items()}
    shared: dict[RenditionSpec, RenditionSpec] = {}
    for spec in wanted.values():
        key = _shape(spec)
        shared[key] = _tighter(shared.get(key, spec), spec)
    named = dict(zip(shared, _with_own_names(list(shared.values())), strict=True))
    return {name: named[_shape(spec)] for name, spec in wanted.items()}


def _wanted(platform: str, options: RenditionOptions, duration_s: float | None) -> RenditionSpec:
    media = platform_media(platform)
    spec = rendition_spec(
        options.aspect or Aspect(media.aspect),
        fit=options.fit,
        short_side=min(options.short_side, media.max_short_side),
        max_fps=options.max_fps,
        hud=options.hud,
    )
    cuts = options.cut and (duration_s is None or duration_s > media.max_duration_s)
    return replace(
        spec,
        max_bitrate=min(spec.max_bitrate, media.max_bitrate or spec.max_bitrate),
        max_bytes=media.max_bytes,
        duration_cap_s=media.max_duration_s if cuts else None,
    )


def _shape(spec: RenditionSpec) -> RenditionSpec:
    """The spec without what can be tightened for another platform's sake."""
    return replace(spec, max_bitrate=0, max_bytes=None)


def _with_own_names(specs: Sequence[RenditionSpec]) -> list[RenditionSpec]:
    """The specs, those with a name that is taken numbered: names become file names."""
    taken: Counter[str] = Counter()
    named = []
    for spec in specs:
        taken[spec.name] += 1
        number = taken[spec.name]
        named.append(spec if number == 1 else replace(spec, name=f"{spec.name}-v{number}"))
    return named


def _tighter(one: RenditionSpec, other: RenditionSpec) -> RenditionSpec:
    sizes = [spec.max_bytes for spec in (one, other) if spec.max_bytes is not None]
    return replace(
        one,
        max_bitrate=min(one.max_bitrate, other.max_bitrate),
        max_bytes=min(sizes) if sizes else None,
    )
