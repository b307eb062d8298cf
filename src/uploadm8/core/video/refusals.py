"""Why a platform would refuse a file: rules over what it would get, as data."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from uploadm8.core.video.platforms import PlatformMedia


@dataclass(frozen=True, slots=True)
class Sent:
    """What a platform would get; a field named in `unknown` has a value without meaning."""

    container: str
    video_codec: str
    audio_codec: str | None
    channels: int
    audio_rate: int
    width: int
    height: int
    fps: Fraction
    variable: bool
    duration_s: float
    bytes: int
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to refuse: when it applies, and what is said.

    Attributes:
        needs: the fields of Sent that must be known to tell.
    """

    code: str
    needs: frozenset[str]
    applies: Callable[[Sent, PlatformMedia], bool]
    sentence: str
    action: str


_CONVERT = "Let it be converted, or export it differently."

RULES = (
    Rule(
        "too_long",
        frozenset({"duration_s"}),
        lambda sent, media: sent.duration_s > media.max_duration_s + 0.05,
        "{media.title} takes at most {media.max_duration_s:.0f} s; this has {sent.duration_s:.0f} s.",
        "Choose to cut it, or choose a part of it.",
    ),
    Rule(
        "too_short",
        frozenset({"duration_s"}),
        lambda sent, media: sent.duration_s < media.min_duration_s - 0.05,
        "{media.title} needs at least {media.min_duration_s:g} s; this has {sent.duration_s:.1f} s.",
        "Choose a longer video for it.",
    ),
    Rule(
        "container",
        frozenset({"container"}),
        lambda sent, media: sent.container not in media.containers,
        "{media.title} does not take {sent.container} files.",
        _CONVERT,
    ),
    Rule(
        "video_codec",
        frozenset({"video_codec"}),
        lambda sent, media: sent.video_codec not in media.video_codecs,
        "{media.title} does not take {sent.video_codec} video.",
        _CONVERT,
    ),
    Rule(
        "audio_codec",
        frozenset({"audio_codec"}),
        lambda sent, media: (
            sent.audio_codec is not None and sent.audio_codec not in media.audio_codecs
        ),
        "{media.title} does not take {sent.audio_codec} sound.",
        _CONVERT,
    ),
    Rule(
        "audio_layout",
        frozenset({"audio_rate"}),
        lambda sent, media: (
            sent.channels > media.max_channels or sent.audio_rate > media.max_audio_rate
        ),
        "{media.title} takes {media.max_channels} channels of sound at {media.max_audio_rate} Hz.",
        _CONVERT,
    ),
    Rule(
        "resolution",
        frozenset({"width"}),
        lambda sent, media: (
            not (
                media.min_side <= min(sent.width, sent.height)
                and max(sent.width, sent.height) <= media.max_side
                and sent.width <= (media.max_width or media.max_side)
            )
        ),
        "{media.title} does not take pictures of {sent.width}x{sent.height}.",
        _CONVERT,
    ),
    Rule(
        "frame_rate",
        frozenset({"fps"}),
        lambda sent, media: not media.min_fps <= sent.fps <= media.max_fps,
        "{media.title} takes {media.min_fps:g} to {media.max_fps:g} pictures a second.",
        _CONVERT,
    ),
    Rule(
        "uneven_rate",
        frozenset({"fps"}),
        lambda sent, media: sent.variable and media.steady,
        "{media.title} wants pictures at a steady rate.",
        _CONVERT,
    ),
    Rule(
        "landscape",
        frozenset({"width"}),
        lambda sent, media: sent.width > sent.height and not media.landscape,
        "{media.title} takes upright videos only.",
        "Choose 9:16 for it.",
    ),
    Rule(
        "file_size",
        frozenset({"bytes"}),
        lambda sent, media: sent.bytes > media.max_bytes,
        "{media.title} takes files of at most {media.max_bytes} bytes.",
        "Choose a shorter part, or a lower resolution.",
    ),
)
