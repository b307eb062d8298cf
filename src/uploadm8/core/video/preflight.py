"""Before anything is rendered: what a platform will get, what is changed for it, what it refuses."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from uploadm8.core.video.encoders import AUDIO_BITRATE, max_bitrate
from uploadm8.core.video.footage import Footage
from uploadm8.core.video.pacing import pacing_for
from uploadm8.core.video.platforms import PlatformMedia, platform_media
from uploadm8.core.video.refusals import RULES, Sent
from uploadm8.core.video.rendition import Fit, Pace, RenditionSpec
from uploadm8.core.video.source import SourceInfo
from uploadm8.findings import Finding, Severity

_POOR_SHARE = 0.5  # of a rendition's usual bit rate: below it the loss can be seen
_CLOSE_SHAPE = 0.025


MEDIA_CODES = frozenset(rule.code for rule in RULES) | {
    "bit_rate_lowered",
    "converted",
    "cut",
    "deinterlaced",
    "enlarged",
    "hdr_to_sdr",
    "location_removed",
    "rate_changed",
    "rate_steadied",
    "shape",
    "sound_converted",
}


def preflight(
    source: SourceInfo | Footage, platform: str, spec: RenditionSpec | None
) -> tuple[Finding, ...]:
    """Check a source, rendered to `spec` or sent as it is when None, against a platform.

    Only what is known of the source is judged.

    Raises:
        NotFoundError: unknown_platform.
    """
    media = platform_media(platform)
    known = Footage.of(source) if isinstance(source, SourceInfo) else source
    sent = as_it_is(known) if spec is None else as_rendered(known, spec)
    findings = list(_refusals(sent, media))
    if spec is not None:
        findings += _changes(known, spec, sent, media)
    return tuple(findings)


def as_it_is(source: Footage) -> Sent:
    """The source file itself."""
    audio = source.audio
    facts = {
        "container": source.container,
        "video_codec": source.codec,
        "width": source.width,
        "fps": source.fps,
        "duration_s": source.duration_s,
        "bytes": source.size_bytes,
    }
    return Sent(
        container=source.container or "",
        video_codec=source.codec or "",
        audio_codec=audio.codec if audio else None,
        channels=audio.channels if audio else 0,
        audio_rate=audio.rate if audio else 0,
        width=source.width or 0,
        height=source.height or 0,
        fps=source.fps or Fraction(0),
        variable=source.variable,
        duration_s=source.duration_s or 0.0,
        bytes=source.size_bytes or 0,
        unknown=frozenset(name for name, value in facts.items() if value is None),
    )


def as_rendered(source: Footage, spec: RenditionSpec) -> Sent:
    """The rendition; its size is the most that it can have."""
    unknown = set()
    seconds, rate = 0.0, Fraction(0)
    if source.duration_s is None:
        unknown |= {"duration_s", "bytes"}
    else:
        seconds = min(source.duration_s, spec.duration_cap_s or source.duration_s)
    keeps = spec.pace is Pace.KEEP and source.variable
    if source.fps is None:
        unknown.add("fps")
    else:
        pace = _Pace(source.nominal_fps or source.fps, source.variable)
        rate = min(source.fps, spec.max_fps) if keeps else pacing_for(pace, spec).rate
    bits = (max_bitrate(spec, seconds) + AUDIO_BITRATE[2]) * seconds
    return Sent(
        container="mov",
        video_codec="h264",
        audio_codec="aac" if source.audio is not None else None,
        channels=min(2, source.audio.channels) if source.audio else 0,
        audio_rate=48_000,
        width=spec.width,
        height=spec.height,
        fps=rate,
        variable=keeps,
        duration_s=seconds,
        bytes=int(bits / 8),
        unknown=frozenset(unknown),
    )


@dataclass(frozen=True, slots=True)
class _Pace:
    nominal_fps: Fraction
    variable: bool


def _refusals(sent: Sent, media: PlatformMedia) -> Iterator[Finding]:
    for rule in RULES:
        if not rule.needs & sent.unknown and rule.applies(sent, media):
            sentence = rule.sentence.format(sent=sent, media=media)
            yield Finding(Severity.BLOCK, rule.code, sentence, rule.action)


def _changes(
    source: Footage, spec: RenditionSpec, sent: Sent, media: PlatformMedia
) -> Iterator[Finding]:
    if source.duration_s is not None:
        yield from _cut(source.duration_s, sent, media)
        if max_bitrate(spec, sent.duration_s) < spec.max_bitrate * _POOR_SHARE:
            yield Finding(
                Severity.CHANGE,
                "bit_rate_lowered",
                f"At this length the file would be larger than {media.title} takes.",
                "The bit rate is lowered until it fits.",
            )
    if source.width is not None and source.height is not None:
        yield from _shape(source.width, source.height, spec)
    if source.fps is not None:
        yield from _rate(source.fps, source, sent)
    yield from _coding(source, sent)
    if source.location:
        yield Finding(
            Severity.FIX,
            "location_removed",
            "The file tells where it was filmed.",
            "The position is left out.",
        )


def _cut(duration_s: float, sent: Sent, media: PlatformMedia) -> Iterator[Finding]:
    if sent.duration_s < duration_s - 0.05:
        yield Finding(
            Severity.CHANGE,
            "cut",
            f"The video has {duration_s:.0f} s; {media.title} takes {sent.duration_s:.0f} s.",
            f"Only the first {sent.duration_s:.0f} s are used.",
        )


def _shape(width: int, height: int, spec: RenditionSpec) -> Iterator[Finding]:
    if abs(width / height / spec.aspect - 1) > _CLOSE_SHAPE:
        how = {
            Fit.CROP: "What stands out is cut off.",
            Fit.FIT: "Black bars are added.",
            Fit.BLUR: "Blurred bars are added.",
        }
        sentence = f"A picture of {width}x{height} has another shape."
        yield Finding(Severity.CHANGE, "shape", sentence, how[spec.fit])
    if min(width, height) * 2 < min(spec.width, spec.height):
        sentence = f"The picture has only {width}x{height} pixels."
        yield Finding(Severity.CHANGE, "enlarged", sentence, "It is enlarged and will look soft.")


def _rate(fps: Fraction, source: Footage, sent: Sent) -> Iterator[Finding]:
    rate = f"{float(sent.fps):.4g}"
    if source.variable and not sent.variable:
        action = f"They are picked by time for {rate} a second."
        yield Finding(Severity.FIX, "rate_steadied", "The pictures come unevenly.", action)
    elif abs(sent.fps / fps - 1) > Fraction(1, 100):
        sentence = f"The video has {float(fps):.4g} pictures a second."
        yield Finding(Severity.CHANGE, "rate_changed", sentence, f"It gets {rate}.")


def _coding(source: Footage, sent: Sent) -> Iterator[Finding]:
    if source.hdr:
        yield Finding(
            Severity.CHANGE,
            "hdr_to_sdr",
            "The video is HDR.",
            "Its light is mapped to SDR, so that it looks right everywhere.",
        )
    if source.interlaced:
        yield Finding(
            Severity.FIX, "deinterlaced", "The pictures are interlaced.", "They are made whole."
        )
    if (source.container or "mov", source.codec or "h264") != (sent.container, sent.video_codec):
        what = " in ".join(name for name in (source.codec, source.container) if name)
        yield Finding(Severity.FIX, "converted", f"The file is {what}.", "It becomes H.264 in MP4.")
    if source.audio is not None and source.audio.codec != "aac":
        sentence = f"The sound is {source.audio.codec}."
        yield Finding(Severity.FIX, "sound_converted", sentence, "It becomes AAC at 48 kHz.")
