"""Camera Motion Metadata (CAMM), the GPS of street-view and Android 360 degree cameras."""

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.mp4.movie import Movie, MovieTrack
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.track import Channel, Clock, FloatArray

CODEC = "camm"
_GPS_EPOCH = 315_964_800.0  # 1980-01-06
_LEAP_SECONDS = 18.0  # GPS time minus UTC since 2017
_UNIX_ABOVE = 1.55e9  # some writers give Unix time where GPS time is asked for

_POSITION = np.dtype([("head", "<u2", 2), ("lat", "<f8"), ("lon", "<f8"), ("alt", "<f8")])
_GPS = np.dtype(
    [
        ("head", "<u2", 2),
        ("time", "<f8"),
        ("fix", "<i4"),
        ("lat", "<f8"),
        ("lon", "<f8"),
        ("alt", "<f4"),
        ("accuracy", "<f4", 2),
        ("east", "<f4"),
        ("north", "<f4"),
        ("up", "<f4"),
        ("speed_accuracy", "<f4"),
    ]
)
_LAYOUTS = {5: _POSITION, 6: _GPS}


def camm_track(movie: Movie, track: MovieTrack) -> RawTrack:
    """Full GPS packets (type 6) where there are any, else plain positions (type 5).

    Raises:
        TelemetryError: telemetry_no_position when there is neither.
    """
    samples = track.samples()
    packets: dict[int, list[bytes]] = {5: [], 6: []}
    times: dict[int, list[float]] = {5: [], 6: []}
    for when, block in zip(samples.times.tolist(), movie.read(samples), strict=True):
        kind = int.from_bytes(block[2:4], "little")
        if kind in _LAYOUTS and len(block) >= _LAYOUTS[kind].itemsize:
            packets[kind].append(block[: _LAYOUTS[kind].itemsize])
            times[kind].append(when)
    for kind in (6, 5):
        if packets[kind]:
            rows = np.frombuffer(b"".join(packets[kind]), _LAYOUTS[kind])
            return _track(rows, np.array(times[kind]))
    raise telemetry_error(Problem.NO_POSITION, "The motion track of the video has no positions.")


def _track(rows: NDArray[np.void], t: FloatArray) -> RawTrack:
    columns = {
        Channel.LAT: _column(rows, "lat"),
        Channel.LON: _column(rows, "lon"),
        Channel.ALTITUDE: _column(rows, "alt"),
    }
    no_fix = (columns[Channel.LAT] == 0) & (columns[Channel.LON] == 0)
    start = None
    if rows.dtype == _GPS:
        east, north = _column(rows, "east"), _column(rows, "north")
        columns[Channel.SPEED] = np.hypot(east, north)
        columns[Channel.COURSE] = np.degrees(np.arctan2(east, north)) % 360.0
        columns[Channel.VERTICAL_SPEED] = _column(rows, "up")
        columns[Channel.FIX] = _column(rows, "fix")
        no_fix |= columns[Channel.FIX] == 0
        utc = _column(rows, "time")
        utc = np.where(utc > _UNIX_ABOVE, utc, utc + _GPS_EPOCH - _LEAP_SECONDS)
        known = (utc - t)[~no_fix & (utc > _GPS_EPOCH)]
        start = float(np.median(known)) if len(known) else None
    return RawTrack(
        format="camm",
        t=t,
        columns=columns,
        clock=Clock.VIDEO,
        start_utc=start,
        altitude_datum="wgs84",
        no_fix=no_fix,
    )


def _column(rows: NDArray[np.void], name: str) -> FloatArray:
    values: FloatArray = rows[name].astype(np.float64)
    values[~np.isfinite(values) | (np.abs(values) > 1e12)] = np.nan
    return values
