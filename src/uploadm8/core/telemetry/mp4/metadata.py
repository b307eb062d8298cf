"""Where and when a phone says it filmed: user data, QuickTime keys, ISO 6709, ISO 8601."""

import re
from dataclasses import dataclass
from datetime import datetime

from uploadm8.core.telemetry.mp4.boxes import Box, children, find

_MAX_VALUE = 1 << 20
_MAX_KEYS = 4096
# ISO 6709, annex H: degrees as decimals; DDMM and DDMMSS forms have more whole digits.
_ISO6709 = re.compile(
    r"([+-]\d{1,6}(?:\.\d{1,12})?)([+-]\d{1,7}(?:\.\d{1,12})?)([+-]\d{1,5}(?:\.\d{1,6})?)?"
)
_LOCATION_KEYS = ("com.apple.quicktime.location.ISO6709", "location", "location-eng")
CREATION_KEY = "com.apple.quicktime.creationdate"


@dataclass(frozen=True, slots=True)
class Place:
    """One position: degrees WGS84, metres or None."""

    latitude: float
    longitude: float
    altitude: float | None


def read_user_data(data: bytes, box: Box | None) -> dict[bytes, bytes]:
    """Payloads by four-character code; the first of a kind counts."""
    found: dict[bytes, bytes] = {}
    if box is not None:
        for child in children(data, box.start, box.end):
            if child.end - child.start <= _MAX_VALUE and len(found) < _MAX_KEYS:
                found.setdefault(child.kind, data[child.start : child.end])
    return found


def read_keys(data: bytes, index: Box) -> dict[str, str]:
    """The texts of ``meta`` (handler ``mdta``): names in ``keys``, values in ``ilst``."""
    meta = find(data, index, b"meta") or find(data, index, b"udta", b"meta")
    if meta is None:
        return {}
    if find(data, meta, b"keys") is None:
        meta = Box(b"meta", meta.start + 4, meta.end)  # as a full box, with version and flags
    keys, values = find(data, meta, b"keys"), find(data, meta, b"ilst")
    if keys is None or values is None:
        return {}
    names = [
        data[key.start : key.end].decode("utf-8", "replace")
        for key in children(data, keys.start + 8, keys.end)
    ][:_MAX_KEYS]
    found: dict[str, str] = {}
    for value in children(data, values.start, values.end):
        number = int.from_bytes(value.kind, "big")
        payload = find(data, value, b"data")
        if payload is not None and 0 < number <= len(names):
            text = data[payload.start + 8 : min(payload.end, payload.start + _MAX_VALUE)]
            found.setdefault(names[number - 1], text.decode("utf-8", "replace"))
    return found


def read_place(user_data: dict[bytes, bytes], keys: dict[str, str]) -> Place | None:
    """The position a phone noted for the whole clip, if any."""
    texts = [keys[name] for name in _LOCATION_KEYS if name in keys]
    location = user_data.get(b"\xa9xyz")
    if location is not None:
        # QuickTime text: length, language, then the text.
        texts.append(location[4:].decode("ascii", "replace"))
    for text in texts:
        place = parse_iso6709(text)
        if place is not None:
            return place
    return _parse_loci(user_data.get(b"loci", b""))


def _parse_loci(payload: bytes) -> Place | None:
    """3GPP TS 26.244, 8.10: version, language, name, role, then three 16.16 fixed numbers."""
    end_of_name = payload.find(b"\0", 6)
    numbers = payload[end_of_name + 2 : end_of_name + 14]
    if end_of_name < 0 or len(numbers) < 12:
        return None
    longitude, latitude, altitude = (
        int.from_bytes(numbers[i : i + 4], "big", signed=True) / 65536 for i in (0, 4, 8)
    )
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        return None
    return Place(latitude, longitude, altitude)


def parse_iso6709(text: str) -> Place | None:
    """``+33.1267-117.3273+022.900/`` as a Place; None if it is none, or no fix (0, 0)."""
    match = _ISO6709.match(text.strip())
    if match is None or not text.isascii():
        return None
    latitude, longitude = _degrees(match[1], 2), _degrees(match[2], 3)
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        return None
    return Place(latitude, longitude, float(match[3]) if match[3] else None)


def _degrees(text: str, width: int) -> float:
    """Degrees from ±D.D, ±DDMM.M or ±DDMMSS.S, told apart by the number of whole digits."""
    sign = -1.0 if text[0] == "-" else 1.0
    whole, _, fraction = text[1:].partition(".")
    if len(whole) <= width:
        return sign * float(text[1:])
    degrees, rest = float(whole[:width]), whole[width:]
    minutes = float(rest[:2] + ("." + fraction if len(rest) <= 2 and fraction else ""))
    seconds = float(rest[2:] + ("." + fraction if fraction else "")) if len(rest) > 2 else 0.0
    return sign * (degrees + minutes / 60 + seconds / 3600)


def parse_creation(text: str) -> tuple[float, float] | None:
    """``2025-06-01T03:00:00-0700`` as Unix seconds and local minus UTC; None without a zone."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    offset = moment.utcoffset()
    if offset is None or moment.year < 1990:
        return None
    return moment.timestamp(), offset.total_seconds()
