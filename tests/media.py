"""Small video files made on the spot: every oddity that a source can have, with known content."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from uploadm8.core.video.planes import view_of

CELL = 16  # pixels of one bit of the picture number


@dataclass(frozen=True, slots=True)
class Clip:
    """What to film; pictures carry their number, see `number_of`.

    Attributes:
        times: presentation times in seconds, for uneven pictures; None is even.
        flash: numbers of white pictures; a 1 kHz beep sounds while each is shown.
        audio: codec name, or None.
        late_audio_s: by how much sound starts after the pictures.
        options: of the container's muxer.
    """

    width: int = 320
    height: int = 180
    frames: int = 30
    fps: Fraction = Fraction(30)
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    times: Sequence[float] | None = None
    audio: str | None = "aac"
    audio_rate: int = 48_000
    audio_layout: str = "stereo"
    late_audio_s: float = 0.0
    flash: frozenset[int] = frozenset()
    rotation: int = 0
    color_range: int = 1
    matrix: int = 1
    primaries: int = 1
    transfer: int = 1
    gop: int = 15
    noise: float = 0.0
    container: str = "mp4"
    metadata: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)


def make(path: Path, clip: Clip) -> Path:
    """Write the clip."""
    usual = {"movflags": "use_metadata_tags"} if clip.container in ("mp4", "mov") else {}
    with av.open(str(path), "w", format=clip.container, options=usual | clip.options) as file:
        file.metadata.update(clip.metadata)
        video = _video_stream(file, clip)
        sound = _sound_stream(file, clip) if clip.audio else None
        base = video.codec_context.time_base
        for number in range(clip.frames):
            frame = picture(clip, number)
            frame.time_base = base
            frame.pts = round(time_of(clip, number) / base)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if sound is not None:
            for block in _sound(clip):
                file.mux(sound.encode(block))
            file.mux(sound.encode(None))
    return path


_OPTIONS = {
    "libx264": {"preset": "ultrafast", "crf": "12", "bf": "2"},
    "libx265": {"preset": "ultrafast", "crf": "14", "x265-params": "log-level=none"},
}


def _video_stream(file: OutputContainer, clip: Clip) -> VideoStream:
    video = file.add_stream(clip.codec, rate=clip.fps, options=_OPTIONS.get(clip.codec))
    assert isinstance(video, VideoStream)
    video.width, video.height, video.pix_fmt = clip.width, clip.height, clip.pixel_format
    context = video.codec_context
    context.gop_size = clip.gop
    video.time_base = context.time_base = Fraction(1, 90_000) if clip.times else 1 / clip.fps
    context.color_range, context.colorspace = clip.color_range, clip.matrix
    context.color_primaries, context.color_trc = clip.primaries, clip.transfer
    if clip.rotation:
        video.set_display_rotation(clip.rotation)
    return video


def _sound_stream(file: OutputContainer, clip: Clip) -> AudioStream:
    sound = file.add_stream(clip.audio or "", rate=clip.audio_rate)
    assert isinstance(sound, AudioStream)
    sound.codec_context.layout = clip.audio_layout
    return sound


def time_of(clip: Clip, number: int) -> float:
    """When a picture is shown, in seconds."""
    return clip.times[number] if clip.times else float(number / clip.fps)


def picture(clip: Clip, number: int) -> VideoFrame:
    """The picture of that number: a slow gradient, noise, and its number in black and white."""
    y, x = np.mgrid[0 : clip.height, 0 : clip.width]
    luma = 60 + 80 * x / clip.width + 40 * y / clip.height
    if clip.noise:
        luma += np.random.default_rng(number).normal(0, clip.noise, luma.shape)
    if number in clip.flash:
        luma[:] = 235
    for bit in range(10):
        luma[:CELL, bit * CELL : (bit + 1) * CELL] = 235 if number >> bit & 1 else 16
    half = ((clip.height + 1) // 2, (clip.width + 1) // 2)
    planes = [luma, np.full(half, 110.0), np.full(half, 150.0)]
    frame = VideoFrame(clip.width, clip.height, "yuv420p")
    for plane, values in zip(frame.planes, planes, strict=True):
        view_of(plane)[:] = np.clip(values, 0, 255).astype(np.uint8)
    if clip.pixel_format == "yuv420p":
        return frame
    return frame.reformat(format=clip.pixel_format)


def _sound(clip: Clip) -> Sequence[AudioFrame]:
    rate = clip.audio_rate
    seconds = time_of(clip, clip.frames - 1) + float(1 / clip.fps) - clip.late_audio_s
    t = np.arange(int(seconds * rate)) / rate + clip.late_audio_s
    loud = np.zeros(len(t))
    for number in clip.flash:
        begin = time_of(clip, number)
        loud[(t >= begin) & (t < begin + float(1 / clip.fps))] = 0.8
    wave = (loud * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[clip.audio_layout]
    frames = []
    for start in range(0, len(wave), 960):
        block = np.tile(wave[start : start + 960], (channels, 1))
        if clip.audio == "pcm_s16le":
            packed = (block.T * 32767).astype(np.int16).reshape(1, -1)
            frame = AudioFrame.from_ndarray(packed, format="s16", layout=clip.audio_layout)
        else:
            frame = AudioFrame.from_ndarray(block, format="fltp", layout=clip.audio_layout)
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = start + round(clip.late_audio_s * rate)
        frames.append(frame)
    return frames


def trimmed(path: Path, out: Path, start_s: float, seconds: float) -> Path:
    """A copy of an MP4 whose edit lists hide what is before `start_s` and after `seconds` more."""
    data = bytearray(path.read_bytes())
    place, header = data.index(b"moov"), data.index(b"mvhd")
    (movie_scale,) = struct.unpack_from(">I", data, header + 16)
    while (place := data.find(b"elst", place + 4)) >= 0:
        (scale,) = struct.unpack_from(">I", data, data.index(b"mdhd", place) + 16)
        (begin,) = struct.unpack_from(">i", data, place + 16)  # of the first and only entry
        hidden = begin + round(start_s * scale)
        struct.pack_into(">Ii", data, place + 12, round(seconds * movie_scale), hidden)
    out.write_bytes(data)
    return out


def number_of(luma: NDArray[np.uint8], scale: float = 1.0) -> int:
    """The number that a picture carries; `scale` is its size relative to what was filmed."""
    number = 0
    for bit in range(10):
        column, row = int((bit + 0.5) * CELL * scale), int(CELL * scale / 2)
        number |= int(luma[row, column] > 125) << bit
    return number
