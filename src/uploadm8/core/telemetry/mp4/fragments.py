"""Samples of fragmented movies: ``moof`` boxes that say what the ``mdat`` behind them holds."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.mp4.boxes import Box, children, find
from uploadm8.core.telemetry.mp4.samples import MAX_SAMPLES, SampleTable

MAX_FRAGMENTS = 200_000
_MAX_FRAGMENT_BYTES = 8 * 2**20
_HEADER = 16


def read_fragments(
    path: Path, track_id: int, timescale: int, defaults: tuple[int, int]
) -> SampleTable:
    """All samples of one track that fragments hold, in the order of the file.

    Args:
        path: the file.
        track_id: of the track.
        timescale: its ticks per second.
        defaults: duration and size of a sample where a fragment gives none (``trex``).
    """
    rows: list[tuple[int, int, int, int]] = []  # offset, size, ticks when it starts, ticks it lasts
    clock = 0
    for start, data in _fragments(path):
        for box in children(data, 0, len(data)):
            if box.kind == b"traf" and len(rows) < MAX_SAMPLES:
                clock = _take(data, box, start, track_id, clock, defaults, rows)
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 4)
    return SampleTable(table[:, 0], table[:, 1], table[:, 2] / timescale, table[:, 3] / timescale)


def track_defaults(data: bytes, index: Box, track_id: int) -> tuple[int, int]:
    """Duration and size of a sample by the ``trex`` box of a track; zeros without one."""
    extends = find(data, index, b"mvex")
    for box in children(data, extends.start, extends.end) if extends else ():
        if box.kind == b"trex" and _integer(data, box.start + 4) == track_id:
            return _integer(data, box.start + 12), _integer(data, box.start + 16)
    return 0, 0


def _fragments(path: Path) -> Iterator[tuple[int, bytes]]:
    """Offset and payload of every ``moof`` box."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        at = found = 0
        while at + 8 <= size and found < MAX_FRAGMENTS:
            file.seek(at)
            head = file.read(_HEADER)
            length, header = int.from_bytes(head[:4], "big"), 8
            if length == 1:
                length, header = int.from_bytes(head[8:16], "big"), _HEADER
            if length < header:
                return
            if head[4:8] == b"moof" and length <= _MAX_FRAGMENT_BYTES:
                found += 1
                file.seek(at + header)
                yield at, file.read(length - header)
            at += length


def _take(
    data: bytes,
    traf: Box,
    moof_start: int,
    track_id: int,
    clock: int,
    defaults: tuple[int, int],
    rows: list[tuple[int, int, int, int]],
) -> int:
    """Append the samples of a track's fragment; the clock behind them."""
    header = find(data, traf, b"tfhd")
    if header is None or _integer(data, header.start + 4) != track_id:
        return clock
    flags, at = _integer(data, header.start) & 0xFFFFFF, header.start + 8
    base = moof_start
    if flags & 0x01:
        base, at = _integer(data, at, 8), at + 8
    at += 4 if flags & 0x02 else 0
    duration, size = defaults
    if flags & 0x08:
        duration, at = _integer(data, at), at + 4
    if flags & 0x10:
        size = _integer(data, at)
    told = find(data, traf, b"tfdt")
    if told is not None:
        clock = _integer(data, told.start + 4, 8 if data[told.start] == 1 else 4)
    place = base
    for run in children(data, traf.start, traf.end):
        if run.kind == b"trun":
            place, clock = _take_run(data, run, (base, place), clock, (duration, size), rows)
    return clock


def _take_run(
    data: bytes,
    run: Box,
    places: tuple[int, int],
    clock: int,
    defaults: tuple[int, int],
    rows: list[tuple[int, int, int, int]],
) -> tuple[int, int]:
    """Append the samples of one run; the place and the clock behind them."""
    base, place = places
    flags, count = _integer(data, run.start) & 0xFFFFFF, _integer(data, run.start + 4)
    at = run.start + 8
    if flags & 0x01:
        place = base + int.from_bytes(data[at : at + 4], "big", signed=True)
        at += 4
    at += 4 if flags & 0x04 else 0
    width = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    room = (run.end - at) // width if width else MAX_SAMPLES
    for _ in range(max(min(count, room, MAX_SAMPLES - len(rows)), 0)):
        duration, size = defaults
        if flags & 0x100:
            duration = _integer(data, at)
        if flags & 0x200:
            size = _integer(data, at + (4 if flags & 0x100 else 0))
        rows.append((max(place, 0), size, clock, duration))
        place, clock, at = place + size, clock + duration, at + width
    return place, clock


def _integer(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "big")
