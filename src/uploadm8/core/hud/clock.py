"""Local wall time of a frame."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import tzfpy

from uploadm8.core.telemetry.track import Channel, Track

_EARLIEST = datetime(1980, 1, 6, tzinfo=UTC).timestamp()  # where GPS begins to count
_LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()


class LocalClock:
    """Turns seconds on a track's clock into local time.

    The zone is the named one, else the one of the first position, else the offset the file tells,
    else UTC.
    """

    def __init__(self, track: Track, zone: str | None) -> None:
        self._start = track.start_utc
        self._zone = _zone(track, zone) if self.known else UTC

    @property
    def known(self) -> bool:
        """Whether the date is known, and not that of a clock that was never set."""
        return self._start is not None and _EARLIEST <= self._start < _LATEST

    def at(self, t: float) -> datetime:
        """Local time at `t` seconds; only when `known`."""
        return datetime.fromtimestamp((self._start or 0.0) + t, self._zone)


def _zone(track: Track, name: str | None) -> tzinfo:
    name = name or zone_name(track)
    if name:
        try:
            return ZoneInfo(name)
        except ZoneInfoNotFoundError:
            pass  # a zone newer than this machine's database
    if track.local_offset_s is not None:
        return timezone(timedelta(seconds=round(track.local_offset_s)))
    return UTC


def zone_name(track: Track) -> str | None:
    """The IANA zone of the first position; the first call loads a map of 26 MiB that stays."""
    lat, lon = track.columns.get(Channel.LAT), track.columns.get(Channel.LON)
    if lat is None or lon is None:
        return None
    both = np.flatnonzero(lat.valid & lon.valid)
    if not len(both):
        return None
    return tzfpy.get_tz(float(lon.values[both[0]]), float(lat.values[both[0]])) or None
