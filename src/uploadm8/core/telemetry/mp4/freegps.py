"""The once-a-second `freeGPS` blocks that dash cams with a Novatek processor hide in their MP4."""

import mmap
import struct
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.mp4.movie import Movie
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.track import Channel, Clock
from uploadm8.core.telemetry.values import NAN, unix_time

FORMAT_NAME = "novatek-freegps"
_MAGIC = b"freeGPS "
_KNOT = 1852 / 3600
_BLOCK_BYTES = 128  # all that is read of a block
_FIRST_BLOCK_WITHIN = 64 * 2**20  # of the file; where none has come by then, none will
MAX_BLOCKS = 200_000

# Byte offsets from the literal `freeGPS `: date and time, status letters, numbers. The first
# layout is the usual one, the second that of newer firmware (VIOFO A129+, A229).
_LAYOUTS = ((44, 68, 72), (12, 36, 40))


def freegps_track(path: Path, movie: Movie | None) -> RawTrack | None:
    """Rows at 1 Hz from the first block on; None when the file has no readable block."""
    with path.open("rb") as file:
        try:
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file cannot be mapped
            return None
        with view:
            blocks = _blocks_by_table(view, movie.gps_table) if movie else []
            if not blocks:
                blocks = _blocks_by_scan(view)
    rows = [row for row in map(_parse, blocks) if row is not None]
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
    for time_at, status_at, numbers_at in _LAYOUTS:
        status = block[status_at : status_at + 3]
        if len(block) >= numbers_at + 16 and len(status) == 3:
            fix, north, east = (bytes([letter]) for letter in status)
            if fix in b"AV" and north in b"NS\0" and east in b"EW\0":
                utc = _parse_utc(block, time_at)
                if fix == b"V":
                    return (utc, 0.0, NAN, NAN, NAN, NAN)
                latitude, longitude, knots, course = struct.unpack_from("<4f", block, numbers_at)
                return (
                    utc,
                    1.0,
                    _degrees(latitude, negative=north == b"S"),
                    _degrees(longitude, negative=east == b"W"),
                    knots * _KNOT if 0 <= knots < 1000 else NAN,
                    course if 0 <= course <= 360 else NAN,
                )
    return None


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
    utc, fix, latitude, longitude, speed, course = rows.T
    t = np.arange(len(rows), dtype=np.float64)
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
