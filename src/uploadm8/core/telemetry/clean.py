"""Clean rows into a Track: gates, order, duplicates, teleports, segments. Nothing is invented."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.gates import (
    Columns,
    gate_fix,
    gate_ranges,
    gate_speed_spikes,
    gate_teleports,
)
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.report import Report
from uploadm8.core.telemetry.resample import MIN_GAP_S
from uploadm8.core.telemetry.timeline import (
    order_rows,
    segments_in_time,
    spread_whole_seconds,
)
from uploadm8.core.telemetry.track import (
    Channel,
    Clock,
    Column,
    FloatArray,
    Quality,
    Track,
)

# Alone these show nothing; a track of only such rows is empty.
_ABOUT_THE_FIX = {Channel.SATELLITES, Channel.HDOP, Channel.FIX, Channel.LAP}


def clean(raw: RawTrack) -> Track:
    """Gate, order and segment the rows of `raw`, whose arrays are taken over.

    Raises:
        TelemetryError: telemetry_no_points, telemetry_no_position.
    """
    if not len(raw.t):
        raise telemetry_error(Problem.NO_POINTS)
    report = Report(raw.dropped, raw.warnings)
    columns = {channel: _writable(values) for channel, values in raw.columns.items()}
    gate_ranges(columns, report)
    gate_fix(columns, raw.no_fix, report)
    if not _shows_anything(columns) and not report.dropped["no_fix"]:
        raise telemetry_error(Problem.NO_POSITION)
    segment = _segment_ids(len(raw.t), raw.segment_starts)
    t = raw.t
    rows = segments_in_time(t, segment)
    if rows is not None:
        report.warn("The parts of the track were not in order of time; they were put in order.")
        t, segment = t[rows], _renumbered(segment[rows])
        columns = {channel: values[rows] for channel, values in columns.items()}
    line = order_rows(t, raw.clock, report)
    if line.rows is not None:
        columns = {channel: values[line.rows] for channel, values in columns.items()}
        segment = segment[line.rows]
    t, zero = line.t, 0.0
    if line.clock in (Clock.UTC, Clock.RELATIVE):
        zero = float(t[0])
        t = t - zero
    if line.clock is not Clock.NONE:
        t = spread_whole_seconds(t, report)
        t, columns, segment = _merge_equal_times(t, columns, segment, report)
        gate_speed_spikes(t, columns, report)
        segment = gate_teleports(t, columns, segment, report)
    t, columns, segment = _without_empty_rows(t, columns, segment)
    parts = _segments(t, segment, line.clock)
    start_utc = raw.start_utc if line.clock is Clock.VIDEO else None
    if line.clock in (Clock.UTC, Clock.RELATIVE) and len(t):
        start_utc = zero + float(t[0]) if line.clock is Clock.UTC else None
        t -= t[0]
    if not columns:
        report.warn(_nothing_left(report))
    return Track(
        format=raw.format,
        t=t,
        columns={channel: Column(v, ~np.isnan(v)) for channel, v in columns.items()},
        segments=parts.starts,
        holes=parts.holes,
        clock=line.clock,
        start_utc=start_utc,
        local_offset_s=raw.local_offset_s,
        quality=Quality(
            points_read=len(raw.t) + sum(raw.dropped.values()),
            dropped=dict(report.dropped),
            gaps=parts.gaps,
            rate_hz=parts.rate_hz,
            altitude_datum=raw.altitude_datum,
            speed_unit_certain=raw.speed_unit_certain,
            warnings=tuple(report.warnings),
        ),
    )


def _nothing_left(report: Report) -> str:
    if report.dropped["no_fix"]:
        return "The receiver never had a position fix while this was recorded."
    return "No point of this recording can be believed."


def _writable(values: FloatArray) -> FloatArray:
    return values if values.flags.writeable else values.copy()


def _shows_anything(columns: Columns) -> bool:
    return any(
        channel not in _ABOUT_THE_FIX and not np.isnan(values).all()
        for channel, values in columns.items()
    )


def _segment_ids(count: int, starts: list[int]) -> NDArray[np.int32]:
    ids = np.zeros(count, dtype=np.int32)
    inner = np.asarray([start for start in starts if 0 < start < count], dtype=np.int64)
    np.add.at(ids, inner, 1)
    return np.cumsum(ids, dtype=np.int32)


def _renumbered(segment: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.cumsum(np.diff(segment, prepend=segment[0]) != 0, dtype=np.int32)


def _merge_equal_times(
    t: FloatArray, columns: Columns, segment: NDArray[np.int32], report: Report
) -> tuple[FloatArray, Columns, NDArray[np.int32]]:
    """One row per time: of each channel the last value that any of the equal rows has."""
    new = np.concatenate(([True], np.diff(t) > 0))
    if new.all():
        return t, columns, segment
    starts = np.flatnonzero(new)
    ends = np.concatenate((starts[1:], [len(t)])) - 1
    report.drop("duplicate_time", len(t) - len(starts))
    merged: Columns = {}
    for channel, values in columns.items():
        seen = np.where(np.isnan(values), -1, np.arange(len(t)))
        last = np.maximum.reduceat(seen, starts)
        merged[channel] = np.where(last >= 0, values[np.maximum(last, 0)], np.nan)
    return t[ends], merged, segment[ends]


def _without_empty_rows(
    t: FloatArray, columns: Columns, segment: NDArray[np.int32]
) -> tuple[FloatArray, Columns, NDArray[np.int32]]:
    if not _shows_anything(columns):
        return t[:0], {}, segment[:0]
    columns = {c: v for c, v in columns.items() if not np.isnan(v).all()}
    keep = np.zeros(len(t), dtype=np.bool_)
    for values in columns.values():
        keep |= ~np.isnan(values)
    if keep.all():
        return t, columns, segment
    return t[keep], {c: v[keep] for c, v in columns.items()}, segment[keep]


@dataclass(frozen=True, slots=True)
class _Parts:
    """Start of each segment, those that begin at a hole only, number of gaps, and usual rate."""

    starts: tuple[int, ...] = (0,)
    holes: tuple[int, ...] = ()
    gaps: int = 0
    rate_hz: float | None = None


def _segments(t: FloatArray, segment: NDArray[np.int32], clock: Clock) -> _Parts:
    if len(t) < 2:
        return _Parts()
    new = np.diff(segment) != 0
    if clock is Clock.NONE:
        return _Parts((0, *(np.flatnonzero(new) + 1).tolist()))
    dt = np.diff(t)
    usual = float(np.median(dt))
    gap = dt > max(MIN_GAP_S, 5 * usual)
    starts = (0, *(np.flatnonzero(new | gap) + 1).tolist())
    holes = tuple((np.flatnonzero(gap & ~new) + 1).tolist())
    return _Parts(starts, holes, int(gap.sum()), 1.0 / usual)
