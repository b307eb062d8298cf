"""Resample a track once to the times of the video frames; the renderer then only indexes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.curve import along_curve, fresh_fixes
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.track import (
    BoolArray,
    Channel,
    Clock,
    FloatArray,
    Track,
)

HOLD_S = 1.5  # a value stays on the screen this long after the last sample
STOPPED_MPS = 0.5  # a standing receiver still measures this much: shown as 0
MIN_GAP_S = 5.0  # never interpolate over more than this, or 5 x the median spacing

_POSITION = (Channel.LAT, Channel.LON)
_STEPPED = {Channel.GEAR, Channel.LAP, Channel.FIX, Channel.SATELLITES}


@dataclass(frozen=True, slots=True)
class Samples:
    """Channels at given times.

    Attributes:
        times: seconds on the track's clock, shape (n,).
        values: per channel, shape (n,); only channels that the track has.
        valid: False where nothing may be shown, same shape.
        track: the whole track the samples were taken from (for maps and profiles).
    """

    times: FloatArray
    values: Mapping[Channel, FloatArray]
    valid: Mapping[Channel, BoolArray]
    track: Track

    def has(self, channel: Channel) -> bool:
        """Whether the channel is valid at any of the times."""
        return channel in self.valid and bool(self.valid[channel].any())


def resample(track: Track, times: FloatArray) -> Samples:
    """Interpolate every channel at `times` (seconds on the track's clock, any order).

    Positions follow a smooth curve through the fixes, the course turns on the circle, gear, lap
    and fix are stepped, all else is linear; a speed below 0.5 m/s is 0. Nothing is made up over a
    gap longer than max(5 s, 5 x median spacing), across segments, or more than 1.5 s after the
    last sample; there `valid` is False.

    Raises:
        TelemetryError: telemetry_no_time if the track has no clock.
    """
    if track.clock is Clock.NONE:
        raise telemetry_error(Problem.NO_TIME)
    wanted = np.asarray(times, np.float64)
    values: dict[Channel, FloatArray] = {}
    valid: dict[Channel, BoolArray] = {}
    segment_of = np.searchsorted(track.segments, np.arange(len(track)), side="right")
    for channel, column in track.columns.items():
        if column.valid.any() and channel not in _POSITION:
            around = _Around.of(track.t, column.valid, segment_of, wanted)
            values[channel] = _sample(channel, column.values[around.rows], around)
            valid[channel] = around.ok
    if all(channel in track for channel in _POSITION):
        _add_position(track, segment_of, wanted, values, valid)
    return Samples(wanted, values, valid, track)


@dataclass(frozen=True, slots=True)
class _Around:
    """Where wanted times lie among the valid rows of a column.

    Attributes:
        rows: the valid rows.
        t: their times.
        joined: whether each valid row is joined to the next.
        lo, hi: per wanted time, which of `rows` is before and after it.
        u: how far it is from the one to the other, 0..1; 0 where nothing lies between.
        inside: where a value may be interpolated.
        ok: where any value may be shown.
        times: the wanted times.
    """

    rows: NDArray[np.int64]
    t: FloatArray
    joined: BoolArray
    lo: NDArray[np.int64]
    hi: NDArray[np.int64]
    u: FloatArray
    inside: BoolArray
    ok: BoolArray
    times: FloatArray

    @classmethod
    def of(
        cls, t: FloatArray, valid: BoolArray, segment_of: NDArray[np.int64], times: FloatArray
    ) -> "_Around":
        rows = np.flatnonzero(valid)
        ts, segment = t[rows], segment_of[rows]
        steps = np.diff(ts)
        longest = max(MIN_GAP_S, 5 * float(np.median(steps))) if len(steps) else MIN_GAP_S
        joined = (np.diff(segment) == 0) & (steps <= longest)
        right = np.searchsorted(ts, times, side="right")
        lo = np.clip(right - 1, 0, len(ts) - 1)
        hi = np.clip(right, 0, len(ts) - 1)
        inside = (right > 0) & (right < len(ts))
        inside[inside] = joined[lo[inside]]
        since = times - ts[lo]
        held = (since >= 0) & (since <= HOLD_S)
        span = np.where(ts[hi] > ts[lo], ts[hi] - ts[lo], 1.0)
        u = np.where(inside, since / span, 0.0)
        return cls(rows, ts, joined, lo, hi, u, inside, inside | held, times)


def _sample(channel: Channel, values: FloatArray, around: _Around) -> FloatArray:
    before = values[around.lo]
    if channel in _STEPPED:
        return before
    change = values[around.hi] - before
    if channel is Channel.COURSE:
        turn = (change + 180.0) % 360.0 - 180.0
        return (before + around.u * turn) % 360.0
    value = before + around.u * change
    return np.where(value < STOPPED_MPS, 0.0, value) if channel is Channel.SPEED else value


def _add_position(
    track: Track,
    segment_of: NDArray[np.int64],
    times: FloatArray,
    values: dict[Channel, FloatArray],
    valid: dict[Channel, BoolArray],
) -> None:
    lat, lon = (track.columns[channel] for channel in _POSITION)
    known = lat.valid & lon.valid
    if not known.any():
        return
    rows = np.flatnonzero(known)
    fresh = rows[fresh_fixes(track.t[rows], lat.values[rows], lon.values[rows])]
    kept = np.zeros(len(track), dtype=np.bool_)
    kept[fresh] = True
    around = _Around.of(track.t, kept, segment_of, times)
    north, east = lat.values[around.rows], lon.values[around.rows]
    found = (north[around.lo], east[around.lo])
    inside = around.inside
    curve = along_curve(around.t, north, east, around.joined, around.lo[inside], times[inside])
    for channel, column, curved in zip(_POSITION, found, curve, strict=True):
        column[inside] = curved
        values[channel], valid[channel] = column, around.ok
