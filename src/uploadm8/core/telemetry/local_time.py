"""Local time at a place: zone and summer time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzfpy


def zone_offsets(latitude: float, longitude: float, utc: float) -> tuple[float, float] | None:
    """Local time minus UTC in seconds at a place and time: with summer time, and without."""
    try:
        zone = ZoneInfo(tzfpy.get_tz(longitude, latitude))
        moment = datetime.fromtimestamp(utc, UTC).astimezone(zone)
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        return None
    offset, summer = moment.utcoffset(), moment.dst()
    if offset is None:
        return None
    standard = offset - summer if summer is not None else offset
    return offset.total_seconds(), standard.total_seconds()
