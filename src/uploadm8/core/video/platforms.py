"""What each platform takes, as data: containers, codecs, sizes, rates, durations.

The one table of it: it decides renditions, what preflight says of a video that is not rendered
yet, and what is asked of a finished file before it is posted.
"""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from uploadm8.core.video.limits import GIB
from uploadm8.errors import NotFoundError

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class PlatformMedia:
    """Limits of one kind of post; sizes in pixels and bytes, rates a second, times in seconds.

    Attributes:
        name: key, such as ``instagram``.
        title: what users call it.
        aspect: shape of its default rendition.
        containers: that it takes, as `SourceInfo.container` names them.
        video_codecs, audio_codecs: that it takes.
        min_side, max_side: of the shorter and the longer side.
        max_width: None where only the longer side counts.
        max_short_side: of our renditions for it.
        min_fps, max_fps: pictures a second.
        steady: whether pictures must come at a fixed rate.
        max_bitrate: video bits a second, None where none is stated.
        min_duration_s, max_duration_s: of the video.
        max_bytes: of the file.
        max_channels, max_audio_rate: of the sound.
        shape: the least and the greatest width over height, None where any will do.
        landscape: whether videos wider than high are shown without turning them into small strips.
        faststart: whether the index must come first.
    """

    name: str
    title: str
    aspect: str
    containers: frozenset[str]
    video_codecs: frozenset[str]
    audio_codecs: frozenset[str]
    min_side: int
    max_side: int
    max_width: int | None
    max_short_side: int
    min_fps: float
    max_fps: float
    steady: bool
    max_bitrate: int | None
    min_duration_s: float
    max_duration_s: float
    max_bytes: int
    max_channels: int
    max_audio_rate: int
    landscape: bool
    faststart: bool
    shape: tuple[float, float] | None = None


_MOV = frozenset({"mov"})
_ANY = frozenset({"mov", "matroska"})
_H26X = frozenset({"h264", "hevc"})
_MODERN = _H26X | {"vp9", "av1"}
_AAC = frozenset({"aac"})
_FILM_FPS = 24_000 / 1001  # where a platform says 24, films at their usual rate pass

_YOUTUBE = PlatformMedia(
    name="youtube",
    title="YouTube",
    aspect="16:9",
    containers=_ANY,
    video_codecs=_MODERN | {"vp8", "mpeg4", "mpeg2video", "prores", "dnxhd"},
    audio_codecs=frozenset({"aac", "mp3", "opus", "pcm_s16le"}),
    min_side=144,
    max_side=7680,
    max_width=None,
    max_short_side=2160,
    min_fps=1,
    max_fps=120,
    steady=False,
    max_bitrate=None,
    min_duration_s=1.0,
    max_duration_s=12 * 3600.0,
    max_bytes=256 * GIB,
    max_channels=6,
    max_audio_rate=96_000,
    landscape=True,
    faststart=False,
)

_TABLE = (
    PlatformMedia(
        name="tiktok",
        title="TikTok",
        aspect="9:16",
        containers=_ANY,
        video_codecs=_H26X | {"vp8", "vp9"},
        audio_codecs=_AAC,
        min_side=360,
        max_side=4096,
        max_width=None,
        max_short_side=1080,
        min_fps=23,
        max_fps=60,
        steady=True,
        max_bitrate=None,
        min_duration_s=1.0,
        max_duration_s=600.0,
        max_bytes=4 * GIB,
        max_channels=2,
        max_audio_rate=48_000,
        landscape=True,
        faststart=False,
    ),
    _YOUTUBE,
    replace(
        _YOUTUBE,
        name="youtube_short",
        title="YouTube Shorts",
        aspect="9:16",
        max_short_side=1080,
        max_duration_s=180.0,
        landscape=False,
    ),
    PlatformMedia(
        name="instagram",
        title="Instagram Reels",
        aspect="9:16",
        containers=_MOV,
        video_codecs=_H26X,
        audio_codecs=_AAC,
        min_side=320,
        max_side=4096,
        max_width=1920,
        max_short_side=1080,
        min_fps=23,
        max_fps=60,
        steady=False,
        max_bitrate=25 * MB,
        min_duration_s=3.0,
        max_duration_s=900.0,
        max_bytes=300 * MB,
        max_channels=2,
        max_audio_rate=48_000,
        landscape=True,
        faststart=True,
        shape=(0.01, 10.0),
    ),
    PlatformMedia(
        name="facebook",
        title="Facebook Reels",
        aspect="9:16",
        containers=_MOV,
        video_codecs=_MODERN,
        audio_codecs=_AAC,
        min_side=540,
        max_side=4096,
        max_width=None,
        max_short_side=1080,
        min_fps=_FILM_FPS,
        max_fps=60,
        steady=True,
        max_bitrate=None,
        min_duration_s=3.0,
        max_duration_s=90.0,
        max_bytes=4 * GIB,
        max_channels=2,
        max_audio_rate=48_000,
        landscape=False,
        faststart=False,
        shape=(9 / 16, 16 / 9),
    ),
    PlatformMedia(
        name="facebook_video",
        title="Facebook Page video",
        aspect="16:9",
        containers=_MOV,
        video_codecs=_MODERN,
        audio_codecs=_AAC,
        min_side=144,
        max_side=4096,
        max_width=None,
        max_short_side=1080,
        min_fps=1,
        max_fps=60,
        steady=False,
        max_bitrate=None,
        min_duration_s=1.0,
        max_duration_s=4 * 3600.0,
        max_bytes=10 * GIB,
        max_channels=2,
        max_audio_rate=48_000,
        landscape=True,
        faststart=False,
    ),
)

PLATFORMS: Final = MappingProxyType({media.name: media for media in _TABLE})


def platform_media(name: str) -> PlatformMedia:
    """The limits of a platform.

    Raises:
        NotFoundError: unknown_platform.
    """
    media = PLATFORMS.get(name)
    if media is None:
        raise NotFoundError(
            f"There is no platform named {name!r}.",
            code="unknown_platform",
            action=f"Use one of: {', '.join(PLATFORMS)}.",
        )
    return media
