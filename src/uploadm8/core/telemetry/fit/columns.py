"""Columns of a track out of FIT messages: scaled fields, developer fields, times."""

from collections.abc import Iterator

import numpy as np

from uploadm8.core.telemetry.fit import profile
from uploadm8.core.telemetry.fit.files import FitData
from uploadm8.core.telemetry.fit.messages import FieldPlace, Layout, OffsetArray
from uploadm8.core.telemetry.track import Channel, FloatArray

Columns = dict[Channel, FloatArray]
_COMPRESSED, _FIVE_BITS = 0x80, 0x1F


def message_columns(
    fit: FitData, number: int, fields: tuple[profile.FieldScale, ...]
) -> tuple[OffsetArray, Columns]:
    """Offsets and columns of all messages of one number, in the order of the file."""
    layouts = fit.walk.of(number)
    if not layouts:
        return np.empty(0, np.int64), {}
    described = _described_fields(fit)
    parts = [_layout_columns(fit, layout, fields, described) for layout in layouts]
    offsets = np.concatenate([layout.positions() for layout in layouts])
    order = np.argsort(offsets, kind="stable")
    columns: Columns = {}
    for channel in {channel for part in parts for channel in part}:
        pieces = [
            part.get(channel, np.full(len(layout.offsets), np.nan))
            for part, layout in zip(parts, layouts, strict=True)
        ]
        columns[channel] = np.concatenate(pieces)[order]
    return offsets[order], columns


def message_offsets(fit: FitData, number: int) -> OffsetArray:
    """Offsets of all messages of one number, in the order of the file."""
    layouts = fit.walk.of(number)
    if not layouts:
        return np.empty(0, np.int64)
    return np.sort(np.concatenate([layout.positions() for layout in layouts]))


def field_values(fit: FitData, number: int, field: int) -> FloatArray:
    """One unscaled field of all messages of one number, in the order of the file."""
    layouts = fit.walk.of(number)
    if not layouts:
        return np.empty(0)
    offsets = np.concatenate([layout.positions() for layout in layouts])
    pieces = [_values_or_nan(fit, layout, field) for layout in layouts]
    return np.concatenate(pieces)[np.argsort(offsets, kind="stable")]


def message_times(fit: FitData, number: int) -> FloatArray:
    """FIT seconds of all messages of one number, compressed timestamps resolved."""
    times = field_values(fit, number, profile.TIMESTAMP)
    offsets = message_offsets(fit, number)
    headers = fit.data[offsets]
    compressed = headers & _COMPRESSED > 0
    if not compressed.any():
        return times
    known_at, known = _all_timestamps(fit)
    if not len(known):
        return times
    short = (headers & _FIVE_BITS).astype(np.int64)
    before = np.searchsorted(known_at, offsets) - 1
    current, last_full = 0, -1
    for i in np.flatnonzero(compressed).tolist():
        if before[i] < 0:
            continue
        if before[i] != last_full:
            last_full = int(before[i])
            current = int(known[last_full])
        # The five bits roll over every 32 s, and time never runs backwards.
        current += (int(short[i]) - current) & _FIVE_BITS
        times[i] = current
    return times


def _all_timestamps(fit: FitData) -> tuple[OffsetArray, FloatArray]:
    """Offset and value of every full timestamp of any message, in the order of the file."""
    at, values = [np.empty(0, np.int64)], [np.empty(0)]
    for layout in fit.walk.layouts:
        place = layout.fields.get(profile.TIMESTAMP)
        if place is not None and layout.offsets:
            seconds = layout.values(fit.data, place)
            known = np.isfinite(seconds)
            at.append(layout.positions()[known])
            values.append(seconds[known])
    offsets = np.concatenate(at)
    order = np.argsort(offsets, kind="stable")
    return offsets[order], np.concatenate(values)[order]


def _values_or_nan(fit: FitData, layout: Layout, field: int) -> FloatArray:
    place = layout.fields.get(field)
    if place is None:
        return np.full(len(layout.offsets), np.nan)
    return layout.values(fit.data, place)


def _layout_columns(
    fit: FitData,
    layout: Layout,
    fields: tuple[profile.FieldScale, ...],
    described: dict[tuple[int, int], tuple[int, Channel, float, float]],
) -> Columns:
    columns: Columns = {}
    for wanted in fields:
        place = layout.fields.get(wanted.field)
        if place is not None:
            values = layout.values(fit.data, place) * wanted.scale + wanted.offset
            _fill_in(columns, wanted.channel, values)
    if layout.number != profile.RECORD:
        return columns
    if profile.COMPRESSED_SPEED_DISTANCE in layout.fields:
        for channel, values in _compressed_speed_distance(fit, layout):
            _fill_in(columns, channel, values)
    if Channel.CADENCE in columns:
        fraction = _values_or_nan(fit, layout, profile.FRACTIONAL_CADENCE) / 128
        columns[Channel.CADENCE] += np.where(np.isfinite(fraction), fraction, 0.0)
    for key, place in layout.developer.items():
        if key in described:
            base_type, channel, scale, offset = described[key]
            values = layout.values(fit.data, place, base_type) * scale + offset
            _fill_in(columns, channel, values)
    return columns


def _fill_in(columns: Columns, channel: Channel, values: FloatArray) -> None:
    """Add a channel, or fill the cells that a preferred field left absent."""
    have = columns.get(channel)
    columns[channel] = values if have is None else np.where(np.isnan(have), values, have)


def _compressed_speed_distance(
    fit: FitData, layout: Layout
) -> Iterator[tuple[Channel, FloatArray]]:
    """12 bits of speed (1/100 m/s), then 12 bits of distance (1/16 m) that roll over."""
    place = layout.fields[profile.COMPRESSED_SPEED_DISTANCE]
    if place.size < 3:
        return
    raw = layout.raw(fit.data, FieldPlace(place.offset, 3, place.base_type)).astype(np.int64)
    present = ~(raw == 0xFF).all(axis=1)
    if not present.any():
        return
    speed = raw[:, 0] | (raw[:, 1] & 0x0F) << 8
    rolling = (raw[:, 1] >> 4 | raw[:, 2] << 4)[present]
    steps = np.diff(rolling, prepend=rolling[:1]) & 0xFFF
    distance = np.full(len(raw), np.nan)
    distance[present] = (rolling[0] + np.cumsum(steps)) / 16
    yield Channel.SPEED, np.where(present, speed / 100, np.nan)
    yield Channel.DISTANCE, distance


def _described_fields(fit: FitData) -> dict[tuple[int, int], tuple[int, Channel, float, float]]:
    """What developer fields mean: base type, channel, scale, offset by (index, number)."""
    native = {wanted.field: wanted for wanted in profile.RECORD_FIELDS}
    described: dict[tuple[int, int], tuple[int, Channel, float, float]] = {}
    for layout in fit.walk.of(profile.FIELD_DESCRIPTION):
        index, number, base = (_values_or_nan(fit, layout, n) for n in (0, 1, 2))
        message, field = (_values_or_nan(fit, layout, n) for n in (14, 15))
        place = layout.fields.get(3)
        names = layout.texts(fit.data, place) if place else [""] * len(index)
        for i, name in enumerate(names):
            if not np.isfinite([index[i], number[i], base[i]]).all():
                continue
            channel = profile.DEVELOPER_NAMES.get(name.strip().lower())
            of_record = message[i] == profile.RECORD or np.isnan(message[i])
            if of_record and field[i] in native:
                channel = native[int(field[i])].channel
            if channel is not None:
                # Developers write plain units, never the scaled integers of the native field.
                described[int(index[i]), int(number[i])] = (int(base[i]), channel, 1.0, 0.0)
    return described
