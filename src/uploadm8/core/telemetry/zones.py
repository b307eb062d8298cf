"""Privacy zones: inside them a track has no position, and no line leads through them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from uploadm8.core.telemetry.geo import EARTH_RADIUS_M
from uploadm8.core.telemetry.track import BoolArray, Channel, Column, FloatArray, Track


@dataclass(frozen=True, slots=True)
class Zone:
    """A circle on the ground: centre in degrees, radius in metres."""

    lat: float
    lon: float
    radius_m: float


def hide_zones(track: Track, zones: Sequence[Zone]) -> Track:
    """The same track without any position inside the zones.

    The values are wiped, not only marked invalid. The track is interrupted at each border, so
    that neither a map nor an interpolation joins entry and exit by a line through the zone.
    Speed and all other channels stay.
    """
    if Channel.LAT not in track or not zones:
        return track
    lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
    hidden = lat.valid & in_zones(lat.values, lon.values, zones)
    if not hidden.any():
        return track
    kept = lat.valid & ~hidden
    rows = np.flatnonzero(lat.valid)
    borders = rows[1:][np.diff(hidden[rows].astype(np.int8)) != 0]
    return replace(
        track,
        columns={
            **track.columns,
            Channel.LAT: Column(np.where(kept, lat.values, np.nan), kept, lat.provenance),
            Channel.LON: Column(np.where(kept, lon.values, np.nan), kept, lon.provenance),
        },
        segments=tuple(sorted({*track.segments, *borders.tolist()})),
    )


def in_zones(lat: FloatArray, lon: FloatArray, zones: Sequence[Zone]) -> BoolArray:
    """Whether each position, in degrees, lies inside any of the zones; NaN lies in none."""
    inside = np.zeros(len(lat), dtype=np.bool_)
    phi = np.radians(lat)
    for zone in zones:
        centre = np.radians(zone.lat)
        with np.errstate(invalid="ignore"):
            h = np.sin((phi - centre) / 2) ** 2
            h += np.cos(phi) * np.cos(centre) * np.sin(np.radians(lon - zone.lon) / 2) ** 2
            limit = np.sin(min(zone.radius_m / (2 * EARTH_RADIUS_M), np.pi / 2)) ** 2
            inside |= h <= limit
    return inside
