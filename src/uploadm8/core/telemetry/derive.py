"""Derive what the file does not say, from what it measures; a measured channel stays as it is."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.forces import add_forces
from uploadm8.core.telemetry.height import add_height
from uploadm8.core.telemetry.path import (
    MOVING_MPS,
    Legs,
    along,
    distance_along,
    make_legs,
)
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

STOPPED_MPS = 0.5  # Doppler noise of a standing receiver
MIN_SHARE = 0.5  # a channel measured in fewer rows than this is derived instead
MAX_SEGMENTS = 10_000
SPARSE_S = 2.5  # with rows further apart, the way between them beats speed x time

Segment = NDArray[np.int32]


def derive(track: Track) -> Track:
    """Add speed, course, distance, g-forces, lean, grade and vertical speed where they can be."""
    if not len(track):
        return track
    if len(track.segments) > MAX_SEGMENTS:
        return _warn(track, "The recording is too fragmented to derive anything from it.")
    segment = _segment_of(track)
    columns = dict(track.columns)
    legs = _legs(track, segment)
    if track.clock is Clock.NONE:
        if legs is not None:
            _put(columns, Channel.DISTANCE, distance_along(legs, track.t))
        return replace(track, columns=columns)
    warnings: list[str] = []
    _speed(track, columns, legs, segment, warnings)
    _course(track, columns, legs, segment)
    _distance(track, columns, legs, segment, warnings)
    track = replace(track, columns=columns)
    for sentence in warnings:
        track = _warn(track, sentence)
    return add_height(add_forces(track))


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
        measured = replace(measured, values=measured.values * factor) if factor else None
    if measured is not None and legs is not None:
        positions = columns[Channel.LAT].valid
        if (measured.valid & positions).sum() < MIN_SHARE * positions.sum():
            measured = None
    columns.pop(Channel.SPEED, None)
    if measured is not None:
        still = measured.valid & (measured.values < STOPPED_MPS)
        columns[Channel.SPEED] = replace(measured, values=np.where(still, 0.0, measured.values))
    elif legs is not None:
        _put(columns, Channel.SPEED, along(legs, legs.speed, track.t, segment))


def _course(
    track: Track, columns: dict[Channel, Column], legs: Legs | None, segment: Segment
) -> None:
    """Course while moving; below walking pace the last one is held, as nothing else is known."""
    speed = columns.get(Channel.SPEED)
    if speed is None:
        return
    measured = columns.get(Channel.COURSE)
    moving = speed.valid & (speed.values >= MOVING_MPS)
    if measured is not None and measured.valid[moving].sum() >= MIN_SHARE * moving.sum():
        held = _hold(measured.values, measured.valid & moving, segment)
        columns[Channel.COURSE] = Column(held, ~np.isnan(held), measured.provenance)
        return
    columns.pop(Channel.COURSE, None)
    going = None if legs is None else legs.speed >= MOVING_MPS
    if legs is None or going is None or not going.any():
        return
    some = Legs(*(getattr(legs, name)[going] for name in Legs.__slots__))
    turned = along(some, np.unwrap(some.bearing, period=360.0), track.t, segment) % 360.0
    _put(columns, Channel.COURSE, _hold(turned, moving & ~np.isnan(turned), segment))


def _hold(values: FloatArray, known: BoolArray, segment: Segment) -> FloatArray:
    """Repeat the last known value, never across segments; NaN before the first."""
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
        values = distance_along(legs, track.t)
    else:
        values = _driven(track.t, speed, segment)
    _put(columns, Channel.DISTANCE, values)


def _odometer(column: Column) -> FloatArray:
    """Starting at 0 and never falling, also where the device started again."""
    values = np.full(len(column.values), np.nan)
    known = column.values[column.valid]
    steps = np.diff(known, prepend=known[:1])
    values[column.valid] = np.cumsum(np.maximum(steps, 0.0))
    return values


def _driven(t: FloatArray, speed: Column, segment: Segment) -> FloatArray:
    rows = np.flatnonzero(speed.valid)
    v, at = speed.values[rows], t[rows]
    steps = (v[1:] + v[:-1]) / 2 * np.diff(at)
    steps[np.diff(segment[rows]) != 0] = 0.0
    return np.interp(t, at, np.concatenate(([0.0], np.cumsum(steps))))
