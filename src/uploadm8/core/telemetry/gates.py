"""Gates: what a value can be at all, what a receiver without a fix may say, what can be reached."""

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.report import Report
from uploadm8.core.telemetry.teleports import MAX_ACCELERATION, find_teleports
from uploadm8.core.telemetry.track import BoolArray, Channel, FloatArray

# What a value can be at all; outside it is a sensor or unit error, and absent.
_RANGES: dict[Channel, tuple[float, float]] = {
    Channel.LAT: (-90.0, 90.0),
    Channel.LON: (-180.0, 180.0),
    Channel.ALTITUDE: (-1_000.0, 20_000.0),
    Channel.SPEED: (0.0, 150.0),
    Channel.COURSE: (-360.0, 360.0),
    Channel.DISTANCE: (0.0, 1e8),
    Channel.G_LONG: (-10.0, 10.0),
    Channel.G_LAT: (-10.0, 10.0),
    Channel.G_VERT: (-20.0, 20.0),
    Channel.LEAN: (-90.0, 90.0),
    Channel.GRADE: (-100.0, 100.0),
    Channel.VERTICAL_SPEED: (-150.0, 150.0),
    Channel.HEART_RATE: (20.0, 250.0),
    Channel.CADENCE: (0.0, 300.0),
    Channel.POWER: (0.0, 5_000.0),
    Channel.TEMPERATURE: (-60.0, 150.0),
    Channel.RPM: (0.0, 30_000.0),
    Channel.THROTTLE: (0.0, 100.0),
    Channel.BRAKE: (0.0, 100.0),
    Channel.GEAR: (-1.0, 30.0),
    Channel.LAP: (-1e6, 1e6),
    Channel.SATELLITES: (0.0, 200.0),
    Channel.HDOP: (0.0, 10_000.0),
    Channel.FIX: (0.0, 9.0),
}
# A strap that is not worn, or was never paired, reads 0.
_ZERO_IS_ABSENT = {Channel.HEART_RATE}
_FROM_FIX = (Channel.LAT, Channel.LON, Channel.ALTITUDE, Channel.SPEED, Channel.COURSE)
_POSITION = (Channel.LAT, Channel.LON)
MAX_HDOP = 10.0

Columns = dict[Channel, FloatArray]


def gate_ranges(columns: Columns, report: Report) -> None:
    """Blank every value outside what its channel can be, and positions at exactly 0, 0."""
    for channel, values in columns.items():
        low, high = _RANGES[channel]
        if channel in _ZERO_IS_ABSENT:
            values[values == 0.0] = np.nan
        with np.errstate(invalid="ignore"):
            wrong = ~((values >= low) & (values <= high))
        present = int((wrong & ~np.isnan(values)).sum())
        if channel in _POSITION:
            report.drop("out_of_range", present)
        elif present:
            report.warn(
                f"{present} impossible values of {channel.value.replace('_', ' ')} ignored."
            )
        values[wrong] = np.nan
    if Channel.COURSE in columns:
        columns[Channel.COURSE] %= 360.0
    if not all(channel in columns for channel in _POSITION):
        for channel in _POSITION:
            columns.pop(channel, None)
        return
    lat, lon = columns[Channel.LAT], columns[Channel.LON]
    nowhere = (lat == 0.0) & (lon == 0.0)
    report.drop("zero_position", int(nowhere.sum()))
    lost = nowhere | np.isnan(lat) | np.isnan(lon)
    lat[lost] = np.nan
    lon[lost] = np.nan


def gate_fix(columns: Columns, no_fix: BoolArray | None, report: Report) -> None:
    """Without a fix a receiver repeats or invents: position, speed, course and altitude go."""
    if no_fix is None or not no_fix.any():
        return
    report.drop("no_fix", int(no_fix.sum()))
    for channel in _FROM_FIX:
        if channel in columns:
            columns[channel][no_fix] = np.nan


def gate_speed_spikes(t: FloatArray, columns: Columns, report: Report) -> None:
    """Blank single speeds that would need an impossible acceleration there and back."""
    speed = columns.get(Channel.SPEED)
    if speed is None:
        return
    rows = np.flatnonzero(~np.isnan(speed))
    if len(rows) < 3:
        return
    v, at = speed[rows], t[rows]
    allowed = MAX_ACCELERATION * np.diff(at) + 3.0
    up, down = np.diff(v)[:-1], np.diff(v)[1:]
    spike = (np.abs(up) > allowed[:-1]) & (np.abs(down) > allowed[1:]) & (up * down < 0)
    report.drop("speed_spike", int(spike.sum()))
    speed[rows[1:-1][spike]] = np.nan


def gate_teleports(
    t: FloatArray, columns: Columns, segment: NDArray[np.int32], report: Report
) -> NDArray[np.int32]:
    """Blank positions out of reach; returns segment numbers with the interruptions added."""
    if Channel.LAT not in columns:
        return segment
    lat, lon = columns[Channel.LAT], columns[Channel.LON]
    rows = np.flatnonzero(~np.isnan(lat))
    known: slice | NDArray[np.int64] = slice(None) if len(rows) == len(t) else rows  # no copies
    jumps = find_teleports(t[known], lat[known], lon[known])
    lost = rows[jumps.dropped]
    hdop = columns.get(Channel.HDOP)
    poor = 0
    if hdop is not None and len(lost):
        with np.errstate(invalid="ignore"):
            poor = int((hdop[lost] > MAX_HDOP).sum())
    report.drop("poor_dop", poor)
    report.drop("teleport", len(lost) - poor)
    for channel in _FROM_FIX:
        if channel in columns:
            columns[channel][lost] = np.nan
    if not len(jumps.starts):
        return segment
    report.warn("The position jumps impossibly far in places; the track is interrupted there.")
    steps = np.zeros(len(t), dtype=np.int32)
    steps[rows[jumps.starts]] = 1
    return segment + np.cumsum(steps, dtype=np.int32)
