"""Grade, vertical speed and climbing from altitude, smoothed hard: GPS altitude is noisy."""

import numpy as np

from uploadm8.core.telemetry.smooth import even_grid, pieces, running_median, savgol
from uploadm8.core.telemetry.track import Channel, Column, FloatArray, Provenance, Track

SMOOTH_S = 10.0
FINEST_S = 0.5
GRADE_OVER_M = 30.0  # length of way that a grade is measured over
GRADE_MIN_MPS = 2.0
MAX_GRADE = 45.0  # percent; steeper is an altitude error
HYSTERESIS_M = 3.0
_BLOCK = 65_536


def add_height(track: Track) -> Track:
    """Add grade and vertical speed where altitude is known."""
    if Channel.ALTITUDE not in track or len(track) < 3:
        return track
    columns: dict[Channel, Column] = {}
    smooth, rising = smooth_altitude(track)
    if Channel.VERTICAL_SPEED not in track:
        columns[Channel.VERTICAL_SPEED] = Column(rising, ~np.isnan(rising), Provenance.DERIVED)
    if Channel.GRADE not in track and {Channel.DISTANCE, Channel.SPEED} <= set(track.columns):
        grade = _grade(track, smooth)
        columns[Channel.GRADE] = Column(grade, ~np.isnan(grade), Provenance.DERIVED)
    return track.with_columns({c: col for c, col in columns.items() if col.valid.any()})


def smooth_altitude(track: Track) -> tuple[FloatArray, FloatArray]:
    """Altitude without noise and its change in m/s, at every row; NaN where not known."""
    column = track.columns[Channel.ALTITUDE]
    smooth = np.full(len(track), np.nan)
    rising = np.full(len(track), np.nan)
    for look, fill in pieces(track.t, track.spans(), 2 * SMOOTH_S):
        rows = np.flatnonzero(column.valid[look]) + look.start
        inner = rows[(rows >= fill.start) & (rows < fill.stop)]
        if len(rows) < 3:
            smooth[inner] = column.values[inner]
            continue
        t = track.t[rows]
        grid, dt = even_grid(t, FINEST_S)
        level = running_median(np.interp(grid, t, column.values[rows]))
        smooth[inner] = np.interp(track.t[inner], grid, savgol(level, SMOOTH_S, dt))
        slope = savgol(level, SMOOTH_S, dt, derivative=1)
        rising[inner] = np.interp(track.t[inner], grid, slope)
    return smooth, rising


def _grade(track: Track, smooth: FloatArray) -> FloatArray:
    speed = track.columns[Channel.SPEED]
    distance = track.columns[Channel.DISTANCE]
    out = np.full(len(track), np.nan)
    for start, stop in track.spans():
        known = distance.valid[start:stop] & ~np.isnan(smooth[start:stop])
        rows = slice(start, stop) if known.all() else np.flatnonzero(known) + start
        way, level = distance.values[rows], smooth[rows]
        if len(way) < 2 or way[-1] - way[0] < GRADE_OVER_M:
            continue
        grade = out[rows]
        for first in range(0, len(way), _BLOCK):
            block = slice(first, first + _BLOCK)
            behind = np.clip(way[block] - GRADE_OVER_M / 2, way[0], way[-1] - GRADE_OVER_M)
            rise = np.interp(behind + GRADE_OVER_M, way, level) - np.interp(behind, way, level)
            grade[block] = 100.0 * rise / GRADE_OVER_M
        out[rows] = grade
    with np.errstate(invalid="ignore"):
        out[~(speed.valid & (speed.values >= GRADE_MIN_MPS))] = np.nan
        out[(out > MAX_GRADE) | (out < -MAX_GRADE)] = np.nan
    return out


def climbed(
    track: Track, start_s: float = -np.inf, end_s: float = np.inf
) -> tuple[float, float] | None:
    """Metres gained and lost between two times, ignoring swings below the hysteresis.

    None without altitude.
    """
    if Channel.ALTITUDE not in track:
        return None
    smooth, _ = smooth_altitude(track)
    gain = loss = 0.0
    for start, stop in track.spans():
        part, t = smooth[start:stop], track.t[start:stop]
        heights = part[~np.isnan(part) & (t >= start_s) & (t <= end_s)].tolist()
        anchor = heights[0] if heights else 0.0
        for height in heights:
            if abs(height - anchor) >= HYSTERESIS_M:
                gain += max(height - anchor, 0.0)
                loss += max(anchor - height, 0.0)
                anchor = height
    return gain, loss
