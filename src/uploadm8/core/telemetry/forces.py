"""g-forces and lean from speed and course, with zero-lag slopes; signs of measured ones checked."""

import numpy as np

from uploadm8.core.telemetry.smooth import even_grid, pieces, savgol
from uploadm8.core.telemetry.track import Channel, Column, FloatArray, Provenance, Track

GRAVITY = 9.80665
SLOPE_S = 1.0  # window of the slope of a measured speed or course
SLOPE_FROM_POSITIONS_S = 3.0
SPARSEST_S = 2.0  # rows further apart say nothing about forces
MAX_G = 3.0
OPPOSED = -0.5  # cosine below which a measured channel is believed to be mirrored
MOVING_MPS = 1.5


def add_forces(track: Track) -> Track:
    """Add g_long, g_lat and lean if speed (and course) are known often enough.

    A measured g-force keeps its values, but is mirrored if it clearly opposes speed and course:
    phones and loggers are mounted every way around.
    """
    speed = track.columns.get(Channel.SPEED)
    if speed is None or len(track) < 3 or float(np.median(np.diff(track.t))) > SPARSEST_S:
        return track
    columns = dict(track.columns)
    forward = _slope(track, Channel.SPEED, speed.values)
    forward /= GRAVITY
    _gate(forward)
    _add(columns, Channel.G_LONG, forward)
    course = track.columns.get(Channel.COURSE)
    if course is not None:
        sideways = _slope(track, Channel.COURSE, course.values)
        np.radians(sideways, out=sideways)
        sideways *= speed.values
        sideways /= GRAVITY
        with np.errstate(invalid="ignore"):
            sideways[speed.values < MOVING_MPS] = 0.0
        _gate(sideways)
        _add(columns, Channel.G_LAT, sideways)
        lean = np.arctan(sideways)
        _add(columns, Channel.LEAN, np.degrees(lean, out=lean))
    return track.with_columns(columns)


def _gate(g: FloatArray) -> None:
    with np.errstate(invalid="ignore"):
        g[(g > MAX_G) | (g < -MAX_G)] = np.nan


def _add(columns: dict[Channel, Column], channel: Channel, derived: FloatArray) -> None:
    measured = columns.get(channel)
    if measured is not None:
        if _opposed(measured, derived):
            columns[channel] = Column(-measured.values, measured.valid, measured.provenance)
        return
    valid = ~np.isnan(derived)
    if valid.any():
        columns[channel] = Column(derived, valid, Provenance.DERIVED)


def _opposed(measured: Column, derived: FloatArray) -> bool:
    both = measured.valid & ~np.isnan(derived)
    if both.sum() < 20:
        return False
    a, b = measured.values[both], derived[both]
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return scale > 1e-9 and float(a @ b) / scale < OPPOSED


def _slope(track: Track, channel: Channel, values: FloatArray) -> FloatArray:
    """Change per second of a column at every row, within segments; degrees are unwrapped."""
    column = track.columns[channel]
    derived = column.provenance is Provenance.DERIVED
    window = SLOPE_FROM_POSITIONS_S if derived else SLOPE_S
    out = np.full(len(track), np.nan)
    for look, fill in pieces(track.t, track.spans(), window):
        rows = np.flatnonzero(column.valid[look]) + look.start
        if len(rows) < 3:
            continue
        t, y = track.t[rows], values[rows]
        if channel is Channel.COURSE:
            y = np.unwrap(y, period=360.0)
        grid, dt = even_grid(t)
        slope = savgol(np.interp(grid, t, y), window, dt, derivative=1)
        inner = rows[(rows >= fill.start) & (rows < fill.stop)]
        out[inner] = np.interp(track.t[inner], grid, slope)
    return out
