"""Open an untrusted file with one forced demuxer, no other protocol, and a cap on picture size."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from uploadm8.core.video.containers import CONTAINERS
from uploadm8.core.video.faults import fault
from uploadm8.core.video.limits import DEFAULT_LIMITS, MediaLimits
from uploadm8.core.video.pieces import SeekableBytes
from uploadm8.core.video.sniff import ends_early, sniff
from uploadm8.core.video.source import SourceInfo
from uploadm8.core.video.threads import cores, decoder_threads

_OPTIONS = {
    # Without these a "video" can be a playlist that names other files of this machine.
    "protocol_whitelist": "file",
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
    if demuxer not in limits.containers:
        raise fault("media_container_off", title=CONTAINERS[demuxer].title)
    if path.stat().st_size > limits.max_bytes:
        raise fault("media_too_large", got=path.stat().st_size, limit=limits.max_bytes)
    try:
        container = av.open(str(path), format=demuxer, options=_options(demuxer))
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
        container = av.open(file, "r", demuxer, options=_options(demuxer), buffer_size=_PIECE)
    except _UNREADABLE as error:
        raise fault("media_undecodable", what=_unreadable_header(error)) from error
    with closing(container):
        _check_streams(container, limits)
        yield container


def picture_stream(
    container: InputContainer,
    limits: MediaLimits = DEFAULT_LIMITS,
    *,
    threads: int | None = None,
) -> VideoStream:
    """The first real video stream (not a cover picture), ready for decoding.

    With more than one of the `threads` several pictures are decoded at a time, which only costs
    where a single one is wanted. None is as many as there are cores for.

    Raises:
        MediaError: media_no_video_stream or media_codec_unsupported.
    """
    films = [stream for stream in container.streams.video if not _is_cover(stream)]
    for stream in (film for film in films if film.codec_context is not None):
        name = codec_name(stream.codec_context)
        if name not in limits.video_codecs:
            raise fault("media_codec_unsupported", kind="video", codec=name)
        count = (
            decoder_threads(stream.width * stream.height, cores()) if threads is None else threads
        )
        if count > 1:
            stream.thread_type = "AUTO"  # frame threads: the default leaves all but one core idle
        stream.codec_context.thread_count = count
        stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}
        return stream
    if films:
        raise fault("media_codec_unsupported", kind="video", codec="of this file")
    raise fault("media_no_video_stream")


def _is_cover(stream: VideoStream) -> bool:
    return bool(int(stream.disposition) & int(Disposition.attached_pic))


def upright_aspect(stream: VideoStream, source: SourceInfo) -> Fraction:
    """Width of a pixel over its height, once the picture is turned upright."""
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    return 1 / aspect if source.rotation in (90, 270) else aspect


def _options(demuxer: str) -> dict[str, str]:
    return {**_OPTIONS, "format_whitelist": CONTAINERS[demuxer].formats}


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
