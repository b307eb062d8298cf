"""Encoder settings: x264 by profile, hardware when it is asked for and really works."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Final

import av

from uploadm8.core.video.planes import new_frame
from uploadm8.core.video.rendition import Quality, RenditionSpec

GOP_S = 2  # platforms ask for closed groups of 2 to 5 seconds
AUDIO_BITRATE: Final = {1: 96_000, 2: 160_000}
_CONTAINER_SHARE = 0.97  # of a size cap; the rest is sound's jitter and the container itself


class Encoder(StrEnum):
    """Who compresses the picture."""

    X264 = "libx264"
    NVENC = "h264_nvenc"
    QSV = "h264_qsv"
    VIDEOTOOLBOX = "h264_videotoolbox"


_HARDWARE = (Encoder.NVENC, Encoder.QSV, Encoder.VIDEOTOOLBOX)

_OPTIONS: Final[dict[tuple[Encoder, Quality], dict[str, str]]] = {
    # Parts of 8x8 in B pictures would take a fourth more CPU to save 3 % of the bits, measured at
    # equal SSIM on filmed footage.
    (Encoder.X264, Quality.STANDARD): {
        "preset": "veryfast",
        "crf": "21",
        "partitions": "p8x8,i8x8,i4x4",
    },
    # The preset's own partitions and choice of B pictures would take a tenth more CPU to save 1 %.
    (Encoder.X264, Quality.QUICK): {
        "preset": "superfast",
        "crf": "23",
        "partitions": "i8x8",
        "b_strategy": "0",
    },
    # `cq` lets NVENC forget the average rate and heed only the greatest.
    (Encoder.NVENC, Quality.STANDARD): {"preset": "p5", "rc": "vbr", "cq": "23"},
    (Encoder.NVENC, Quality.QUICK): {"preset": "p2", "rc": "vbr", "cq": "25"},
    (Encoder.QSV, Quality.STANDARD): {"preset": "medium", "global_quality": "23"},
    (Encoder.QSV, Quality.QUICK): {"preset": "veryfast", "global_quality": "25"},
    # VideoToolbox has no quality option of its own: 118 units of `global_quality` are one of 100.
    (Encoder.VIDEOTOOLBOX, Quality.STANDARD): {"flags": "+qscale", "global_quality": str(60 * 118)},
    (Encoder.VIDEOTOOLBOX, Quality.QUICK): {"flags": "+qscale", "global_quality": str(50 * 118)},
}
_PIXEL_FORMATS: Final = {Encoder.QSV: "nv12"}  # the only one that it takes
_QSV_AVERAGE = 0.6  # of the greatest bit rate; without one, a quality and a greatest are refused


@dataclass(frozen=True, slots=True)
class Settings:
    """What the writer gives to the codec.

    Attributes:
        gop: pictures from one key frame to the next, at most.
        threads: of the encoder.
        pixel_format: what the encoder is fed.
    """

    encoder: Encoder
    options: dict[str, str]
    gop: int
    threads: int = 1
    pixel_format: str = "yuv420p"


def settings_for(
    spec: RenditionSpec,
    quality: Quality,
    encoder: Encoder,
    rate: Fraction,
    duration_s: float,
    *,
    steady: bool = True,
    threads: int = 1,
) -> Settings:
    """Settings that keep a rendition under its bit rate and file size.

    `steady` pictures come at even intervals.
    """
    peak = max_bitrate(spec, duration_s)
    options = _options(encoder, quality, peak)
    if steady and encoder is Encoder.X264:
        options["x264-params"] = "force-cfr=1"  # else it waits for one picture more, and keeps it
    return Settings(
        encoder,
        options,
        gop=max(1, round(GOP_S * rate)),
        threads=threads,
        pixel_format=_PIXEL_FORMATS.get(encoder, "yuv420p"),
    )


def _options(encoder: Encoder, quality: Quality, peak: int) -> dict[str, str]:
    limits = {"profile": "high", "maxrate": str(peak), "bufsize": str(2 * peak)}
    if encoder is Encoder.QSV:
        limits["b"] = str(int(peak * _QSV_AVERAGE))
    return _OPTIONS[encoder, quality] | limits


def max_bitrate(spec: RenditionSpec, duration_s: float) -> int:
    """Video bits a second that a rendition of this duration may use."""
    if spec.max_bytes is None or duration_s <= 0:
        return spec.max_bitrate
    room = spec.max_bytes * 8 * _CONTAINER_SHARE / duration_s - AUDIO_BITRATE[2]
    return max(100_000, min(spec.max_bitrate, int(room)))


def choose_encoder(hardware: bool) -> Encoder:
    """A hardware encoder that works on this machine when asked for, else libx264."""
    if not hardware:
        return Encoder.X264
    return next((encoder for encoder in _HARDWARE if works(encoder)), Encoder.X264)


@cache
def works(encoder: Encoder) -> bool:
    """Whether an encoder really encodes here; being built in proves nothing about the machine."""
    try:
        context = av.CodecContext.create(encoder.value, "w")
        context.width, context.height = 256, 144
        context.pix_fmt = _PIXEL_FORMATS.get(encoder, "yuv420p")
        context.time_base = Fraction(1, 30)
        context.options = _options(encoder, Quality.STANDARD, 1_000_000)
        frame = new_frame(256, 144)
        frame.pts = 0
        context.encode(frame)
        context.encode(None)
    except (av.FFmpegError, ValueError, RuntimeError):
        return False
    return True
