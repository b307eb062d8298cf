"""Preflight: what would go wrong with a post, told before it is made."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from uploadm8.core.video.platforms import PlatformMedia
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


_FAMILIES = {
    "mov": "mov",
    "mp4": "mov",
    "3gp": "mov",
    "mkv": "matroska",
    "webm": "matroska",
}
_WORDS = {"mov": "MP4 or MOV", "matroska": "WebM or MKV"}


def check_media(platform: PlatformMedia, proposal: Proposal) -> list[Finding]:
    """Compare a file with what a platform accepts; what encoding can repair is FIX or BLOCK."""
    media, can_transcode = proposal.media, proposal.can_transcode
    if media is None:
        return []
    found = [
        _repairable(code, f"{platform.title} {sentence}", can_transcode=can_transcode)
        for wrong, code, sentence in _faults(platform, media)
        if wrong
    ]
    low, high = platform.min_duration_s, platform.max_duration_s
    if not low <= media.duration <= high + 0.05:
        found.append(
            block(
                "duration_out_of_range",
                f"{platform.title} takes {low:g} to {high:g} seconds; this video has "
                f"{media.duration:.1f}.",
            )
        )
    return found


def _faults(platform: PlatformMedia, media: MediaFacts) -> list[tuple[bool, str, str]]:
    width, height, aspect = media.width, media.height, media.width / media.height
    short, long = min(width, height), max(width, height)
    narrow, wide = platform.shape or (0.0, float("inf"))
    audio, rate = media.audio_codec, media.bit_rate or 0
    return [
        (
            _FAMILIES.get(media.container) not in platform.containers,
            "container_unsupported",
            (
                f"takes {_any({_WORDS[name] for name in platform.containers})} files, "
                f"not {media.container}."
            ),
        ),
        (
            media.video_codec not in platform.video_codecs,
            "video_codec_unsupported",
            f"takes {_any(platform.video_codecs)} video, not {media.video_codec}.",
        ),
        (
            audio is not None and audio not in platform.audio_codecs,
            "audio_codec_unsupported",
            f"takes {_any(platform.audio_codecs)} sound, not {audio}.",
        ),
        (
            not platform.min_fps - 0.01 <= media.fps <= platform.max_fps + 0.01,
            "frame_rate_out_of_range",
            (
                f"takes {platform.min_fps:g} to {platform.max_fps:g} frames a second, "
                f"not {media.fps:.4g}."
            ),
        ),
        (
            short < platform.min_side or long > platform.max_side,
            "resolution_out_of_range",
            f"takes sides of {platform.min_side} to {platform.max_side} px, not {width}x{height}.",
        ),
        (
            width > (platform.max_width or width),
            "too_wide",
            f"takes at most {platform.max_width} pixels of width, not {width}.",
        ),
        (
            not narrow - 0.005 <= aspect <= wide + 0.005,
            "aspect_out_of_range",
            f"does not take the shape {width}x{height}.",
        ),
        (
            rate > (platform.max_bitrate or rate),
            "bit_rate_too_high",
            f"takes at most {(platform.max_bitrate or 0) // 1_000_000} Mbit/s.",
        ),
        (
            media.size_bytes > platform.max_bytes,
            "file_too_large",
            f"takes files of up to {platform.max_bytes // 1_000_000:,} MB.",
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


def _any(names: Collection[str]) -> str:
    return " or ".join(sorted(names))


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
