"""Where one is between two fixes: a smooth curve through them, anywhere on the sphere.

The curve is a cubic Hermite spline over time through unit vectors, so neither the date line nor a
pole is special. Its tangents are those of the parabola through three fixes (Catmull-Rom for uneven
times), shortened so that a straight way is never overshot and a standing one never left.
"""

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.track import BoolArray, FloatArray

_LIMIT = 3.0  # a tangent this many times the slower leg still goes nowhere twice (Fritsch, Carlson)
_REPEATED_SHARE = 0.5  # more equal neighbours than this come from a receiver slower than the log
_STANDING_S = 2.5  # equal positions for longer are a stop

IntArray = NDArray[np.int64]


def fresh_fixes(t: FloatArray, lat: FloatArray, lon: FloatArray) -> IntArray:
    """Rows that hold a new position, where a receiver slower than the log repeats its last one.

    A stop keeps all its rows: there the position is known to stay.
    """
    rows = np.arange(len(t))
    if len(t) < 3:
        return rows
    same = (lat[1:] == lat[:-1]) & (lon[1:] == lon[:-1])
    if same.mean() <= _REPEATED_SHARE:
        return rows
    first = np.flatnonzero(np.concatenate(([True], ~same)))
    after = np.concatenate((first[1:], [len(t)]))
    brief = t[np.minimum(after, len(t) - 1)] - t[first] <= _STANDING_S
    keep = ~np.repeat(brief, after - first)
    keep[first] = True
    return rows[keep]


def along_curve(
    t: FloatArray,
    lat: FloatArray,
    lon: FloatArray,
    joined: BoolArray,
    left: IntArray,
    times: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Latitude and longitude at times between fixes.

    Args:
        t: of the fixes, increasing.
        lat: degrees.
        lon: degrees.
        joined: whether each fix is joined to the next, one shorter than `t`.
        left: for each time the fix before it, which must be joined to the next.
        times: seconds, of any order.
    """
    if not len(left):
        return np.empty(0), np.empty(0)
    low, high = max(int(left.min()) - 1, 0), min(int(left.max()) + 3, len(t))
    at, points = t[low:high], _unit_vectors(lat[low:high], lon[low:high])
    tangents = _tangents(at, points, joined[low : high - 1])
    i = left - low
    span = at[i + 1] - at[i]
    u = ((times - at[i]) / span)[:, None]
    step = span[:, None]
    # Cubic Hermite basis, grouped by how far the curve has gone.
    curve = (
        points[i]
        + (points[i + 1] - points[i]) * (u * u * (3.0 - 2.0 * u))
        + tangents[i] * (step * u * (1.0 - u) ** 2)
        - tangents[i + 1] * (step * u * u * (1.0 - u))
    )
    x, y, z = curve.T
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def _unit_vectors(lat: FloatArray, lon: FloatArray) -> FloatArray:
    phi, lam = np.radians(lat), np.radians(lon)
    return np.stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)), axis=1)


def _tangents(t: FloatArray, points: FloatArray, joined: BoolArray) -> FloatArray:
    """Velocity at every fix, per second."""
    dt = np.where(joined, np.diff(t), 1.0)[:, None]
    legs = np.where(joined[:, None], np.diff(points, axis=0) / dt, 0.0)
    tangents = np.zeros_like(points)
    before, after = np.zeros(len(t), np.bool_), np.zeros(len(t), np.bool_)
    before[1:], after[:-1] = joined, joined
    inner = np.flatnonzero(before & after)
    tangents[inner] = (dt[inner] * legs[inner - 1] + dt[inner - 1] * legs[inner]) / (
        dt[inner - 1] + dt[inner]
    )
    speed = np.linalg.norm(legs, axis=1)
    tangents[inner] = _shortened(tangents[inner], np.minimum(speed[inner - 1], speed[inner]))
    begins, ends = np.flatnonzero(after & ~before), np.flatnonzero(before & ~after)
    # A free end turns on as it came: the parabola through the leg and the tangent at its far end.
    alone = (begins + 1 == ends)[:, None]
    first, last = legs[begins], legs[ends - 1]
    free = np.where(alone, first, 1.5 * first - 0.5 * tangents[begins + 1])
    final = np.where(alone, last, 1.5 * last - 0.5 * tangents[ends - 1])
    tangents[begins] = _shortened(free, speed[begins])
    tangents[ends] = _shortened(final, speed[ends - 1])
    return tangents


def _shortened(tangents: FloatArray, slower: FloatArray) -> FloatArray:
    length = np.linalg.norm(tangents, axis=1)
    limit = _LIMIT * slower
    factor = np.where(length > limit, limit / np.where(length > 0.0, length, 1.0), 1.0)
    shortened: FloatArray = tangents * factor[:, None]
    return shortened
