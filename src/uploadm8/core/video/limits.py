"""What sources are accepted; every figure is data that a deployment may replace."""

from dataclasses import dataclass
from fractions import Fraction

from uploadm8.core.video.containers import CONTAINERS

GIB = 1024**3

VIDEO_CODECS = frozenset({"h264", "hevc", "vp9", "av1", "mpeg4", "prores", "mjpeg"})
AUDIO_CODECS = frozenset(
    {"aac", "mp3", "opus", "vorbis", "flac", "alac", "ac3", "mp2", "adpcm_ima_wav", "adpcm_ms"}
)
_PCM = "pcm_"


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """Caps on a source; sizes in bytes and pixels, times in seconds."""

    max_bytes: int = 4 * GIB
    max_width: int = 4096
    max_height: int = 4096  # a phone held upright films 2160x3840
    max_pixels: int = 4096 * 2304
    min_side: int = 32
    min_fps: Fraction = Fraction(1)
    max_fps: Fraction = Fraction(240)  # action cameras; renditions are capped at 60
    min_duration_s: float = 1.0
    max_duration_s: float = 3600.0
    max_frames: int = 432_000
    max_streams: int = 32
    containers: frozenset[str] = frozenset(CONTAINERS)
    video_codecs: frozenset[str] = VIDEO_CODECS
    audio_codecs: frozenset[str] = AUDIO_CODECS
    min_decoded: float = 0.98  # of the pictures that the container promises

    def audio_ok(self, codec: str) -> bool:
        """Whether a codec's sound can be used."""
        return codec in self.audio_codecs or codec.startswith(_PCM)


DEFAULT_LIMITS = MediaLimits()
