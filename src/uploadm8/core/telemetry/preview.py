"""What people and charts are shown of a track: a summary, thinned channels, GeoJSON.

Everything here is plain JSON: an absent value is None, and no NaN ever leaves.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.height import climbed
from uploadm8.core.telemetry.track import Channel, Clock, Column, Track

Json = dict[str, Any]

_FEWEST = 4  # first, fastest, slowest and last row
_DIGITS = {Channel.LAT: 7, Channel.LON: 7}


def summary(track: Track) -> Json:
    """The facts of a track; `uploadm8 inspect --json` and the API both give exactly this.

    `points` are the points found in the file, `valid_points` those whose position can be used.
    """
    speed = _valid(track, Channel.SPEED)
    altitude = _valid(track, Channel.ALTITUDE)
    distance = _valid(track, Channel.DISTANCE)
    climb = climbed(track)
    timed = track.clock is not Clock.NONE and len(track) > 0
    positions = _positions(track)
    return {
        "format": track.format,
        "points": track.quality.points_read,
        "valid_points": len(positions),
        "dropped": dict(track.quality.dropped),
        "segments": len(track.segments) if len(track) else 0,
        "gaps": track.quality.gaps,
        "clock": track.clock.value,
        "duration_s": round(track.duration_s, 3) if timed else None,
        "start_utc": _utc(track),
        "rate_hz": _rounded(track.quality.rate_hz, 3),
        "max_speed_mps": _rounded(speed.max() if len(speed) else None, 3),
        "mean_speed_mps": _mean_speed(track),
        "distance_m": _rounded(distance.max() if len(distance) else None, 1),
        "altitude_min_m": _rounded(altitude.min() if len(altitude) else None, 2),
        "altitude_max_m": _rounded(altitude.max() if len(altitude) else None, 2),
        "altitude_datum": track.quality.altitude_datum if len(altitude) else None,
        "altitude_gain_m": _rounded(climb[0] if climb else None, 1),
        "altitude_loss_m": _rounded(climb[1] if climb else None, 1),
        "first": _place(track, positions[:1]),
        "last": _place(track, positions[-1:]),
        "channels": [channel.value for channel in Channel if channel in track],
        "provenance": {
            channel.value: track.columns[channel].provenance.value
            for channel in Channel
            if channel in track
        },
        "warnings": list(track.quality.warnings),
    }


def preview(track: Track, max_points: int = 1_000) -> Json:
    """At most `max_points` (4 or more) rows of every channel on one time axis, peaks kept.

    Returns:
        `t` (seconds on the track's clock), `channels` (lists as long as `t`, None where a value
        is not known) and `segment_starts` (indices into `t`).
    """
    rows = _thinned(track, max(max_points, _FEWEST))
    starts = np.searchsorted(rows, np.asarray(track.segments))
    return {
        "clock": track.clock.value,
        "t": [round(t, 3) for t in track.t[rows].tolist()],
        "channels": {
            channel.value: _cells(channel, track.columns[channel], rows)
            for channel in Channel
            if channel in track
        },
        "segment_starts": sorted({int(start) for start in starts if start < len(rows)}),
    }


def geojson(track: Track, max_points: int = 5_000) -> Json:
    """A GeoJSON Feature (RFC 7946): one line per segment, broken where it crosses 180 degrees."""
    rows = _thinned(track, max(max_points, _FEWEST))
    lines = _lines(track, rows)
    long_enough = [line for line in lines if len(line) > 1]
    geometry: Json | None = None
    if long_enough:
        geometry = {"type": "MultiLineString", "coordinates": long_enough}
    elif lines:
        geometry = {"type": "Point", "coordinates": lines[0][0]}
    facts = summary(track)
    kept = ("format", "start_utc", "duration_s", "distance_m", "max_speed_mps")
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {key: facts[key] for key in kept},
    }


def _valid(track: Track, channel: Channel) -> NDArray[np.float64]:
    column = track.columns.get(channel)
    return np.empty(0) if column is None else column.values[column.valid]


def _positions(track: Track) -> NDArray[np.int64]:
    column = track.columns.get(Channel.LAT)
    return np.empty(0, np.int64) if column is None else np.flatnonzero(column.valid)


def _place(track: Track, row: NDArray[np.int64]) -> Json | None:
    if not len(row):
        return None
    lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
    return {
        "lat": round(float(lat.values[row[0]]), 7),
        "lon": round(float(lon.values[row[0]]), 7),
    }


def _utc(track: Track) -> str | None:
    """RFC 3339 time of the first row."""
    if track.start_utc is None:
        return None
    first = float(track.t[0]) if len(track) else 0.0
    moment = datetime.fromtimestamp(round(track.start_utc + first, 3), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _mean_speed(track: Track) -> float | None:
    distance = _valid(track, Channel.DISTANCE)
    seconds = sum(float(track.t[stop - 1] - track.t[start]) for start, stop in track.spans())
    seconds += sum(float(track.t[hole] - track.t[hole - 1]) for hole in track.holes)
    if not len(distance) or track.clock is Clock.NONE or seconds <= 0.0:
        return None
    return round(float(distance.max()) / seconds, 3)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)


def _cells(channel: Channel, column: Column, rows: NDArray[np.int64]) -> list[float | None]:
    digits = _DIGITS.get(channel, 3)
    values, valid = column.values[rows].tolist(), column.valid[rows].tolist()
    return [round(v, digits) if ok else None for v, ok in zip(values, valid, strict=True)]


def _thinned(track: Track, most: int) -> NDArray[np.int64]:
    """Rows to show: of each stretch its first, fastest and slowest, and the very last."""
    count = len(track)
    if count <= most:
        return np.arange(count)
    stretches = max((most - 1) // 3, 1)
    edges = np.linspace(0, count, stretches + 1).astype(np.int64)[:-1]
    chosen = [edges, np.array([count - 1])]
    speed = track.columns.get(Channel.SPEED)
    if speed is not None:
        known = np.where(speed.valid, speed.values, -1.0)
        chosen += [_extreme(known, edges), _extreme(-known, edges)]
    return np.unique(np.concatenate(chosen))


def _extreme(values: NDArray[np.float64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    ends = [*edges[1:].tolist(), len(values)]
    return np.array(
        [a + int(values[a:b].argmax()) for a, b in zip(edges.tolist(), ends, strict=True)],
        dtype=np.int64,
    )


def _lines(track: Track, rows: NDArray[np.int64]) -> list[list[list[float]]]:
    if Channel.LAT not in track:
        return []
    lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
    rows = rows[lat.valid[rows]]
    segment = np.searchsorted(np.asarray(track.segments), rows, side="right")
    where = np.round(np.stack((lon.values[rows], lat.values[rows]), axis=1), 7)
    cut = (np.diff(segment) != 0) | (np.abs(np.diff(where[:, 0])) > 180.0)
    return [part.tolist() for part in np.split(where, np.flatnonzero(cut) + 1) if len(part)]
