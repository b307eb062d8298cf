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
LOOK_AHEAD = 8  # runs tried when looking for the way back
MAX_RUNS = 20_000

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
    moved = np.flatnonzero(np.concatenate(([True], (np.diff(lat) != 0) | (np.diff(lon) != 0))))
    breaks, pace = _impossible_steps(t[moved], lat[moved], lon[moved])
    if not len(breaks):
        return Jumps(dropped, np.empty(0, np.int64))
    runs = _Runs(t[moved], lat[moved], lon[moved], np.concatenate(([0], breaks)), pace)
    lost, starts = runs.judge()
    if lost:
        whole = np.concatenate((moved, [len(t)]))
        for first, last in lost:
            dropped[whole[first] : whole[last]] = True
    return Jumps(dropped, moved[np.asarray(starts, dtype=np.int64)])


def _impossible_steps(
    t: FloatArray, lat: FloatArray, lon: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Indices of points reached by an impossible step, and the usual speed at every point."""
    dt = np.diff(t)
    steps = steps_m(lat, lon)
    usual = running_median(steps / dt)
    limit = np.minimum(MAX_SPEED_MPS, usual + MAX_ACCELERATION * dt) * dt + NOISE_M
    return np.flatnonzero(steps > limit) + 1, usual


class _Runs:
    """Stretches between impossible steps."""

    def __init__(
        self, t: FloatArray, lat: FloatArray, lon: FloatArray, starts: IntArray, pace: FloatArray
    ) -> None:
        self._t, self._lat, self._lon, self._pace = t, lat, lon, pace
        self._starts: list[int] = starts.tolist()
        self._ends: list[int] = [*self._starts[1:], len(t)]

    def judge(self) -> tuple[list[tuple[int, int]], list[int]]:
        """Spans to drop, and starts of interrupted continuations."""
        lost: list[tuple[int, int]] = []
        starts: list[int] = []
        many = len(self._starts) > MAX_RUNS
        current = None
        run = 0
        while run < len(self._starts):
            if current is not None and not many:
                back = self._way_back(current, run)
                if back is not None:
                    lost += [self._span(skipped) for skipped in range(run, back)]
                    current, run = back, back + 1
                    continue
            if self._size(run) >= MIN_RUN or len(self._starts) == 1:
                if current is not None:
                    starts.append(self._starts[run])
                current = run
            else:
                lost.append(self._span(run))
            run += 1
        return lost, starts

    def _span(self, run: int) -> tuple[int, int]:
        return self._starts[run], self._ends[run]

    def _size(self, run: int) -> int:
        return self._ends[run] - self._starts[run]

    def _way_back(self, current: int, run: int) -> int | None:
        """The first of the next runs that can be reached from the end of `current`."""
        for candidate in range(run, min(run + LOOK_AHEAD, len(self._starts))):
            if self._reachable(self._ends[current] - 1, self._starts[candidate]):
                return candidate
        return None

    def _reachable(self, a: int, b: int) -> bool:
        dt = float(self._t[b] - self._t[a])
        usual = float(self._pace[max(a - 3, 0)]) if len(self._pace) else 0.0
        speed = min(MAX_SPEED_MPS, usual + MAX_ACCELERATION * dt)
        metres = distance_m(
            float(self._lat[a]), float(self._lon[a]), float(self._lat[b]), float(self._lon[b])
        )
        return metres <= speed * dt + NOISE_M
