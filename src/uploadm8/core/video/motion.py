"""How a clip moves: forward and sideways motion of the picture over time, at bounded cost."""

import contextlib
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from uploadm8.core.telemetry.picture_sync import Motion
from uploadm8.core.video.opening import opened, picture_stream

Thumbnail = NDArray[np.uint8]
FloatArray = NDArray[np.float64]

WIDTH, HEIGHT = 192, 108
_SIZE = (WIDTH, HEIGHT)
DEFAULT_BUDGET_S = 15.0
_TRIAL_FRAMES = 45  # decoded to learn what decoding costs here
_LONGEST_STEP_S = 0.12  # frames further apart cannot be compared
_FAR_ROWS = slice(0, round(0.46 * HEIGHT))
_NEAR_ROWS = slice(round(0.37 * HEIGHT), round(0.84 * HEIGHT))  # below is the bonnet
_COLUMN = 6  # pixels wide
_INWARD = 0.15
_LEAST_COLUMNS, _LEAST_TEXTURE = 5, 8
_LONGEST_BURST = 240  # thumbnails held at a time
_OVERDRAFT = 1.25
_SHORTEST_BURST = 6  # packets: of fewer, no two pictures need be neighbours


@dataclass(slots=True)
class _Budget:
    """Decides how many frames of each group (key frame to key frame) may be decoded."""

    seconds: float
    expected_frames: int
    spent: float = 0.0
    frames: int = 0

    def share(self) -> float:
        """Which part of the frames can be afforded, 0..1."""
        if self.frames < _TRIAL_FRAMES:
            return 1.0
        affordable = (self.seconds - self.spent) / (self.spent / self.frames)
        return min(1.0, max(0.0, affordable / max(self.expected_frames - self.frames, 1)))


def extract_motion(path: Path, *, budget_s: float = DEFAULT_BUDGET_S) -> Motion:
    """Decode as much as the budget allows, evenly over the clip, and measure its motion.

    A short clip is decoded whole. Of a long one a few frames behind each key frame are decoded:
    two neighbours are enough to see how fast the picture moves just then.

    Args:
        path: an MP4, QuickTime or Matroska file, not trusted.
        budget_s: seconds of wall clock to spend, roughly.

    Raises:
        MediaError: when the file is no usable video.
    """
    meter = _Meter()
    with opened(path) as container:
        stream = picture_stream(container)
        rate = float(stream.average_rate or 30)
        seconds = float((container.duration or 0) / av.time_base)
        budget = _Budget(budget_s, stream.frames or round(seconds * rate))
        for burst in _bursts(container, stream, budget):
            for (t0, first), (t1, second) in pairwise(burst):
                if 0 < t1 - t0 <= _LONGEST_STEP_S:
                    meter.measure((t0 + t1) / 2, t1 - t0, first, second)
    return meter.motion()


def _bursts(
    container: InputContainer, stream: VideoStream, budget: _Budget
) -> Iterator[list[tuple[float, Thumbnail]]]:
    """Runs of neighbouring thumbnails in display order, with their times in seconds."""
    origin = float((stream.start_time or 0) * (stream.time_base or 0))
    burst: list[tuple[float, Thumbnail]] = []
    in_group = length = 0
    saved = 0.0
    allowed = math.inf
    started = time.monotonic()
    for packet in _packets(container, stream):
        if packet.is_keyframe and packet.size:
            length = max(length, in_group)
            share = budget.share()
            if share < 1.0:
                if in_group <= allowed:
                    burst += _drained(stream, origin, budget)
                saved += share * length
                allowed = saved if saved >= _SHORTEST_BURST else 0
                saved -= allowed
            yield sorted(burst, key=lambda one: one[0])
            burst = burst[-1:] if share == 1.0 else []
            in_group = 0
        in_group += 1
        if in_group <= allowed or not packet.size:
            burst += _seen(_decode(packet), origin, budget)
            budget.spent = time.monotonic() - started
            if len(burst) >= _LONGEST_BURST:
                yield burst
                burst = burst[-1:]
            if budget.spent > _OVERDRAFT * budget.seconds:
                break  # one endless group of pictures, of which none can be skipped
        elif in_group == allowed + 1 and allowed:
            burst += _drained(stream, origin, budget)
    yield sorted(burst, key=lambda one: one[0])


def _seen(
    frames: Iterable[VideoFrame], origin: float, budget: _Budget
) -> list[tuple[float, Thumbnail]]:
    found = []
    for frame in frames:
        if frame.pts is not None and frame.time_base is not None:
            found.append((float(frame.pts * frame.time_base) - origin, _thumbnail(frame)))
            budget.frames += 1
    return found


def _drained(stream: VideoStream, origin: float, budget: _Budget) -> list[tuple[float, Thumbnail]]:
    """The frames that the threads of the decoder still hold; it then takes a new key frame."""
    frames: list[VideoFrame] = []
    with contextlib.suppress(av.FFmpegError):
        frames = stream.codec_context.decode(None)
    stream.codec_context.flush_buffers()
    return _seen(frames, origin, budget)


def _packets(container: InputContainer, stream: VideoStream) -> Iterator["Packet[VideoStream]"]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:  # the file ends in the middle of a packet
            return
        if packet is None:
            return
        yield packet


def _decode(packet: "Packet[VideoStream]") -> list[VideoFrame]:
    try:
        return [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
    except (av.FFmpegError, MemoryError):  # a damaged picture is no loss here
        return []


def _thumbnail(frame: VideoFrame) -> Thumbnail:
    """The luma of a frame, small and upright."""
    if frame.format.name.startswith("yuv") and frame.format.components[0].bits == 8:
        plane = frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        luma = rows[: plane.height, : plane.width]
    else:
        gray = frame.reformat(width=WIDTH, height=HEIGHT, format="gray").to_ndarray()
        luma = gray.astype(np.uint8, copy=False)
    small = np.asarray(cv2.resize(luma, _SIZE, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    turns = round(frame.rotation / 90) % 4
    if turns:
        upright = np.ascontiguousarray(np.rot90(small, turns))
        small = np.asarray(cv2.resize(upright, _SIZE), dtype=np.uint8)
    return small


class _Meter:
    """Measures dense flow between neighbouring thumbnails and sums it up in two numbers."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._flow.setFinestScale(1)
        self._empty = np.zeros((HEIGHT, WIDTH, 2), np.float32)
        x = (np.arange(WIDTH) - WIDTH / 2) / WIDTH
        self._outward = np.sign(x) * np.minimum(1.0, 4 * np.abs(x))
        self._rows: list[tuple[float, float, float]] = []

    def measure(self, t: float, step_s: float, first: Thumbnail, second: Thumbnail) -> None:
        """Add one pair of neighbours `step_s` apart, `t` being the middle between them."""
        flow = np.asarray(self._flow.calc(first, second, self._empty), dtype=np.float32)
        sideways = _sideways(first, flow)
        near = flow[_NEAR_ROWS]
        across = near[..., 0] - (0.0 if np.isnan(sideways) else sideways)
        # The world flows away from the middle and down; outliers are wrong matches.
        away = across * self._outward + np.maximum(near[..., 1], 0.0)
        forward = float(np.mean(np.clip(away, -2.0, 20.0)))
        self._rows.append((t, forward / step_s, -sideways / (WIDTH * step_s)))

    def motion(self) -> Motion:
        """All that was measured, in order of time."""
        rows = np.array(sorted(self._rows), dtype=np.float64).reshape(-1, 3)
        return Motion(t=rows[:, 0], forward=rows[:, 1], turn=rows[:, 2])


def _sideways(first: Thumbnail, flow: NDArray[np.float32]) -> float:
    """Pixels that the far scenery moves to the right: a weighted median over columns.

    What comes nearer moves outward, so in each column the most inward motion is that of what is
    farthest; and in the middle of the picture hardly anything moves outward. Near trees have much
    texture but few columns, so they outvote nothing.
    """
    textured = np.abs(np.diff(first[_FAR_ROWS].astype(np.int16), axis=1)) > 2
    moved = flow[_FAR_ROWS, 1:, 0]
    farthest, weights = [], []
    for start in range(0, WIDTH - 1, _COLUMN):
        columns = slice(start, start + _COLUMN)
        seen = moved[:, columns][textured[:, columns]]
        if len(seen) >= _LEAST_TEXTURE:
            aside = (start + _COLUMN / 2) / WIDTH - 0.5
            farthest.append(float(np.quantile(seen, _INWARD if aside > 0 else 1 - _INWARD)))
            weights.append(1 / (0.08 + abs(aside)))
    if len(farthest) < _LEAST_COLUMNS:
        return float("nan")
    order = np.argsort(farthest)
    total = np.cumsum(np.array(weights)[order])
    return farthest[int(order[np.searchsorted(total, total[-1] / 2)])]
