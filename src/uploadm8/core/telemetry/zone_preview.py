"""Privacy zones over what was kept for showing before the zones were drawn."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from uploadm8.core.telemetry.geo import EARTH_RADIUS_M
from uploadm8.core.telemetry.track import BoolArray, Channel, FloatArray
from uploadm8.core.telemetry.zones import Zone, in_zones

Json = dict[str, Any]


def hide_in_summary(facts: Json, zones: Sequence[Zone]) -> Json:
    """The facts of a track, without a first or last place that lies inside a zone."""
    return {**facts, **{end: _shown(facts.get(end), zones) for end in ("first", "last")}}


def hide_in_preview(preview: Json, zones: Sequence[Zone]) -> Json:
    """A preview without positions inside the zones, interrupted wherever a line would cross one."""
    hidden = {**preview, "geojson": hide_in_geojson(preview["geojson"], zones)}
    channels = preview["channels"]
    lat, lon = channels.get(Channel.LAT.value), channels.get(Channel.LON.value)
    if not zones or lat is None or lon is None:
        return hidden
    place = np.array([lat, lon], dtype=np.float64)
    inside = in_zones(place[0], place[1], zones)
    rows = np.flatnonzero(~np.isnan(place).any(axis=0))
    cut = rows[1:][_crossing(place[0, rows], place[1, rows], zones)]
    hidden["channels"] = {
        name: [None if gone else value for value, gone in zip(values, inside, strict=True)]
        if name in (Channel.LAT.value, Channel.LON.value)
        else values
        for name, values in channels.items()
    }
    hidden["segment_starts"] = sorted({*preview["segment_starts"], *cut.tolist()})
    return hidden


def hide_in_geojson(feature: Json, zones: Sequence[Zone]) -> Json:
    """A GeoJSON Feature as `preview.geojson` makes it, with no line into, out of or over a zone."""
    geometry = feature["geometry"]
    if geometry is None or not zones:
        return feature
    if geometry["type"] == "Point":
        lon, lat = geometry["coordinates"]
        return {
            **feature,
            "geometry": geometry if _shown({"lat": lat, "lon": lon}, zones) else None,
        }
    lines = [
        part.tolist() for line in geometry["coordinates"] for part in _parts(np.array(line), zones)
    ]
    shown = {"type": "MultiLineString", "coordinates": lines} if lines else None
    return {**feature, "geometry": shown}


def _shown(place: Json | None, zones: Sequence[Zone]) -> Json | None:
    if place is None:
        return None
    lat, lon = np.array([place["lat"]]), np.array([place["lon"]])
    return None if in_zones(lat, lon, zones)[0] else place


def _parts(line: FloatArray, zones: Sequence[Zone]) -> list[FloatArray]:
    """What is left of a line of (longitude, latitude), two points at least in each part."""
    lon, lat = line.T
    inside = in_zones(lat, lon, zones)
    cut = np.flatnonzero(_crossing(lat, lon, zones)) + 1
    pieces = zip(np.split(line, cut), np.split(inside, cut), strict=True)
    visible = [piece[~gone] for piece, gone in pieces]
    return [piece for piece in visible if len(piece) > 1]


def _crossing(lat: FloatArray, lon: FloatArray, zones: Sequence[Zone]) -> BoolArray:
    """Whether the straight line from each point to the next touches a zone."""
    crossing = np.zeros(max(len(lat) - 1, 0), dtype=np.bool_)
    for zone in zones:
        # Metres around the centre: a zone is small, so a plane will do.
        east = (lon - zone.lon + 180.0) % 360.0 - 180.0
        scale = np.radians(1.0) * EARTH_RADIUS_M
        x, y = east * scale * np.cos(np.radians(zone.lat)), (lat - zone.lat) * scale
        dx, dy = np.diff(x), np.diff(y)
        length = np.maximum(dx * dx + dy * dy, 1e-9)
        nearest = np.clip(-(x[:-1] * dx + y[:-1] * dy) / length, 0.0, 1.0)
        distance = np.hypot(x[:-1] + nearest * dx, y[:-1] + nearest * dy)
        crossing |= distance <= zone.radius_m
    return crossing
