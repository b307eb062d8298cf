"""Derive what the file does not say, from what it measures; a measured channel stays as it is."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.forces import add_forces
from uploadm8.core.telemetry.geo import unwrap_degrees
from uploadm8.core.telemetry.height import add_height
from uploadm8.core.telemetry.path import (
    MOVING_MPS,
    Legs,
    along,
    distance_along,
    make_legs,
    over_holes,
)
from uploadm8.core.telemetry.resample import STOPPED_MPS
from uploadm8.core.telemetry.speed_units import check_speed_unit
from uploadm8.core.telemetry.track import (
    BoolArray,
    Channel,
    Clock,
    Column,
    FloatArray,
    Provenance,
    Track,
)

MIN_SHARE = 0.5  # a channel measured in fewer rows than this is derived instead
MAX_SEGMENTS = 10_000
ODOMETER_START_M = 30.0
SPARSE_S = 2.5  # with rows further apart, the way between them beats speed x time

Segment = NDArray[np.int32]


def derive(track: Track) -> Track:
    """Add speed, course, distance, g-forces, lean, grade and vertical speed where they can be."""
    if not len(track):
        return track
    if len(track.segments) > MAX_SEGMENTS:
        return _warn(track, "The recording is too fragmented to derive anything from it.")
    track = _add_motion(track)
    return track if track.clock is Clock.NONE else add_height(add_forces(track))


def _add_motion(track: Track) -> Track:
    """Speed, course and distance."""
    segment = _segment_of(track)
    columns = dict(track.columns)
    legs = _legs(track, segment)
    if track.clock is Clock.NONE:
        if legs is not None:
            _put(columns, Channel.DISTANCE, distance_along(legs, track.t))
        return replace(track, columns=columns)
    warnings: list[str] = []
    _speed(track, columns, legs, segment, warnings)
    _distance(track, columns, legs, segment, warnings)
    bearings = None if legs is None else _Bearings.of(legs, segment)
    del legs
    _course(track, columns, bearings, segment)
    track = replace(track, columns=columns)
    for sentence in warnings:
        track = _warn(track, sentence)
    return track


def _warn(track: Track, sentence: str) -> Track:
    quality = replace(track.quality, warnings=(*track.quality.warnings, sentence))
    return replace(track, quality=quality)


def _segment_of(track: Track) -> Segment:
    steps = np.zeros(len(track), dtype=np.int32)
    steps[list(track.segments[1:])] = 1
    return np.cumsum(steps, dtype=np.int32)


def _legs(track: Track, segment: Segment) -> Legs | None:
    if Channel.LAT not in track:
        return None
    lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
    timed = track.clock is not Clock.NONE
    legs = make_legs(track.t, lat.values, lon.values, lat.valid, segment, timed=timed)
    return legs if len(legs.first) else None


def _put(
    columns: dict[Channel, Column],
    channel: Channel,
    values: FloatArray,
    valid: BoolArray | None = None,
) -> None:
    ok = ~np.isnan(values) if valid is None else valid
    if ok.any():
        columns[channel] = Column(values, ok, Provenance.DERIVED)


def _speed(
    track: Track,
    columns: dict[Channel, Column],
    legs: Legs | None,
    segment: Segment,
    warnings: list[str],
) -> None:
    measured = columns.get(Channel.SPEED)
    if measured is not None and legs is not None:
        factor, sentence = check_speed_unit(
            measured.values, track.t, legs, certain=track.quality.speed_unit_certain
        )
        if sentence:
            warnings.append(sentence)
        if factor not in (0.0, 1.0):
            measured = replace(measured, values=measured.values * factor)
        measured = measured if factor else None
    if measured is not None and legs is not None:
        positions = columns[Channel.LAT].valid
        if (measured.valid & positions).sum() < MIN_SHARE * positions.sum():
            measured = None
    columns.pop(Channel.SPEED, None)
    if measured is not None:
        columns[Channel.SPEED] = measured
    elif legs is not None:
        own = segment[legs.first]
        _put(columns, Channel.SPEED, along(legs.middle, legs.speed, own, track.t, segment))


@dataclass(frozen=True, slots=True)
class _Bearings:
    """Unwrapped bearing of the legs that move: at which time, in which segment."""

    middle: FloatArray
    degrees: FloatArray
    own: Segment

    @classmethod
    def of(cls, legs: Legs, segment: Segment) -> "_Bearings":
        moving = legs.speed >= MOVING_MPS
        going = slice(None) if moving.all() else moving
        own = segment[legs.first[going]]
        return cls(legs.middle[going], unwrap_degrees(legs.bearing[going]), own)


def _course(
    track: Track, columns: dict[Channel, Column], bearings: _Bearings | None, segment: Segment
) -> None:
    """Course while moving; below walking pace the last one is held, as nothing else is known."""
    speed = columns.get(Channel.SPEED)
    if speed is None:
        return
    measured = columns.get(Channel.COURSE)
    with np.errstate(invalid="ignore"):
        moving = speed.valid & (speed.values >= MOVING_MPS)
    if measured is not None and measured.valid[moving].sum() >= MIN_SHARE * moving.sum():
        held = _hold(measured.values, measured.valid & moving, segment)
        columns[Channel.COURSE] = Column(held, ~np.isnan(held), measured.provenance)
        return
    columns.pop(Channel.COURSE, None)
    if bearings is None:
        return
    turned = along(bearings.middle, bearings.degrees, bearings.own, track.t, segment)
    turned %= 360.0
    _put(columns, Channel.COURSE, _hold(turned, moving & ~np.isnan(turned), segment))


def _hold(values: FloatArray, known: BoolArray, segment: Segment) -> FloatArray:
    """Repeat the last known value, never across segments; NaN before the first."""
    if known.all():
        return values
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    found = (last >= 0) & (segment[np.maximum(last, 0)] == segment)
    return np.where(found, values[np.maximum(last, 0)], np.nan)


def _distance(
    track: Track,
    columns: dict[Channel, Column],
    legs: Legs | None,
    segment: Segment,
    warnings: list[str],
) -> None:
    """The device's own odometer, else Doppler speed over time, else the way between positions."""
    along_way = None if legs is None else float(legs.metres.sum())
    if along_way is not None and track.holes:
        along_way += float(over_holes(track)[-1])
    odometer = columns.pop(Channel.DISTANCE, None)
    if odometer is not None and odometer.valid.sum() >= MIN_SHARE * len(track):
        values = _odometer(odometer)
        total = float(np.nanmax(values))
        if along_way is None or abs(total - along_way) <= 0.3 * max(along_way, 50.0):
            columns[Channel.DISTANCE] = Column(values, odometer.valid, odometer.provenance)
            return
        warnings.append("The distance in the file does not fit its positions; it was ignored.")
    speed = columns.get(Channel.SPEED)
    if speed is None:
        return
    usual = float(np.median(np.diff(track.t))) if len(track) > 1 else 0.0
    from_positions = speed.provenance is Provenance.DERIVED or usual > SPARSE_S
    if legs is not None and from_positions:
        metres = distance_along(legs, track.t)
    else:
        metres = _driven(track.t, speed, segment)
    if track.holes and Channel.LAT in track:
        metres += over_holes(track)
    _put(columns, Channel.DISTANCE, metres)


def _odometer(column: Column) -> FloatArray:
    """Never falling, also where the device started again, and counted from the first point.

    A device that had counted a few metres before its first point keeps them: its own total, which
    the user knows, stays true.
    """
    values = np.full(len(column.values), np.nan)
    known = column.values[column.valid]
    steps = np.diff(known, prepend=0.0 if known[0] <= ODOMETER_START_M else known[0])
    values[column.valid] = np.cumsum(np.maximum(steps, 0.0))
    return values


def _driven(t: FloatArray, speed: Column, segment: Segment) -> FloatArray:
    rows = np.flatnonzero(speed.valid)
    v, at = speed.values[rows], t[rows]
    v = np.where(v < STOPPED_MPS, 0.0, v)
    steps = (v[1:] + v[:-1]) / 2 * np.diff(at)
    steps[np.diff(segment[rows]) != 0] = 0.0
    return np.interp(t, at, np.concatenate(([0.0], np.cumsum(steps))))
