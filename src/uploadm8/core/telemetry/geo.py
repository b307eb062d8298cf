"""Distances and bearings on the sphere, in blocks so that a million points need little memory."""

import math

import numpy as np

from uploadm8.core.telemetry.track import FloatArray

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG; within 0.5 % of the ellipsoid
_BLOCK = 65_536


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance of two points in degrees."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    h = math.sin((phi2 - phi1) / 2) ** 2
    h += math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def steps_m(lat: FloatArray, lon: FloatArray) -> FloatArray:
    """Distance from each point to the next: one shorter than the input."""
    out = np.empty(max(len(lat) - 1, 0))
    for start in range(0, len(out), _BLOCK):
        phi = np.radians(lat[start : start + _BLOCK + 1])
        lam = np.radians(lon[start : start + _BLOCK + 1])
        h = np.sin(np.diff(phi) / 2) ** 2
        h += np.cos(phi[:-1]) * np.cos(phi[1:]) * np.sin(np.diff(lam) / 2) ** 2
        steps = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
        out[start : start + len(steps)] = steps
    return out


def bearings_deg(lat: FloatArray, lon: FloatArray) -> FloatArray:
    """Initial bearing from each point to the next, degrees true 0..360."""
    out = np.empty(max(len(lat) - 1, 0))
    for start in range(0, len(out), _BLOCK):
        phi = np.radians(lat[start : start + _BLOCK + 1])
        dlam = np.diff(np.radians(lon[start : start + _BLOCK + 1]))
        cos2 = np.cos(phi[1:])
        east = np.sin(dlam) * cos2
        north = np.cos(phi[:-1]) * np.sin(phi[1:]) - np.sin(phi[:-1]) * cos2 * np.cos(dlam)
        bearings = np.degrees(np.arctan2(east, north)) % 360.0
        out[start : start + len(bearings)] = bearings
    return out


def unwrap_degrees(angles: FloatArray) -> FloatArray:
    """The same directions without jumps of a whole turn."""
    steps = np.diff(angles, prepend=angles[:1])
    steps -= 360.0 * np.rint(steps / 360.0)
    if len(steps):
        steps[0] = angles[0]
    return np.cumsum(steps, out=steps)
