"""The GPS of a GoPro as rows: GPS9, GPS5, or the streams of the Karma drone."""

from dataclasses import dataclass

import numpy as np

from uploadm8.core.telemetry.gpmf.klv import Item
from uploadm8.core.telemetry.gpmf.streams import Stream
from uploadm8.core.telemetry.track import BoolArray, Channel, FloatArray
from uploadm8.core.telemetry.values import NAN, number, unix_time

_DAYS_EPOCH = 946_684_800.0  # 2000-01-01, from which GPS9 counts days
_DOP_UNKNOWN = 99.0  # 9999 hundredths: the receiver does not know
_MAX_STRAY_S = 1.0
# Best first: GPS9 has time, fix and DOP with every sample.
_PREFERRED = ("GPS9", "GPS5", "GLPI", "GPRI")


@dataclass(frozen=True, slots=True)
class GpsRows:
    """Rows of one GPS stream.

    Attributes:
        stream: they are from.
        columns: by channel, NaN where absent.
        no_fix: rows without a position fix.
        utc: Unix seconds of the rows that carry one, else NaN.
        datum: of the altitude.
    """

    stream: Stream
    columns: dict[Channel, FloatArray]
    no_fix: BoolArray
    utc: FloatArray
    datum: str


def read_gps(streams: list[Stream]) -> GpsRows | None:
    """The rows of the best GPS stream; None when the camera has none (HERO12)."""
    for key in _PREFERRED:
        found = [stream for stream in streams if stream.key == key and _wide_enough(stream)]
        if found:
            best = max(found, key=lambda stream: stream.counts.sum())
            return _karma_rows(best) if key in ("GLPI", "GPRI") else _gps_rows(best)
    return None


_COLUMNS = {"GPS9": 9, "GPS5": 5, "GLPI": 9, "GPRI": 4}


def _wide_enough(stream: Stream) -> bool:
    widths = {piece.values.shape[1] for piece in stream.pieces}
    return len(widths) == 1 and min(widths) >= _COLUMNS[stream.key]


def _gps_rows(stream: Stream) -> GpsRows:
    values = stream.values()
    if stream.key == "GPS9":
        fix, dop = values[:, 8], values[:, 7]
        utc = _DAYS_EPOCH + values[:, 5] * 86400.0 + values[:, 6]
    else:
        fix, dop = stream.note("GPSF", NAN), stream.note("GPSP", NAN) / 100
        utc = _first_of_payload_utc(stream)
    columns = {
        Channel.LAT: values[:, 0],
        Channel.LON: values[:, 1],
        Channel.ALTITUDE: values[:, 2],
        Channel.SPEED: values[:, 3],
        Channel.FIX: fix,
        Channel.HDOP: np.where(dop < _DOP_UNKNOWN, dop, NAN),
    }
    sea_level = any("MSLV" in _text(piece.notes.get("GPSA")) for piece in stream.pieces)
    return GpsRows(stream, columns, fix < 2, utc, "msl" if sea_level else "wgs84")


def _karma_rows(stream: Stream) -> GpsRows:
    """The drone: GLPI has velocity and heading, GPRI the raw receiver with its UTC."""
    values = stream.values()
    columns = {
        Channel.LAT: values[:, 1],
        Channel.LON: values[:, 2],
        Channel.ALTITUDE: values[:, 3],
    }
    utc = np.full(len(values), NAN)
    if stream.key == "GLPI":
        columns[Channel.SPEED] = np.hypot(values[:, 5], values[:, 6])
    else:
        utc = values[:, 0]
    nowhere = (values[:, 1] == 0) & (values[:, 2] == 0)
    return GpsRows(stream, columns, nowhere, utc, "msl")


def start_utc(rows: GpsRows, t: FloatArray) -> float | None:
    """Unix seconds of t = 0: the median over rows with a fix, strays of over 1 s left out.

    The first stamps after a receiver finds its satellites jump by seconds, so none is trusted
    alone.
    """
    start = rows.utc - t
    start = start[~rows.no_fix & np.isfinite(start)]
    if not len(start):
        return None
    near = start[np.abs(start - np.median(start)) <= _MAX_STRAY_S]
    # Two stamps far apart have their median between them, and neither near it.
    return float(np.median(near)) if len(near) else None


def _first_of_payload_utc(stream: Stream) -> FloatArray:
    """GPSU belongs to the first sample of its payload."""
    utc = np.full(int(stream.counts.sum()), NAN)
    at = 0
    for piece in stream.pieces:
        utc[at] = _parse_utc(_text(piece.notes.get("GPSU")))
        at += len(piece.values)
    return utc


def _parse_utc(text: str) -> float:
    """``yymmddhhmmss.sss``."""
    if len(text) < 12 or not text[:12].isascii() or not text[:12].isdigit():
        return NAN
    year, month, day, hour, minute = (int(text[i : i + 2]) for i in range(0, 10, 2))
    seconds = hour * 3600.0 + minute * 60.0 + number(text[10:])
    return unix_time(2000 + year, month, day, seconds)


def _text(item: Item | None) -> str:
    return "" if item is None else item.text
