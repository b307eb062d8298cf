"""Open an untrusted file with one forced demuxer, no other protocol, and a cap on picture size."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from uploadm8.core.video.faults import fault
from uploadm8.core.video.limits import DEFAULT_LIMITS, MediaLimits
from uploadm8.core.video.pieces import SeekableBytes
from uploadm8.core.video.sniff import ends_early, sniff
from uploadm8.core.video.source import SourceInfo

_MOST_THREADS = 8  # each holds a picture of its own
_HD_PIXELS = 1920 * 1088
_OPTIONS = {
    # Without these a "video" can be a playlist that names other files of this machine.
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm",
    "enable_drefs": "0",
    "fpsprobesize": "0",  # rates come from the index; decoding pictures to guess them costs 0.2 s
}
_UNREADABLE = (av.FFmpegError, ValueError, IndexError, UnicodeDecodeError, MemoryError)
_PIECE = 1 << 18  # bytes asked for at a time of a file that is elsewhere


@contextmanager
def opened(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> Iterator[InputContainer]:
    """The demuxed file, closed at the end.

    Raises:
        MediaError: with the reason, whatever FFmpeg says.
    """
    demuxer = sniff(path)
    if path.stat().st_size > limits.max_bytes:
        raise fault("media_too_large", got=path.stat().st_size, limit=limits.max_bytes)
    try:
        container = av.open(str(path), format=demuxer, options=dict(_OPTIONS))
    except _UNREADABLE as error:
        raise _unopenable(path, demuxer, error) from error
    with closing(container):
        _check_streams(container, limits)
        yield container


@contextmanager
def opened_pieces(
    file: SeekableBytes, demuxer: str, limits: MediaLimits = DEFAULT_LIMITS
) -> Iterator[InputContainer]:
    """The same for a file that is read piece by piece; `demuxer` is what `sniff` said of it.

    Raises:
        MediaError: with the reason.
    """
    try:
        container = av.open(file, "r", demuxer, options=dict(_OPTIONS), buffer_size=_PIECE)
    except _UNREADABLE as error:
        raise fault("media_undecodable", what=_unreadable_header(error)) from error
    with closing(container):
        _check_streams(container, limits)
        yield container


def picture_stream(
    container: InputContainer,
    limits: MediaLimits = DEFAULT_LIMITS,
    *,
    threads: bool = True,
    encodes: bool = False,
) -> VideoStream:
    """The first real video stream (not a cover picture), ready for decoding.

    With `threads` several pictures are decoded at a time; for a single one that only costs. They
    are fewer when the process `encodes` beside it.

    Raises:
        MediaError: media_no_video_stream or media_codec_unsupported.
    """
    for stream in container.streams.video:
        cover = bool(int(stream.disposition) & int(Disposition.attached_pic))
        if cover or stream.codec_context is None:
            continue
        name = codec_name(stream.codec_context)
        if name not in limits.video_codecs:
            raise fault("media_codec_unsupported", kind="video", codec=name)
        if threads:
            stream.thread_type = "AUTO"  # frame threads: the default leaves all but one core idle
        stream.codec_context.thread_count = _threads(stream, encodes) if threads else 1
        stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}
        return stream
    if any(stream.type == "video" for stream in container.streams):
        raise fault("media_codec_unsupported", kind="video", codec="of this file")
    raise fault("media_no_video_stream")


def _threads(stream: VideoStream, encodes: bool) -> int:
    """FFmpeg would take one more than there are cores; each holds pictures.

    Up to 1080 lines encoding takes three times as long as decoding, so half of the cores keep up.
    """
    cores = min(os.cpu_count() or 1, _MOST_THREADS)
    small = stream.width * stream.height <= _HD_PIXELS
    return max(1, cores // 2) if encodes and small else cores


def upright_aspect(stream: VideoStream, source: SourceInfo) -> Fraction:
    """Width of a pixel over its height, once the picture is turned upright."""
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    return 1 / aspect if source.rotation in (90, 270) else aspect


def codec_name(context: CodecContext) -> str:
    """The codec's own name (``av1``), whichever decoder (``libdav1d``) serves it."""
    return context.codec.canonical_name


def _unopenable(path: Path, demuxer: str, error: Exception) -> Exception:
    if demuxer == "mov" and ends_early(path):
        return fault("media_truncated", what="its index, or the end of it, is missing")
    return fault("media_undecodable", what=_unreadable_header(error))


def _unreadable_header(error: Exception) -> str:
    return f"its header is not readable ({type(error).__name__})"


def _check_streams(container: InputContainer, limits: MediaLimits) -> None:
    if len(container.streams) > limits.max_streams:
        raise fault("media_too_many_streams", got=len(container.streams), limit=limits.max_streams)
