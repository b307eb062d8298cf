"""Footage for benchmarks, 30 pictures a second at the bit rate of an action camera, and a drive.

Filmed footage where the samples are (the folder that UPLOADM8_SAMPLES names, or `shared/samples`
beside the repository): three GoPro clips of 480 lines, enlarged with a Lanczos filter, sharpened,
and given a sensor's grain, which enlarging had smoothed away. Elsewhere a made-up ride along a
street (`made_street.py`), as much work for x264 and its decoder as the filmed clip: 10 s of either,
transcoded with our settings, differ by about 2 % in processor time, 7 % in size, and have 200 B
pictures out of 300. Still, compare only figures that name the same footage.
"""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

import made_street
from uploadm8.core.telemetry.derive import derive
from uploadm8.core.telemetry.track import Channel, Clock, Column, Track
from uploadm8.core.video.planes import planes_of

Size = tuple[int, int]  # width and height
Grain = list[NDArray[np.float32]]

HD: Size = (1920, 1080)
UHD: Size = (3840, 2160)
FPS = 30
_BITRATE = {HD: 28_000_000, UHD: 80_000_000}  # an action camera's
_FILMED_GRAIN = 2.5  # standard deviations
_MADE_GRAIN = 2.8
_SHARPENING = 0.3
_FILMED = (  # clip and how many of its pictures, in turns
    ("gpmf/max-heromode.mp4", 180),
    ("gpmf/hero8-trimmed.mp4", 60),
    ("gpmf/hero5-trimmed.mp4", 48),
)
_SOUND_RATE = 48_000


def samples() -> Path | None:
    """The folder of filmed samples, if it is here."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "samples"
    folder = Path(os.environ.get("UPLOADM8_SAMPLES", beside))
    return folder if all((folder / name).is_file() for name, _ in _FILMED) else None


def kind() -> str:
    """Which footage `clip` gives."""
    return "made-up street" if samples() is None else "filmed (GoPro samples, enlarged, grain)"


def clip(seconds: int, folder: Path | None = None, size: Size = HD) -> Path:
    """An H.264 + AAC clip of that length; made once per folder."""
    filmed = samples()
    lines = "" if size == HD else f"-{size[1]}"
    name = f"uploadm8-{'street' if filmed is None else 'filmed'}{lines}-{seconds}.mp4"
    path = (folder or Path(tempfile.gettempdir())) / name
    if path.exists():
        return path
    part = path.with_suffix(f".{os.getpid()}.part")
    pictures = (
        made_street.pictures(size, FPS, _grains(_MADE_GRAIN, size))
        if filmed is None
        else _filmed(filmed, size)
    )
    with av.open(str(part), "w", format="mp4") as file:
        video = file.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.bit_rate, video.codec_context.gop_size = _BITRATE[size], FPS
        video.codec_context.color_range = video.codec_context.colorspace = 1
        video.codec_context.color_primaries = video.codec_context.color_trc = 1
        sound = file.add_stream("aac", rate=_SOUND_RATE)
        sound.codec_context.layout = "stereo"
        for number, picture in enumerate(islice(pictures, seconds * FPS)):
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            file.mux(video.encode(picture))
        file.mux(video.encode(None))
        for start in range(0, seconds * _SOUND_RATE, 1024):
            file.mux(sound.encode(_sound(start)))
        file.mux(sound.encode(None))
    part.replace(path)
    return path


def looped(path: Path, source: Path, times: int) -> Path:
    """The same clip several times over, without encoding it again."""
    if path.exists():
        return path
    part = path.with_suffix(".part")
    with av.open(str(part), "w", format="mp4") as file:
        streams = {}
        with av.open(str(source)) as first:
            for index in (0, 1):
                streams[index] = file.add_stream_from_template(first.streams[index])
            length = Fraction(first.streams.video[0].frames, FPS)
        for turn in range(times):
            with av.open(str(source)) as again:
                for packet in again.demux():
                    if packet.pts is None or packet.dts is None:
                        continue
                    shift = round(length * turn / packet.time_base)
                    packet.stream, index = streams[packet.stream_index], packet.stream_index
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    if index == 0 or packet.pts >= shift:
                        file.mux(packet)
    part.replace(path)
    return path


def drive(seconds: float) -> Track:
    """A 10 Hz drive in which every channel moves all the time."""
    t = np.arange(0, seconds + 1, 0.1)
    turn = t / 9
    speed = 24 + 14 * np.sin(t / 5)
    values = {
        Channel.LAT: 46.5 + 0.004 * np.sin(turn),
        Channel.LON: 7.4 + 0.006 * np.sin(2 * turn),
        Channel.ALTITUDE: 540 + 60 * np.sin(t / 13),
        Channel.SPEED: speed,
        Channel.COURSE: (turn * 180 / np.pi) % 360,
        Channel.G_LONG: 0.6 * np.sin(t),
        Channel.G_LAT: 0.8 * np.cos(t * 1.3),
        Channel.LEAN: 35 * np.sin(t * 0.7),
        Channel.HEART_RATE: 140 + 25 * np.sin(t / 4),
        Channel.CADENCE: 85 + 10 * np.sin(t),
        Channel.POWER: 240 + 120 * np.sin(t * 0.9),
        Channel.RPM: 5200 + 2400 * np.sin(t * 1.1),
        Channel.THROTTLE: 50 + 50 * np.sin(t * 1.7),
        Channel.BRAKE: 50 - 50 * np.sin(t * 1.7),
        Channel.GEAR: 3 + np.round(2 * np.sin(t / 3)),
        Channel.LAP: 1 + np.floor(t / 30),
    }
    fine = np.ones(len(t), np.bool_)
    columns = {name: Column(np.asarray(v, np.float64), fine) for name, v in values.items()}
    return derive(Track("benchmark", t, columns, clock=Clock.UTC, start_utc=1_760_000_000.0))


def gpx(track: Track) -> str:
    """A drive as GPX, for programs that read nothing else; it begins with the benchmark's clip."""
    start = track.start_utc or 0.0
    columns = [track.columns[c].values for c in (Channel.LAT, Channel.LON, Channel.ALTITUDE)]
    points = "".join(
        f'<trkpt lat="{lat:.7f}" lon="{lon:.7f}"><ele>{height:.1f}</ele>'
        f"<time>{datetime.fromtimestamp(start + t, UTC):%Y-%m-%dT%H:%M:%S.%f}Z</time></trkpt>"
        for t, lat, lon, height in zip(track.t, *columns, strict=True)
    )
    head = '<gpx version="1.1" creator="benchmark" xmlns="http://www.topografix.com/GPX/1/1">'
    return f"{head}<trk><trkseg>{points}</trkseg></trk></gpx>"


def _filmed(folder: Path, size: Size) -> Iterator[av.VideoFrame]:
    grain = _grains(_FILMED_GRAIN, size)
    for number, small in enumerate(_decoded(folder)):
        planes = planes_of(small)
        luma = cv2.resize(planes.y, size, interpolation=cv2.INTER_LANCZOS4).astype(np.float32)
        luma += _SHARPENING * (luma - cv2.GaussianBlur(luma, (0, 0), 1.2))
        frame = av.VideoFrame(*size, "yuv420p")
        large = planes_of(frame)
        large.y[:] = np.clip(luma + grain[number * 7 % len(grain)], 16, 235).astype(np.uint8)
        half = (size[0] // 2, size[1] // 2)
        large.u[:] = cv2.resize(planes.u, half, interpolation=cv2.INTER_CUBIC)
        large.v[:] = cv2.resize(planes.v, half, interpolation=cv2.INTER_CUBIC)
        yield frame


def _decoded(folder: Path) -> Iterator[av.VideoFrame]:
    for name, pictures in cycle(_FILMED):
        with av.open(str(folder / name)) as file:
            for frame in islice(file.decode(video=0), pictures):
                yield frame.reformat(format="yuv420p")


def _grains(strength: float, size: Size) -> Grain:
    rng = np.random.default_rng(9)
    return [rng.normal(0, strength, (size[1], size[0])).astype(np.float32) for _ in range(12)]


def _sound(start: int) -> av.AudioFrame:
    t = (start + np.arange(1024)) / _SOUND_RATE
    wave = (0.2 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
    frame.sample_rate, frame.time_base, frame.pts = _SOUND_RATE, Fraction(1, _SOUND_RATE), start
    return frame
