"""GPMF payloads to rows on the clock of the video."""

import numpy as np

from uploadm8.core.telemetry.gpmf.forces import vehicle_forces
from uploadm8.core.telemetry.gpmf.gps import read_gps, start_utc
from uploadm8.core.telemetry.gpmf.streams import read_streams
from uploadm8.core.telemetry.gpmf.timing import clock_zero_us, sample_times
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import MAX_ROWS
from uploadm8.core.telemetry.track import Clock, FloatArray

FORMAT_NAME = "gopro-gpmf"


def gpmf_track(payloads: list[bytes], starts: FloatArray, ends: FloatArray) -> RawTrack:
    """The GPS rows of GPMF payloads.

    Args:
        payloads: bytes of each.
        starts: when each starts, seconds on the clock of the video.
        ends: when each ends.

    Raises:
        TelemetryError: telemetry_no_position without a GPS stream, telemetry_too_large.
    """
    streams = read_streams(payloads)
    rows = read_gps(streams)
    if rows is None:
        raise telemetry_error(
            Problem.NO_POSITION,
            "The camera recorded no GPS (a HERO12 has none, and it can be switched off).",
        )
    if len(rows.no_fix) > MAX_ROWS:
        raise telemetry_error(Problem.TOO_LARGE)
    zero_us = clock_zero_us(streams)
    t = sample_times(rows.stream, starts, ends, zero_us)
    forces = vehicle_forces(streams, rows, t, (starts, ends), zero_us)
    columns = {**rows.columns, **forces}
    warnings = []
    lost = int(rows.no_fix.sum())
    if 0 < lost < len(t):
        warnings.append(
            f"The camera had no satellite fix for {lost:,} of {len(t):,} of its GPS samples."
        )
    return RawTrack(
        format=FORMAT_NAME,
        t=t,
        columns={k: v for k, v in columns.items() if np.isfinite(v).any()},
        clock=Clock.VIDEO,
        start_utc=start_utc(rows, t),
        altitude_datum=rows.datum,
        warnings=warnings,
        no_fix=rows.no_fix,
    )
