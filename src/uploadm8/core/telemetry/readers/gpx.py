"""GPX 1.0 and 1.1 with every common extension, matched by local name."""

from collections.abc import Callable, Mapping
from pathlib import Path

from uploadm8.core.telemetry.alike_points import AlikePoints
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.text import decode_head
from uploadm8.core.telemetry.track import Channel
from uploadm8.core.telemetry.values import NAN, number
from uploadm8.core.telemetry.xml_points import XmlPoints
from uploadm8.core.telemetry.xml_stream import file_chunks

_FIX = {"none": 0.0, "2d": 2.0, "3d": 3.0, "dgps": 3.0, "pps": 3.0}


def _fix(text: str) -> float:
    return _FIX.get(text.strip().lower(), NAN)


# Garmin TrackPointExtension v1 and v2, PowerExtension, ClueTrust gpxdata, GPX 1.0, plain Strava:
# the prefixes and the nesting differ from writer to writer, the local names do not.
_FIELDS: dict[str, tuple[Channel, Callable[[str], float]]] = {
    "ele": (Channel.ALTITUDE, number),
    "speed": (Channel.SPEED, number),
    "course": (Channel.COURSE, number),
    "bearing": (Channel.COURSE, number),
    "hr": (Channel.HEART_RATE, number),
    "heartrate": (Channel.HEART_RATE, number),
    "cad": (Channel.CADENCE, number),
    "cadence": (Channel.CADENCE, number),
    "runcadence": (Channel.CADENCE, number),
    "power": (Channel.POWER, number),
    "watts": (Channel.POWER, number),
    "powerinwatts": (Channel.POWER, number),
    "atemp": (Channel.TEMPERATURE, number),
    "temp": (Channel.TEMPERATURE, number),
    "temperature": (Channel.TEMPERATURE, number),
    "rpm": (Channel.RPM, number),
    "sat": (Channel.SATELLITES, number),
    "hdop": (Channel.HDOP, number),
    "fix": (Channel.FIX, _fix),
}

_TAG = "trkpt"
_NUMBERS = {name: channel for name, (channel, parse) in _FIELDS.items() if parse is number}


class _Gpx(XmlPoints):
    POINT = _TAG
    FIELDS = _FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.others = {"wpt": 0, "rtept": 0}
        self._lat = self._lon = NAN

    def outer(self, local: str) -> None:
        if local == "trkseg":
            self.segment_starts.append(self.rows.count)
        elif local in self.others:
            self.others[local] += 1

    def begin(self, attributes: Mapping[str, str]) -> None:
        self._lat = number(attributes.get("lat", ""))
        self._lon = number(attributes.get("lon", ""))

    def keep(self) -> bool:
        if not (-90.0 <= self._lat <= 90.0 and -180.0 <= self._lon <= 180.0):
            self.bad_positions += 1
            return False
        self.rows.put(Channel.LAT, self._lat)
        self.rows.put(Channel.LON, self._lon)
        return True


def read(path: Path) -> RawTrack:
    """Read all track points; waypoints and routes are not a recording.

    Raises:
        TelemetryError: telemetry_no_points, telemetry_no_position, telemetry_damaged,
            telemetry_xml_forbidden.
    """
    gpx = _Gpx()
    alike = AlikePoints(gpx, _NUMBERS)
    if alike.read(path):
        damage = alike.damage
    else:
        gpx = _Gpx()
        damage = gpx.parse(file_chunks(path))
    if not gpx.rows.count:
        raise _nothing(damage, gpx)
    return gpx.raw("gpx", damage)


def _nothing(damage: str | None, gpx: _Gpx) -> Exception:
    if damage:
        return telemetry_error(Problem.DAMAGED)
    if gpx.bad_positions:
        return telemetry_error(Problem.NO_POSITION)
    if any(gpx.others.values()):
        return telemetry_error(
            Problem.NO_POINTS,
            "The file holds waypoints or a planned route, but no recorded track.",
        )
    return telemetry_error(Problem.NO_POINTS)


def sniff(head: bytes) -> bool:
    """XML with a gpx root element."""
    text = decode_head(head)
    return text.startswith("<") and ("<gpx" in text or ":gpx" in text)


FORMAT = Format("gpx", sniff, read)
