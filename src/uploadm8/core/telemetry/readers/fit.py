"""FIT activities of Garmin, Wahoo, COROS, Suunto and others."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.fit import profile
from uploadm8.core.telemetry.fit.columns import (
    Columns,
    field_values,
    message_columns,
    message_offsets,
    message_times,
)
from uploadm8.core.telemetry.fit.files import FitData, is_header, read_messages
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import MAX_ROWS
from uploadm8.core.telemetry.track import Channel, Clock, FloatArray

MAX_BYTES = 64 * 2**20
_PAUSE_S = 3.0  # a timer stop shorter than this is no gap
_MAX_ZONE_S = 14 * 3600


def read(path: Path) -> RawTrack:
    """Read the `record` messages, or `gps_metadata` where a camera recorded those.

    Raises:
        TelemetryError: telemetry_damaged, telemetry_no_points, telemetry_too_large.
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise telemetry_error(Problem.TOO_LARGE)
    fit = read_messages(data)
    offsets, columns = message_columns(fit, profile.RECORD, profile.RECORD_FIELDS)
    times = message_times(fit, profile.RECORD)
    gps_offsets, gps = message_columns(fit, profile.GPS_METADATA, profile.GPS_FIELDS)
    if _positions(gps) > _positions(columns):
        offsets, columns, times = gps_offsets, gps, _gps_times(fit)
    if not len(offsets) or not columns:
        raise telemetry_error(Problem.NO_POINTS)
    if len(offsets) > MAX_ROWS:
        raise telemetry_error(Problem.TOO_LARGE, f"The file has more than {MAX_ROWS:,} points.")
    clock, t = _to_clock(times)
    laps = _laps(fit, times)
    if laps is not None:
        columns[Channel.LAP] = laps
    return RawTrack(
        format="fit",
        t=t,
        columns={channel: values for channel, values in columns.items() if _any(values)},
        clock=clock,
        segment_starts=_segment_starts(fit, offsets, t),
        local_offset_s=_zone(fit),
        altitude_datum="msl",
        warnings=fit.warnings,
    )


def _any(values: FloatArray) -> bool:
    return bool(np.isfinite(values).any())


def _positions(columns: Columns) -> int:
    latitude = columns.get(Channel.LAT)
    return 0 if latitude is None else int(np.isfinite(latitude).sum())


def _to_clock(times: FloatArray) -> tuple[Clock, FloatArray]:
    """UTC where any time is a date; seconds since power on are a clock only by themselves."""
    dated = times >= profile.SYSTEM_TIME_BELOW
    if dated.any() or not _any(times):
        return Clock.UTC, np.where(dated, times + profile.EPOCH_UNIX, np.nan)
    return Clock.RELATIVE, times


def _gps_times(fit: FitData) -> FloatArray:
    """FIT seconds of gps_metadata: a camera's own clock, moved to the UTC of its receiver."""
    own = field_values(fit, profile.GPS_METADATA, profile.TIMESTAMP)
    milliseconds = field_values(fit, profile.GPS_METADATA, profile.GPS_MILLISECONDS)
    own = own + np.where(np.isfinite(milliseconds), milliseconds, 0.0) / 1000
    behind = field_values(fit, profile.GPS_METADATA, profile.GPS_UTC) - own
    if not _any(behind):
        return own
    shifted: FloatArray = own + float(np.nanmedian(behind))
    return shifted


def _laps(fit: FitData, times: FloatArray) -> FloatArray | None:
    """Lap number of each row, when there is more than one lap."""
    starts = field_values(fit, profile.LAP, profile.LAP_START)
    starts = np.unique(starts[np.isfinite(starts)])
    if len(starts) < 2:
        return None
    number = np.maximum(np.searchsorted(starts, times, side="right"), 1).astype(np.float64)
    return np.where(np.isfinite(times), number, np.nan)


def _segment_starts(fit: FitData, offsets: NDArray[np.int64], t: FloatArray) -> list[int]:
    """Rows that begin a chained file, or follow a stop of the timer."""
    candidates = set(np.searchsorted(offsets, fit.starts[1:]).tolist())
    kind = field_values(fit, profile.EVENT, profile.EVENT_KIND)
    action = field_values(fit, profile.EVENT, profile.EVENT_TYPE)
    event_offsets = message_offsets(fit, profile.EVENT)
    stopped = (kind == profile.TIMER) & np.isin(action, profile.STOPPED)
    for row in np.searchsorted(offsets, event_offsets[stopped]).tolist():
        if 0 < row < len(t) and t[row] - t[row - 1] > _PAUSE_S:
            candidates.add(row)
    return sorted(row for row in candidates if 0 < row < len(t))


def _zone(fit: FitData) -> float | None:
    """Local minus UTC as the device knew it, in whole quarters of an hour."""
    local = field_values(fit, profile.ACTIVITY, profile.ACTIVITY_LOCAL_TIME)
    utc = field_values(fit, profile.ACTIVITY, profile.TIMESTAMP)
    offset = local - utc
    known = offset[np.isfinite(offset)]
    if not len(known) or abs(known[-1]) > _MAX_ZONE_S:
        return None
    return float(round(known[-1] / 900) * 900)


def sniff(head: bytes) -> bool:
    """A FIT header of 12 or 14 bytes."""
    return is_header(head)


FORMAT = Format("fit", sniff, read, max_bytes=MAX_BYTES)
