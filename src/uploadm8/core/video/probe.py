"""Find out what a video file is, or say in plain words why it cannot be used."""

import itertools
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from uploadm8.core.video.cadence import Cadence, read_cadence, rewind
from uploadm8.core.video.color import Color
from uploadm8.core.video.containers import Container, kind_of
from uploadm8.core.video.faults import fault
from uploadm8.core.video.limits import DEFAULT_LIMITS, MediaLimits
from uploadm8.core.video.opening import codec_name, opened, picture_stream
from uploadm8.core.video.sniff import is_encrypted
from uploadm8.core.video.source import AudioInfo, SourceInfo
from uploadm8.core.video.wholeness import missing_bytes

_TELEMETRY_HANDLERS = ("gopro met", "camm", "dji meta", "dji dbgi", "gpmd", "rtmd", "insta360")
_FIRST_PACKETS = 240  # a decoder that has shown nothing after this many packets never will


def probe(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> SourceInfo:
    """Inspect a file without decoding more than its first picture.

    Raises:
        MediaError: code, sentence and action say why the file is refused.
    """
    with opened(path, limits) as container:
        return probe_opened(path, container, limits)


def probe_opened(path: Path, container: InputContainer, limits: MediaLimits) -> SourceInfo:
    """Inspect a file that is open already; its sound can then still be read, from any point on.

    Raises:
        MediaError: code, sentence and action say why the file is refused.
    """
    stream = picture_stream(container, limits, threads=1)
    _check_size(stream, limits)
    audio = _audio(container, limits)
    # A decoder may well make a picture of noise from an encrypted one.
    if kind_of(container.format.name).demuxer == "mov" and is_encrypted(path):
        raise fault("media_encrypted")
    _check_whole(path, container, stream, limits)
    picture = _first_picture(container, stream)
    stream.codec_context.flush_buffers()  # the decoder would keep its pictures as long as the file
    size = path.stat().st_size
    cadence = _cadence(container, stream, size, fields=picture.interlaced_frame)
    _check_cadence(cadence, limits)
    return _describe(size, container, stream, picture, cadence, audio)


def probe_pictures(
    container: InputContainer,
    stream: VideoStream,
    size_bytes: int,
    cadence: Cadence,
    limits: MediaLimits,
) -> SourceInfo:
    """What a file that was probed before is like, its sound left out; it stands at its start then.

    With the cadence known, nothing but the header and the first picture is read.

    Raises:
        MediaError: the file cannot be used.
    """
    _check_size(stream, limits)
    picture = _first_picture(container, stream)
    stream.codec_context.flush_buffers()
    rewind(container)
    return _describe(size_bytes, container, stream, picture, cadence, None)


def _describe(
    size_bytes: int,
    container: InputContainer,
    stream: VideoStream,
    picture: VideoFrame,
    cadence: Cadence,
    audio: AudioInfo | None,
) -> SourceInfo:
    context = stream.codec_context
    rotation = round(picture.rotation / 90) * 90 % 360
    width, height = display_size(
        picture.width, picture.height, stream.sample_aspect_ratio, rotation
    )
    tags = {key.lower(): str(value) for key, value in container.metadata.items()}
    return SourceInfo(
        container=kind_of(container.format.name).demuxer,
        size_bytes=size_bytes,
        duration_s=cadence.duration_s,
        start_s=_start(picture, stream, kind_of(container.format.name)),
        frames=cadence.frames,
        codec=codec_name(context),
        coded_width=picture.width,
        coded_height=picture.height,
        width=width,
        height=height,
        rotation=rotation,
        fps=cadence.average,
        nominal_fps=cadence.nominal,
        variable=cadence.variable,
        pixel_format=picture.format.name,
        bit_depth=picture.format.components[0].bits,
        color=_color(picture, stream),
        interlaced=bool(picture.interlaced_frame),
        audio=audio,
        creation_time=tags.get("creation_time"),
        creation_date=tags.get("com.apple.quicktime.creationdate"),
        location=any("location" in key for key in tags),
        telemetry=_telemetry(container),
        splices=cadence.splices,
    )


def display_size(
    width: int, height: int, pixel_aspect: Fraction | None, rotation: int
) -> tuple[int, int]:
    """Size as seen: pixel aspect widens, a quarter turn swaps."""
    wide = round(width * pixel_aspect) if pixel_aspect else width
    return (height, wide) if rotation in (90, 270) else (wide, height)


def _check_size(stream: VideoStream, limits: MediaLimits) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    fits = (
        limits.min_side <= width <= limits.max_width
        and limits.min_side <= height <= limits.max_height
        and width * height <= limits.max_pixels
    )
    if not fits:
        raise fault("media_size_unsupported", width=width, height=height)


def _check_whole(
    path: Path, container: InputContainer, stream: VideoStream, limits: MediaLimits
) -> None:
    kind = kind_of(container.format.name).demuxer
    if kind == "mov" and stream.frames:  # its index tells which pictures are there
        return
    missing = missing_bytes(path, kind)
    whole = path.stat().st_size + missing
    if missing > (1 - limits.min_decoded) * whole:
        raise fault("media_truncated", what=f"{missing} of {whole} bytes are missing")


def _first_picture(container: InputContainer, stream: VideoStream) -> VideoFrame:
    try:
        frame = _key_picture(container, stream)
        if frame is not None:
            return frame
        stream.codec_context.flush_buffers()
        rewind(container)
    except (av.FFmpegError, MemoryError, ValueError):
        pass  # what follows looks further, and tells the reason
    return _decodable_picture(container, stream)


def _key_picture(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    """The first packet's picture, drained at once: reordering would have three decoded."""
    packet = next(container.demux(stream), None)
    if packet is None or not packet.is_keyframe:
        return None
    frames = [*packet.decode(), *stream.decode(None)]
    return frames[0] if frames else None


def _decodable_picture(container: InputContainer, stream: VideoStream) -> VideoFrame:
    reason = "no picture could be decoded"
    try:
        for packet in itertools.islice(container.demux(stream), _FIRST_PACKETS):
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                reason = str(error.strerror)
                continue
            for frame in frames:
                if isinstance(frame, VideoFrame):
                    return frame
    except (av.FFmpegError, MemoryError, ValueError) as error:
        reason = str(error)
    raise fault("media_undecodable", what=reason)


def _cadence(
    container: InputContainer, stream: VideoStream, size_bytes: int, *, fields: bool
) -> Cadence:
    try:
        cadence = read_cadence(container, stream, size_bytes, fields=fields)
    except av.FFmpegError as error:
        raise fault("media_undecodable", what=str(error.strerror)) from error
    if cadence is None:
        raise fault("media_no_video_stream")
    return cadence


def _check_cadence(cadence: Cadence, limits: MediaLimits) -> None:
    if cadence.frames < limits.min_decoded * cadence.promised:
        what = f"{cadence.frames} of {cadence.promised} pictures are there"
        raise fault("media_truncated", what=what)
    rules: tuple[tuple[Callable[[], bool], Callable[[], Exception]], ...] = (
        (
            lambda: cadence.duration_s < limits.min_duration_s,
            lambda: fault("media_too_short", got=cadence.duration_s, limit=limits.min_duration_s),
        ),
        (
            lambda: (
                cadence.duration_s > limits.max_duration_s or cadence.frames > limits.max_frames
            ),
            lambda: fault("media_too_long", got=cadence.duration_s, limit=limits.max_duration_s),
        ),
        (
            lambda: not limits.min_fps <= cadence.average <= limits.max_fps,
            lambda: fault(
                "media_fps_unsupported",
                got=float(cadence.average),
                low=int(limits.min_fps),
                high=int(limits.max_fps),
            ),
        ),
    )
    for broken, error in rules:
        if broken():
            raise error()


def _audio(container: InputContainer, limits: MediaLimits) -> AudioInfo | None:
    unusable = []
    for number, stream in enumerate(container.streams.audio):
        context = stream.codec_context
        name = codec_name(context) if context is not None else "of this file"
        if context is None or not limits.audio_ok(name):
            unusable.append(name)
            continue
        start = float((stream.start_time or 0) * (stream.time_base or 0))
        return AudioInfo(name, context.profile, context.rate, context.channels, start, number)
    if unusable:
        raise fault("media_codec_unsupported", kind="audio", codec=unusable[0])
    return None


def _start(picture: VideoFrame, stream: VideoStream, kind: Container) -> float:
    # A drained picture knows its stamp but not the unit of it.
    told = kind.tells_times and picture.pts is not None
    stamp = picture.pts if told else stream.start_time
    return float((stamp or 0) * (stream.time_base or 0))


def _color(picture: VideoFrame, stream: VideoStream) -> Color:
    context = stream.codec_context

    def known(of_picture: int, of_stream: int) -> int:
        return int(of_picture if of_picture not in (0, 2) else of_stream)

    full = picture.format.name.startswith("yuvj")
    return Color.resolve(
        color_range=2 if full else int(picture.color_range or context.color_range),
        matrix=known(picture.colorspace, context.colorspace),
        primaries=known(picture.color_primaries, context.color_primaries),
        transfer=known(picture.color_trc, context.color_trc),
        lines=min(picture.width, picture.height),
    )


def _telemetry(container: InputContainer) -> tuple[str, ...]:
    names = (s.metadata.get("handler_name", "").strip("\x00 \x0b") for s in container.streams)
    return tuple(n for n in names if any(mark in n.lower() for mark in _TELEMETRY_HANDLERS))
