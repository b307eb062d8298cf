"""GPX 1.0 and 1.1 with every common extension, matched by local name."""

from collections.abc import Callable
from pathlib import Path

from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import decode_head
from uploadm8.core.telemetry.track import Channel, Clock
from uploadm8.core.telemetry.values import IsoTime, number
from uploadm8.core.telemetry.xml_stream import MAX_TEXT, local_name, parse_xml

_FIX = {"none": 0.0, "2d": 2.0, "3d": 3.0, "dgps": 3.0, "pps": 3.0}


def _fix(text: str) -> float:
    return _FIX.get(text.lower(), float("nan"))


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


class _Handler:
    """Expat callbacks; called millions of times, hence the flat shape."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.clock = IsoTime()
        self.segment_starts: list[int] = []
        self.others = {"wpt": 0, "rtept": 0}
        self.bad_times = 0
        self.bad_positions = 0
        self._names: dict[str, str] = {}
        self._in_point = False
        self._wanted = ""
        self._text = ""
        self._time = ""
        self._lat = self._lon = 0.0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._names.get(name) or self._remember(name)
        if self._in_point:
            self._wanted = local if local == "time" or local in _FIELDS else ""
            self._text = ""
        elif local == "trkpt":
            self._in_point = True
            self._time = ""
            self._lat = number(attributes.get("lat", ""))
            self._lon = number(attributes.get("lon", ""))
        elif local == "trkseg":
            self.segment_starts.append(self.rows.count)
        elif local in self.others:
            self.others[local] += 1

    def text(self, data: str) -> None:
        if self._wanted and len(self._text) < MAX_TEXT:
            self._text += data

    def end(self, name: str) -> None:
        if not self._in_point:
            return
        wanted = self._wanted
        if wanted:
            self._wanted = ""
            text = self._text.strip()
            if wanted == "time":
                self._time = text
            else:
                channel, parse = _FIELDS[wanted]
                self.rows.put(channel, parse(text))
        elif self._names.get(name) == "trkpt":
            self._in_point = False
            self._end_point()

    def _end_point(self) -> None:
        if not (-90.0 <= self._lat <= 90.0 and -180.0 <= self._lon <= 180.0):
            self.bad_positions += 1
            self.rows.drop_row()
            return
        self.rows.put(Channel.LAT, self._lat)
        self.rows.put(Channel.LON, self._lon)
        t = self.clock.read(self._time) if self._time else float("nan")
        self.bad_times += bool(self._time) and t != t  # noqa: PLR0124
        self.rows.end_row(t)

    def _remember(self, name: str) -> str:
        local = local_name(name)
        # GPX names are case-sensitive, extensions in the wild are not.
        local = local if local in ("trkpt", "trkseg") else local.lower()
        if len(self._names) < 4096:
            self._names[name] = local
        return local


def read(path: Path) -> RawTrack:
    """Read all track points; waypoints and routes are not a recording.

    Raises:
        TelemetryError: telemetry_no_points, telemetry_damaged, telemetry_xml_forbidden.
    """
    handler = _Handler()
    damage = parse_xml(path, handler.start, handler.end, handler.text)
    if not handler.rows.count:
        raise _nothing(damage, handler.bad_positions, handler.others)
    warnings = [damage] if damage else []
    if handler.bad_times:
        warnings.append(f"{handler.bad_times} points have a time that is not a date.")
    if handler.clock.naive:
        warnings.append("Times carry no zone; they are taken as UTC.")
    columns = handler.rows.columns()
    fix = columns.get(Channel.FIX)
    return RawTrack(
        format="gpx",
        t=handler.rows.times(),
        columns=columns,
        clock=Clock.UTC,
        segment_starts=handler.segment_starts,
        dropped={"bad_position": handler.bad_positions},
        warnings=warnings,
        no_fix=None if fix is None else fix == 0.0,
    )


def _nothing(damage: str | None, bad_positions: int, others: dict[str, int]) -> Exception:
    if damage:
        return telemetry_error(Problem.DAMAGED)
    if bad_positions:
        return telemetry_error(Problem.NO_POSITION)
    if any(others.values()):
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
