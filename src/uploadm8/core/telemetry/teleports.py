"""Find positions that nothing on wheels or wings could have reached: receiver errors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.geo import distance_m, steps_m
from uploadm8.core.telemetry.smooth import running_median
from uploadm8.core.telemetry.track import BoolArray, FloatArray

MAX_SPEED_MPS = 150.0
MAX_ACCELERATION = 20.0  # m/s2
NOISE_M = 20.0  # two fixes of a standing receiver may be this far apart
MIN_RUN = 5  # a place reached by an impossible jump is believed from this many points on
MAX_AWAY_S = 60.0  # a longer stay elsewhere is a part of the track, not an excursion
LOOK_AHEAD = 8  # runs tried when looking for the way back
MAX_RUNS = 20_000
_BLOCK = 65_536

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Jumps:
    """Points to drop, and points before which the track is interrupted."""

    dropped: BoolArray
    starts: IntArray


def find_teleports(t: FloatArray, lat: FloatArray, lon: FloatArray) -> Jumps:
    """Judge the points of a whole track.

    A short run of points away from the track is dropped when the track continues where it left
    off. A jump to a place where the track then stays, as at the end of a tunnel, is kept and
    becomes an interruption.

    Args:
        t: strictly increasing seconds.
        lat: degrees.
        lon: degrees.
    """
    dropped = np.zeros(len(t), dtype=np.bool_)
    if len(t) < 2:
        return Jumps(dropped, np.empty(0, np.int64))
    # A receiver slower than the log repeats its position: only the first of equals counts.
    changed = np.concatenate(([True], (lat[1:] != lat[:-1]) | (lon[1:] != lon[:-1])))
    moved = np.flatnonzero(changed)
    if len(moved) < len(t):
        t, lat, lon = t[moved], lat[moved], lon[moved]
    breaks, pace = _impossible_steps(t, lat, lon)
    if not len(breaks):
        return Jumps(dropped, np.empty(0, np.int64))
    whole = np.concatenate((moved, [len(changed)]))
    edges = [0, *breaks.tolist(), len(moved)]
    runs = _Runs(t, lat, lon, pace, whole, edges[:-1], edges[1:])
    lost, starts = runs.judge()
    for first, last in lost:
        dropped[whole[first] : whole[last]] = True
    return Jumps(dropped, moved[np.asarray(starts, dtype=np.int64)])


def _impossible_steps(
    t: FloatArray, lat: FloatArray, lon: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Indices of points reached by an impossible step, and the usual speed at every point."""
    steps = steps_m(lat, lon)
    usual = running_median(steps / np.diff(t))
    impossible = np.zeros(len(t), dtype=np.bool_)
    for start in range(0, len(steps), _BLOCK):
        block = slice(start, start + _BLOCK)
        dt = np.diff(t[start : start + _BLOCK + 1])
        limit = np.minimum(MAX_SPEED_MPS, usual[block] + MAX_ACCELERATION * dt) * dt + NOISE_M
        impossible[1:][block] = steps[block] > limit
    return np.flatnonzero(impossible), usual


@dataclass(frozen=True, slots=True)
class _Runs:
    """Stretches between impossible steps, over the points at which the position changed.

    Attributes:
        t, lat, lon: of those points.
        pace: usual speed from each point on, m/s.
        rows: row of each point, and the number of rows at the end.
        starts, ends: first point of each run, and the one behind its last.
    """

    t: FloatArray
    lat: FloatArray
    lon: FloatArray
    pace: FloatArray
    rows: IntArray
    starts: list[int]
    ends: list[int]

    def judge(self) -> tuple[list[tuple[int, int]], list[int]]:
        """Spans to drop, and starts of interrupted continuations."""
        lost: list[tuple[int, int]] = []
        starts: list[int] = []
        many = len(self.starts) > MAX_RUNS
        current = None
        run = 0
        while run < len(self.starts):
            if current is not None and not many:
                back = self._way_back(current, run)
                if back is not None:
                    lost += [self._span(skipped) for skipped in range(run, back)]
                    current, run = back, back + 1
                    continue
            if self._believed(run):
                if current is not None:
                    starts.append(self.starts[run])
                current = run
            else:
                lost.append(self._span(run))
            run += 1
        return lost, starts

    def _span(self, run: int) -> tuple[int, int]:
        return self.starts[run], self.ends[run]

    def _believed(self, run: int) -> bool:
        """Long enough to be a place; at the very start a frozen position is the last trip's."""
        first, last = self._span(run)
        if last - first >= MIN_RUN:
            return True
        return run > 0 and int(self.rows[last] - self.rows[first]) >= MIN_RUN

    def _way_back(self, current: int, run: int) -> int | None:
        """The first of the next runs that can be reached from the end of `current`."""
        left = self.ends[current] - 1
        for candidate in range(run, min(run + LOOK_AHEAD, len(self.starts))):
            begin = self.starts[candidate]
            if begin - self.starts[run] >= MIN_RUN and self.t[begin] - self.t[left] > MAX_AWAY_S:
                return None
            if self._reachable(left, begin):
                return candidate
        return None

    def _reachable(self, a: int, b: int) -> bool:
        dt = float(self.t[b] - self.t[a])
        usual = float(self.pace[max(a - 3, 0)]) if len(self.pace) else 0.0
        speed = min(MAX_SPEED_MPS, usual + MAX_ACCELERATION * dt)
        metres = distance_m(
            float(self.lat[a]), float(self.lon[a]), float(self.lat[b]), float(self.lon[b])
        )
        return metres <= speed * dt + NOISE_M
