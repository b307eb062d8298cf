"""Preflight: what would go wrong with a post, told before it is made."""

import re
from dataclasses import dataclass
from datetime import datetime

from uploadm8.domain.platforms.clients.base import LiveLimits, MediaFacts
from uploadm8.domain.platforms.clients.options import Options
from uploadm8.errors import Retry
from uploadm8.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Proposal:
    """What preflight looks at.

    Attributes:
        media: the file as it is now; None before there is one.
        caption: the finished text.
        options: the platform's options.
        title: the upload's title.
        limits: what the platform allows the account now; None when it was not asked.
        scopes: what the account has granted.
        can_transcode: whether the workspace's tier makes renditions.
        sent_at: when it will be handed to the platform; None means at once.
    """

    media: MediaFacts | None
    caption: str
    options: Options
    title: str | None = None
    limits: LiveLimits | None = None
    scopes: frozenset[str] = frozenset()
    can_transcode: bool = True
    sent_at: datetime | None = None


def block(
    code: str, sentence: str, what: str = "We do not post it until this is changed."
) -> Finding:
    """Make a finding that stops the post."""
    return Finding(Severity.BLOCK, code, sentence, what)


def change(code: str, sentence: str, what: str) -> Finding:
    """Make a finding about something that goes out differently."""
    return Finding(Severity.CHANGE, code, sentence, what)


def needs_reconnect() -> Finding:
    """Say that the account waits for its owner."""
    return change(
        "account_needs_reconnect",
        "The platform no longer lets us post to this account.",
        "The post waits for up to seven days until you reconnect the account.",
    )


@dataclass(frozen=True, slots=True)
class MediaSpec:
    """What a platform accepts; None where it states no limit. Sizes in pixels, bytes, seconds."""

    name: str
    containers: frozenset[str]
    video_codecs: frozenset[str]
    fps: tuple[float, float]
    duration: tuple[float, float]
    max_bytes: int
    min_side: int = 1
    max_side: int | None = None
    max_width: int | None = None
    aspect: tuple[float, float] | None = None
    audio_codecs: frozenset[str] | None = None
    max_bit_rate: int | None = None


def check_media(spec: MediaSpec, proposal: Proposal) -> list[Finding]:
    """Compare a file with what a platform accepts; what encoding can repair is FIX or BLOCK."""
    media, can_transcode = proposal.media, proposal.can_transcode
    if media is None:
        return []
    found = [
        _repairable(code, f"{spec.name} {sentence}", can_transcode=can_transcode)
        for wrong, code, sentence in _faults(spec, media)
        if wrong
    ]
    low, high = spec.duration
    if not low <= media.duration <= high + 0.05:
        found.append(
            block(
                "duration_out_of_range",
                f"{spec.name} takes {low:g} to {high:g} seconds; this video has "
                f"{media.duration:.1f}.",
            )
        )
    return found


def _faults(spec: MediaSpec, media: MediaFacts) -> list[tuple[bool, str, str]]:
    width, height, aspect = media.width, media.height, media.width / media.height
    short, long = min(width, height), max(width, height)
    slowest, fastest = spec.fps
    narrow, wide = spec.aspect or (0.0, float("inf"))
    audio, rate = media.audio_codec, media.bit_rate or 0
    return [
        (
            media.container not in spec.containers,
            "container_unsupported",
            f"takes {_any(spec.containers)} files, not {media.container}.",
        ),
        (
            media.video_codec not in spec.video_codecs,
            "video_codec_unsupported",
            f"takes {_any(spec.video_codecs)} video, not {media.video_codec}.",
        ),
        (
            bool(spec.audio_codecs and audio and audio not in spec.audio_codecs),
            "audio_codec_unsupported",
            f"takes {_any(spec.audio_codecs or frozenset())} sound, not {audio}.",
        ),
        (
            not slowest <= media.fps <= fastest + 0.01,
            "frame_rate_out_of_range",
            f"takes {slowest:g} to {fastest:g} frames a second, not {media.fps:.4g}.",
        ),
        (
            short < spec.min_side or long > (spec.max_side or long),
            "resolution_out_of_range",
            f"takes sides of {spec.min_side} to {spec.max_side or 'any'} px, not {width}x{height}.",
        ),
        (
            width > (spec.max_width or width),
            "too_wide",
            f"takes at most {spec.max_width} pixels of width, not {width}.",
        ),
        (
            not narrow - 0.005 <= aspect <= wide + 0.005,
            "aspect_out_of_range",
            f"does not take the shape {width}x{height}.",
        ),
        (
            rate > (spec.max_bit_rate or rate),
            "bit_rate_too_high",
            f"takes at most {(spec.max_bit_rate or 0) // 1_000_000} Mbit/s.",
        ),
        (
            media.size_bytes > spec.max_bytes,
            "file_too_large",
            f"takes files of up to {spec.max_bytes // 1_000_000:,} MB.",
        ),
    ]


def _repairable(code: str, sentence: str, *, can_transcode: bool) -> Finding:
    if can_transcode:
        return Finding(Severity.FIX, code, sentence, "We make a rendition that fits.")
    return block(
        code,
        sentence,
        "We do not post it: upload a file that fits, or choose a tier with auto-transcode.",
    )


def _any(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))


def utf16_units(text: str) -> int:
    """Length as TikTok counts it: characters outside the basic plane count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def hashtags(text: str) -> int:
    """Count the hashtags of a text."""
    return len(re.findall(r"(?<![\w#])#\w+", text))


def mentions(text: str) -> int:
    """Count the @mentions of a text."""
    return len(re.findall(r"(?<![\w@.])@[\w.]+", text))


def cover_outside(proposal: Proposal, cover_at_ms: int | None) -> bool:
    """Tell whether the frame chosen as cover lies after the end of the video."""
    media = proposal.media
    return media is not None and cover_at_ms is not None and cover_at_ms >= media.duration * 1_000


def limit_findings(proposal: Proposal, platform: str) -> list[Finding]:
    """Say what the account's live limits mean for one more post."""
    limits = proposal.limits
    if limits is None:
        return []
    if limits.unchecked:
        return [
            change(
                "limits_unchecked",
                f"{platform} did not say in time what this account may post now.",
                "We ask again right before we post.",
            )
        ]
    if not limits.can_post:
        sentence = limits.refusal.detail if limits.refusal else f"{platform} refuses posts now."
        if limits.refusal and limits.refusal.retry is Retry.AUTH_REVOKED:
            return [needs_reconnect()]
        if limits.refusal and limits.refusal.retry is Retry.RATE_LIMITED:
            return [change("account_must_wait", sentence, f"We post it once {platform} allows.")]
        return [block("account_cannot_post", sentence)]
    longest, media = limits.max_duration, proposal.media
    if longest is not None and media is not None and media.duration > longest:
        return [
            block(
                "too_long_for_account",
                f"{platform} takes videos of up to {longest:g} seconds from this account.",
            )
        ]
    used, total = limits.posts_used, limits.posts_total
    if used is not None and total is not None and used >= total:
        return [
            change(
                "daily_limit_reached",
                f"{platform} allows {total} posts per day, and {used} are made.",
                "We post it as soon as the platform allows another.",
            )
        ]
    return []
