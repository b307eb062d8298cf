"""What positions alone tell: speed, bearing and distance along the way, segment by segment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.geo import bearings_deg, steps_m
from uploadm8.core.telemetry.track import BoolArray, Channel, FloatArray, Track

STANDING_MPS = 1.0  # below this, positions that lead nowhere are receiver noise
STANDING_WINDOW_S = 10.0
DRIFT_M = 5.0  # net progress that noise does not reach over the window
MOVING_MPS = 1.5  # slower than this, two fixes give no bearing
_LEAST_OVER_HOLE_MPS = 0.2  # a net way slower than that is receiver noise of a stop
_LONGEST_HOLE_S = 3_600.0
_BLOCK = 65_536

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Legs:
    """Straight lines between positions about a second apart, none of them across segments.

    Attributes:
        first: row where each leg begins.
        last: row where it ends.
        t0: time of its beginning.
        t1: time of its end.
        metres: its length, 0 while standing.
        bearing: degrees true.
    """

    first: IntArray
    last: IntArray
    t0: FloatArray
    t1: FloatArray
    metres: FloatArray
    bearing: FloatArray

    @property
    def speed(self) -> FloatArray:
        """m/s on each leg."""
        speed: FloatArray = self.metres / (self.t1 - self.t0)
        return speed

    @property
    def middle(self) -> FloatArray:
        """Time of the middle of each leg."""
        return (self.t0 + self.t1) / 2


def make_legs(
    t: FloatArray,
    lat: FloatArray,
    lon: FloatArray,
    valid: BoolArray,
    segment: NDArray[np.int32],
    *,
    timed: bool = True,
) -> Legs:
    """Join positions into legs long enough in time that their speed means something.

    Without real times (`timed` is False) every position counts and nothing is standing.
    """
    rows = np.flatnonzero(valid)
    if timed:
        known: slice | IntArray = slice(None) if len(rows) == len(t) else rows  # no copies
        spacing = _spacing_s(lat[known], lon[known])
        rows = rows[_nodes(t[known], segment[known], spacing)]
    whole = np.flatnonzero(np.diff(segment[rows]) == 0)
    if len(whole) == len(t) - 1:  # every row a node of one segment: views do
        first, last = rows[:-1], rows[1:]
        t0, t1 = t[:-1], t[1:]
        del whole
        metres, bearing = steps_m(lat, lon), bearings_deg(lat, lon)
    else:
        first, last = rows[whole], rows[whole + 1]
        t0, t1 = t[first], t[last]
        at_lat, at_lon = lat[rows], lon[rows]
        metres = steps_m(at_lat, at_lon)[whole]
        bearing = bearings_deg(at_lat, at_lon)[whole]
    legs = Legs(first, last, t0, t1, metres, bearing)
    if timed:
        metres[_standing(legs, lat, lon, segment)] = 0.0
    return legs


def _spacing_s(lat: FloatArray, lon: FloatArray) -> float:
    """Seconds between nodes: more for coarsely rounded or repeated positions."""
    if len(lat) < 2:
        return 1.0
    for decimals, seconds in ((4, 5.0), (5, 2.0)):
        if all(_rounded(x[:_BLOCK], decimals) and _rounded(x, decimals) for x in (lat, lon)):
            return seconds
    repeated = np.mean((lat[1:] == lat[:-1]) & (lon[1:] == lon[:-1]))
    return 2.0 if repeated > 0.5 else 1.0


def _rounded(degrees: FloatArray, decimals: int) -> bool:
    scaled = degrees * 10.0**decimals
    return bool((np.abs(scaled - np.rint(scaled)) < 1e-4).all())


def _nodes(t: FloatArray, segment: NDArray[np.int32], spacing: float) -> IntArray:
    """Indices of rows about `spacing` apart, with the first and last row of each segment."""
    if not len(t):
        return np.empty(0, dtype=np.int64)
    edge = np.flatnonzero(np.diff(segment) != 0) + 1
    starts = np.concatenate(([0], edge))
    ends = np.concatenate((edge, [len(t)])) - 1
    origin = np.repeat(t[starts], ends - starts + 1)
    cell = np.floor((t - origin) / spacing + 1e-6)
    chosen = np.concatenate(([True], np.diff(cell) != 0))
    chosen[starts] = True
    chosen[ends] = True
    nodes = np.flatnonzero(chosen)
    # A node right before another would make a leg of a few milliseconds, all noise.
    close = np.diff(t[nodes]) < spacing / 2
    close &= np.diff(segment[nodes]) == 0
    is_start = np.zeros(len(t), dtype=np.bool_)
    is_start[starts] = True
    keep = np.concatenate((~close | is_start[nodes[:-1]], [True]))
    return nodes[keep]


def _standing(
    legs: Legs, lat: FloatArray, lon: FloatArray, segment: NDArray[np.int32]
) -> BoolArray:
    """Legs during which nothing moved: slow, and leading nowhere over ten seconds."""
    slow = np.flatnonzero(legs.speed < STANDING_MPS)
    standing = np.zeros(len(legs.first), dtype=np.bool_)
    if not len(slow):
        return standing
    around = (STANDING_WINDOW_S - (legs.t1 - legs.t0)[slow]).clip(0.0) / 2
    low = np.searchsorted(legs.t0, legs.t0[slow] - around)
    high = np.searchsorted(legs.t1, legs.t1[slow] + around, side="right") - 1
    low, high = np.minimum(low, slow), np.maximum(high, slow)
    own = segment[legs.first[slow]]
    low = np.where(segment[legs.first[low]] == own, low, slow)
    high = np.where(segment[legs.first[high]] == own, high, slow)
    a, b = legs.first[low], legs.last[high]
    ends = np.stack((a, b), axis=1).ravel()
    net = steps_m(lat[ends], lon[ends])[::2]
    seconds = np.minimum(legs.t1[high] - legs.t0[low], STANDING_WINDOW_S)
    standing[slow] = net < DRIFT_M * seconds / STANDING_WINDOW_S
    return standing


def along(
    middle: FloatArray,
    values: FloatArray,
    own: NDArray[np.int32],
    t: FloatArray,
    segment: NDArray[np.int32],
) -> FloatArray:
    """Values known at the middle of legs, at every row; NaN in segments without a leg.

    Between the middles it is linear, before the first and after the last of a segment constant.

    Args:
        middle: time of the middle of each leg, increasing.
        values: one per leg.
        own: segment of each leg.
        t: time of each row.
        segment: segment of each row.
    """
    out = np.full(len(t), np.nan)
    if not len(middle):
        return out
    edge = np.flatnonzero(np.diff(own) != 0) + 1
    firsts, lasts = np.concatenate(([0], edge)), np.concatenate((edge, [len(own)])) - 1
    low = np.full(int(segment[-1]) + 1, np.nan)
    high = low.copy()
    low[own[firsts]], high[own[firsts]] = middle[firsts], middle[lasts]
    for start in range(0, len(t), _BLOCK):
        block = slice(start, start + _BLOCK)
        where = np.clip(t[block], low[segment[block]], high[segment[block]])
        out[block] = np.where(np.isnan(where), np.nan, np.interp(where, middle, values))
    return out


def over_holes(track: Track) -> FloatArray:
    """Metres gained so far in the holes of a log, at every row: straight on, if it moved at all.

    A phone in a pocket, a tunnel, or a device that writes a point only at a turn: the way goes on
    though nobody saw it. A hole of more than an hour is a pause.
    """
    lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
    rows = np.flatnonzero(lat.valid)
    gained = np.zeros(len(track))
    at = np.searchsorted(rows, np.asarray(track.holes, dtype=np.int64))
    at = np.unique(at[(at > 0) & (at < len(rows))])
    before, after = rows[at - 1], rows[at]
    ends = np.stack((before, after), axis=1).ravel()
    metres = steps_m(lat.values[ends], lon.values[ends])[::2]
    seconds = track.t[after] - track.t[before]
    moved = (metres > DRIFT_M) & (metres >= _LEAST_OVER_HOLE_MPS * seconds)
    metres[~moved | (seconds > _LONGEST_HOLE_S)] = 0.0
    gained[after] = metres
    return np.cumsum(gained)


def distance_along(legs: Legs, t: FloatArray) -> FloatArray:
    """Metres since the first row; flat between segments and while standing."""
    if not len(legs.first):
        return np.zeros(len(t))
    total = np.cumsum(legs.metres)
    # Legs of a segment join, so its first beginning and all ends say everything.
    begins = np.flatnonzero(np.concatenate(([True], legs.first[1:] != legs.last[:-1])))
    before = np.where(begins > 0, total[begins - 1], 0.0)
    times = np.insert(legs.t1, begins, legs.t0[begins])
    distance: FloatArray = np.interp(t, times, np.insert(total, begins, before))
    return distance
