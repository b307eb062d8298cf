"""The once-a-second `freeGPS` blocks that dash cams with a Novatek processor hide in their MP4."""

import math
import mmap
import re
import struct
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.mp4.movie import Movie
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.track import Channel, Clock
from uploadm8.core.telemetry.values import (
    NAN,
    compact_utc,
    degrees_minutes,
    number,
    unix_time,
)

FORMAT_NAME = "novatek-freegps"
_MAGIC = b"freeGPS "
_KNOT = 1852 / 3600
_BLOCK_BYTES = 512  # all that is read of a block
_FIRST_BLOCK_WITHIN = 64 * 2**20  # of the file; where none has come by then, none will
MAX_BLOCKS = 200_000

# Where the letters of status, hemisphere and hemisphere stand, in bytes from the literal: in the
# usual firmware, in newer ones (VIOFO A129+, A229), and in one that has a word more before them.
# Date and time are six words before them, the numbers four bytes behind their start.
_STATUS_AT = (68, 36, 40)
_TIME_BEFORE, _NUMBERS_AFTER = 24, 4
# Vantrue and others put the receiver's own sentence into the block.
_SENTENCE = re.compile(rb"\$G[A-Z]RMC,[^*\r\n\0]{10,100}\*[0-9A-Fa-f]{2}")


def freegps_track(path: Path, movie: Movie | None) -> RawTrack | None:
    """A row per second and block from the first block on; None without any readable block."""
    with path.open("rb") as file:
        try:
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file cannot be mapped
            return None
        with view:
            blocks = _blocks_by_table(view, movie.gps_table) if movie else []
            if not blocks:
                blocks = _blocks_by_scan(view)
    rows = [(float(i), *row) for i, row in enumerate(map(_parse, blocks)) if row is not None]
    if not rows:
        return None
    return _track(np.array(rows), unreadable=len(blocks) - len(rows))


def _blocks_by_table(view: mmap.mmap, table: bytes) -> list[bytes]:
    """Blocks where the ``gps `` box says they are: version, count, then (offset, size) pairs."""
    count = min(int.from_bytes(table[4:8], "big"), (len(table) - 8) // 8, MAX_BLOCKS)
    blocks = []
    for i in range(max(count, 0)):
        at = int.from_bytes(table[8 + 8 * i : 12 + 8 * i], "big") + 4
        if view[at : at + len(_MAGIC)] == _MAGIC:
            blocks.append(view[at : at + _BLOCK_BYTES])
    return blocks


def _blocks_by_scan(view: mmap.mmap) -> list[bytes]:
    """Blocks found by their literal, for files with a missing or wrong table."""
    blocks: list[bytes] = []
    at = view.find(_MAGIC, 0, _FIRST_BLOCK_WITHIN)
    while at >= 0 and len(blocks) < MAX_BLOCKS:
        blocks.append(view[at : at + _BLOCK_BYTES])
        at = view.find(_MAGIC, at + len(_MAGIC))
    return blocks


def _parse(block: bytes) -> tuple[float, ...] | None:
    """UTC, fix, latitude, longitude, speed, course of a block; None for an unknown dialect."""
    for status_at in _STATUS_AT:
        fix, north, east = (block[at : at + 1] for at in range(status_at, status_at + 3))
        if len(block) < status_at + _NUMBERS_AFTER + 16:
            continue
        utc = _parse_utc(block, status_at - _TIME_BEFORE)
        if fix == b"V" and not math.isnan(utc):
            return (utc, 0.0, NAN, NAN, NAN, NAN)
        if fix == b"A" and north in b"NS\0" and east in b"EW\0":
            latitude, longitude, knots, course = struct.unpack_from(
                "<4f", block, status_at + _NUMBERS_AFTER
            )
            return (
                utc,
                1.0,
                _degrees(latitude, negative=north == b"S"),
                _degrees(longitude, negative=east == b"W"),
                knots * _KNOT if 0 <= knots < 1000 else NAN,
                course if 0 <= course <= 360 else NAN,
            )
    sentence = _SENTENCE.search(block)
    return None if sentence is None else _parse_sentence(sentence[0].decode("ascii", "replace"))


def _parse_sentence(sentence: str) -> tuple[float, ...] | None:
    cells = sentence.partition("*")[0].split(",")
    if len(cells) < 10:
        return None
    utc = compact_utc(cells[9], cells[1])
    if cells[2] != "A":
        return (utc, 0.0, NAN, NAN, NAN, NAN)
    return (
        utc,
        1.0,
        degrees_minutes(cells[3], cells[4]),
        degrees_minutes(cells[5], cells[6]),
        number(cells[7]) * _KNOT,
        number(cells[8]),
    )


def _parse_utc(block: bytes, time_at: int) -> float:
    hour, minute, second, year, month, day = struct.unpack_from("<6I", block, time_at)
    if hour > 23 or minute > 59 or second > 61 or not 0 < year < 10_000:
        return NAN
    year = year + 2000 if year < 100 else year
    return unix_time(year, month, day, hour * 3600.0 + minute * 60.0 + second)


def _degrees(value: float, *, negative: bool) -> float:
    """Degrees from DDMM.MMMM."""
    if not 0 <= value < 18_100:
        return NAN
    degrees, minutes = divmod(value, 100.0)
    return (-1 if negative else 1) * (degrees + minutes / 60) if minutes < 60 else NAN


def _track(rows: np.ndarray[tuple[int, int], np.dtype[np.float64]], unreadable: int) -> RawTrack:
    t, utc, fix, latitude, longitude, speed, course = rows.T
    start = (utc - t)[(fix > 0) & np.isfinite(utc)]
    warnings = []
    if unreadable:
        warnings.append(f"{unreadable:,} GPS blocks are of a kind that we cannot read.")
    return RawTrack(
        format=FORMAT_NAME,
        t=t,
        columns={
            Channel.LAT: latitude,
            Channel.LON: longitude,
            Channel.SPEED: speed,
            Channel.COURSE: course,
        },
        clock=Clock.VIDEO,
        start_utc=float(np.median(start)) if len(start) else None,
        dropped={"unknown_dialect": unreadable} if unreadable else {},
        warnings=warnings,
        no_fix=fix == 0,
    )
