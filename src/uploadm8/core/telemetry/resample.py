"""Resample a track once to the times of the video frames; the renderer then only indexes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.track import (
    BoolArray,
    Channel,
    Clock,
    Column,
    FloatArray,
    Track,
)

HOLD_S = 1.5  # a value stays on the screen this long after the last sample
STOPPED_MPS = 0.5  # a standing receiver still measures this much: shown as 0
MIN_GAP_S = 5.0  # never interpolate over more than this, or 5 x the median spacing

_STEPPED = {Channel.GEAR, Channel.LAP, Channel.FIX, Channel.SATELLITES}


@dataclass(frozen=True, slots=True)
class Samples:
    """Channels at given times.

    Attributes:
        times: seconds on the track's clock, shape (n,).
        values: float32 per channel, shape (n,); only channels that the track has.
        valid: False where nothing may be shown, same shape.
        track: the whole track the samples were taken from (for maps and profiles).
    """

    times: FloatArray
    values: Mapping[Channel, NDArray[np.float32]]
    valid: Mapping[Channel, BoolArray]
    track: Track

    def has(self, channel: Channel) -> bool:
        """Whether the channel is valid at any of the times."""
        return channel in self.valid and bool(self.valid[channel].any())


def resample(track: Track, times: FloatArray) -> Samples:
    """Interpolate every channel at `times` (seconds on the track's clock, any order).

    Linear within a segment; course on the circle; gear, lap, fix stepped; a speed below
    0.5 m/s is 0. Nothing is made up over a gap longer than max(5 s, 5 x median spacing), across
    segments, or more than 1.5 s after the last sample; there `valid` is False.

    Raises:
        TelemetryError: telemetry_no_time if the track has no clock.
    """
    if track.clock is Clock.NONE:
        raise telemetry_error(Problem.NO_TIME)
    values: dict[Channel, NDArray[np.float32]] = {}
    valid: dict[Channel, BoolArray] = {}
    segment_of = np.searchsorted(track.segments, np.arange(len(track)), side="right")
    for channel, column in track.columns.items():
        if column.valid.any():
            v, ok = _sample(channel, track.t, column, segment_of, np.asarray(times, np.float64))
            values[channel], valid[channel] = v.astype(np.float32), ok
    return Samples(np.asarray(times, np.float64), values, valid, track)


def _sample(
    channel: Channel,
    t: FloatArray,
    column: Column,
    segment_of: NDArray[np.int64],
    times: FloatArray,
) -> tuple[FloatArray, BoolArray]:
    keep = column.valid
    ts, vs, seg = t[keep], column.values[keep], segment_of[keep]
    right = np.searchsorted(ts, times, side="right")
    lo = np.clip(right - 1, 0, len(ts) - 1)
    hi = np.clip(right, 0, len(ts) - 1)
    spacing = float(np.median(np.diff(ts))) if len(ts) > 1 else 0.0
    longest = max(MIN_GAP_S, 5 * spacing)
    bridged = (seg[lo] == seg[hi]) & (ts[hi] - ts[lo] <= longest)
    since = times - ts[lo]
    held = (since >= 0) & (since <= HOLD_S)
    inside = (right > 0) & (right < len(ts)) & bridged
    exact = times == ts[lo]
    ok: BoolArray = inside | held | exact
    span = np.where(ts[hi] > ts[lo], ts[hi] - ts[lo], 1.0)
    u = np.where(inside, (times - ts[lo]) / span, 0.0)
    if channel in _STEPPED:
        return vs[lo], ok
    if channel in (Channel.COURSE, Channel.LON):
        turn = (vs[hi] - vs[lo] + 180.0) % 360.0 - 180.0
        value = vs[lo] + u * turn
        if channel is Channel.COURSE:
            return value % 360.0, ok
        return (value + 180.0) % 360.0 - 180.0, ok
    value = vs[lo] + u * (vs[hi] - vs[lo])
    if channel is Channel.SPEED:
        return np.where(value < STOPPED_MPS, 0.0, value), ok
    return value, ok
