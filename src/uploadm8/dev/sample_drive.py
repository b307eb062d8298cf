"""A drive in closed form: speed over time, bends and hills over distance, real coordinates."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_OverTime = Callable[[FloatArray], FloatArray]

TOP_SPEED_MPS = 36.2  # about 130 km/h
ORIGIN = (47.7312, 11.3724)  # foothills of the Alps, degrees north and east
BASE_ALTITUDE_M = 640.0
START_HEADING = np.radians(262.0)  # into the evening sun
LOOKAHEAD_M = 1200.0  # road known beyond the end of the drive, for the horizon
_GRID_M = 0.25
_METRES_PER_DEGREE = np.pi * 6371008.8 / 180.0
_HILLS = ((5.0, 720.0, 0.6), (0.8, 240.0, 2.1))  # amplitude m, wavelength m, phase


@dataclass(frozen=True, slots=True)
class _Bend:
    """A raised-cosine bend: `peak` curvature (1/m, + to the right) at `centre`, `half` long."""

    centre: float
    half: float
    peak: float


class Drive:
    """Speeds and a road, both smooth and known exactly at any time.

    Time runs from -margin to seconds + margin; distance 0 is where the car is at time 0.
    Headings are radians clockwise from north.
    """

    def __init__(self, seconds: float, *, seed: int, margin_s: float = 0.0) -> None:
        rng = np.random.default_rng(seed)
        self._t, self._v, corners = _plan(rng, seconds + 2 * margin_s)
        steps = np.diff(self._t)
        covered = np.concatenate(([0.0], np.cumsum(steps * (self._v[1:] + self._v[:-1]) / 2)))
        self._s = covered
        self._margin = margin_s
        self._s0 = float(self._raw_distance(np.array([margin_s]))[0])
        self._bends = _bends(rng, corners, self._raw_distance, self._raw_speed)
        length = float(covered[-1]) + LOOKAHEAD_M
        self._grid = np.arange(-50.0, length, _GRID_M)
        heading = START_HEADING + self._turned(self._grid)
        self._heading = heading
        self._east = np.cumsum(np.sin(heading)) * _GRID_M
        self._north = np.cumsum(np.cos(heading)) * _GRID_M

    def _raw_speed(self, t: FloatArray) -> FloatArray:
        k, u = self._leg(t)
        speed: FloatArray = self._v[k] + (self._v[k + 1] - self._v[k]) * u * u * (3 - 2 * u)
        return speed

    def _raw_distance(self, t: FloatArray) -> FloatArray:
        k, u = self._leg(t)
        span = self._t[k + 1] - self._t[k]
        rise = self._v[k + 1] - self._v[k]
        distance: FloatArray = self._s[k] + span * (self._v[k] * u + rise * (u**3 - u**4 / 2))
        return distance

    def _leg(self, t: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
        k = np.clip(np.searchsorted(self._t, t, side="right") - 1, 0, len(self._t) - 2)
        return k, np.clip((t - self._t[k]) / (self._t[k + 1] - self._t[k]), 0.0, 1.0)

    def _turned(self, s: FloatArray) -> FloatArray:
        total = np.zeros_like(s)
        for bend in self._bends:
            u = np.clip((s - bend.centre) / bend.half, -1.0, 1.0)
            total += bend.peak * bend.half / 2 * (u + 1 + np.sin(np.pi * u) / np.pi)
        return total

    def speed(self, t: FloatArray) -> FloatArray:
        """Speed in m/s at times in seconds."""
        return self._raw_speed(t + self._margin)

    def distance(self, t: FloatArray) -> FloatArray:
        """Metres along the road at times in seconds, 0 at time 0."""
        return self._raw_distance(t + self._margin) - self._s0

    def heading(self, s: FloatArray) -> FloatArray:
        """Radians clockwise from north at metres along the road, unwrapped."""
        heading: FloatArray = np.interp(s + self._s0, self._grid, self._heading)
        return heading

    def plan(self, s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Metres east and north of an arbitrary origin at metres along the road."""
        raw = s + self._s0
        return np.interp(raw, self._grid, self._east), np.interp(raw, self._grid, self._north)

    def altitude(self, s: FloatArray) -> FloatArray:
        """Metres above the sea at metres along the road."""
        raw = s + self._s0
        z = np.full_like(raw, BASE_ALTITUDE_M)
        for amplitude, wavelength, phase in _HILLS:
            z += amplitude * np.sin(2 * np.pi * raw / wavelength + phase)
        return z

    def coordinates(self, s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Latitude and longitude in degrees at metres along the road."""
        east, north = self.plan(s)
        latitude = ORIGIN[0] + north / _METRES_PER_DEGREE
        return latitude, ORIGIN[1] + east / (_METRES_PER_DEGREE * np.cos(np.radians(ORIGIN[0])))


def _plan(
    rng: np.random.Generator, seconds: float
) -> tuple[FloatArray, FloatArray, list[tuple[float, bool]]]:
    """Knots of time and speed, and (time, whether tight) of each bend."""
    times, speeds = [0.0], [13.0]
    corners: list[tuple[float, bool]] = [(rng.uniform(3.0, 4.5), False)]
    top = TOP_SPEED_MPS
    while times[-1] < seconds + 1:
        slow = rng.uniform(12.0, 20.0)
        start = times[-1]
        for target, hardest in ((top, 3.7), (top - rng.uniform(0.5, 3.0), 0.9), (slow, 7.0)):
            needed = 1.5 * abs(target - speeds[-1]) / hardest
            times.append(times[-1] + max(needed, rng.uniform(0.8, 4.0)))
            speeds.append(target)
        if start:
            swerves = np.sort(rng.uniform(start, times[-1] - 3.0, int(rng.integers(0, 4))))
            corners += [(float(when), False) for when in swerves]
        corners.append((times[-1] + rng.uniform(0.2, 0.6), True))
        times.append(times[-1] + rng.uniform(1.2, 3.5))
        speeds.append(slow + rng.uniform(-2.0, 3.0))
        top = rng.uniform(20.0, TOP_SPEED_MPS)
    return np.array(times), np.array(speeds), corners


def _bends(
    rng: np.random.Generator,
    corners: list[tuple[float, bool]],
    distance: _OverTime,
    speed: _OverTime,
) -> tuple[_Bend, ...]:
    """Bends as sharp as the speed there allows: up to 0.2 g when fast, 0.5 g in slow corners."""
    bends = []
    for when, tight in corners:
        at = np.array([when])
        centre, v = float(distance(at)[0]), float(speed(at)[0])
        pull = rng.uniform(3.4, 5.0) if tight else rng.uniform(0.8, 2.2)
        half = v * (rng.uniform(1.8, 3.2) if tight else rng.uniform(1.4, 4.2))
        side = 1.0 if rng.random() < 0.5 else -1.0
        bends.append(_Bend(centre, half, side * pull / v**2))
    return tuple(bends)
