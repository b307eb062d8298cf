"""Column headings to channels and units, whatever the writer calls them."""

import re
from dataclasses import dataclass

from uploadm8.core.telemetry.track import Channel

_SPEED = {
    "m/s": 1.0,
    "mps": 1.0,
    "km/h": 1 / 3.6,
    "kmh": 1 / 3.6,
    "kph": 1 / 3.6,
    "kmph": 1 / 3.6,
    "km/hr": 1 / 3.6,
    "km/hour": 1 / 3.6,
    "m/sec": 1.0,
    "meters/second": 1.0,
    "metres/second": 1.0,
    "miles/hour": 0.44704,
    "mph": 0.44704,
    "mi/h": 0.44704,
    "kn": 1852 / 3600,
    "kt": 1852 / 3600,
    "kts": 1852 / 3600,
    "knot": 1852 / 3600,
    "knots": 1852 / 3600,
}
_LENGTH = {
    "m": 1.0,
    "meter": 1.0,
    "meters": 1.0,
    "metre": 1.0,
    "metres": 1.0,
    "ft": 0.3048,
    "feet": 0.3048,
    "km": 1000.0,
    "mi": 1609.344,
    "mile": 1609.344,
    "miles": 1609.344,
}
_ACCELERATION = {"g": 1.0, "m/s2": 1 / 9.80665, "m/s²": 1 / 9.80665, "m/s^2": 1 / 9.80665}
_TURN = {"deg": 1.0, "degree": 1.0, "degrees": 1.0, "°": 1.0, "rad": 57.29577951308232}
_SECONDS = {"s": 1.0, "sec": 1.0, "secs": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_PLAIN = dict.fromkeys(("bpm", "rpm", "w", "watts", "%", "c", "°c", "hz", "1/min", "percent"), 1.0)

_FAHRENHEIT = {"f", "°f", "degf", "deg f"}
_SEMICIRCLES = {"semicircle": 180 / 2**31, "semicircles": 180 / 2**31}
_PLACE = {**_TURN, **_SEMICIRCLES}

_UNITS: dict[Channel | None, dict[str, float]] = {
    Channel.SPEED: _SPEED,
    Channel.VERTICAL_SPEED: _SPEED,
    Channel.ALTITUDE: _LENGTH,
    Channel.DISTANCE: _LENGTH,
    Channel.G_LONG: _ACCELERATION,
    Channel.G_LAT: _ACCELERATION,
    Channel.G_VERT: _ACCELERATION,
    Channel.LEAN: _TURN,
    Channel.COURSE: _TURN,
    Channel.LAT: _PLACE,
    Channel.LON: _PLACE,
    None: _SECONDS,
}
_ALL_UNITS = {
    *_SPEED,
    *_LENGTH,
    *_ACCELERATION,
    *_PLACE,
    *_SECONDS,
    *_PLAIN,
    *_FAHRENHEIT,
}

_CHANNEL_NAMES: dict[Channel, str] = {
    Channel.LAT: "lat latitude latituden/s latitudens",
    Channel.LON: "lon lng long longitude longtitude longitudee/w longitudeew",
    Channel.ALTITUDE: "alt altmsl altgps altitude ele elev elevation height altitudemsl heightmsl",
    Channel.SPEED: "speed velocity spd groundspeed gndspd speedoverground sog speed2d vehiclespeed",
    Channel.COURSE: "course heading bearing track cog direction courseoverground azimuth",
    Channel.DISTANCE: "distance dist distancetraveled distancetravelled cumulativedistance",
    Channel.G_LONG: (
        "longitudinalacc longacc lonacc longitudinalacceleration longitudinalg glong longg lineg "
        "accelerationlongitudinal gforcelong"
    ),
    Channel.G_LAT: "lateralacc latacc lateralacceleration lateralg glat latg gforcelat",
    Channel.G_VERT: "verticalacc vertacc verticalacceleration verticalg gvert",
    Channel.LEAN: "lean leanangle",
    Channel.VERTICAL_SPEED: "verticalspeed verticalvelocity climbrate climb vspeed",
    Channel.HEART_RATE: "hr heartrate heart pulse bpm",
    Channel.CADENCE: "cad cadence",
    Channel.POWER: "power watts watt",
    Channel.TEMPERATURE: "temp temperature atemp",
    Channel.RPM: "rpm enginespeed enginerpm engrpm",
    Channel.THROTTLE: "throttle throttlepos throttleposition tps acceleratorpos pedal",
    Channel.BRAKE: "brake brakepos brakepressure",
    Channel.GEAR: "gear",
    Channel.LAP: "lap lapnumber laps lapno lapindex",
    Channel.SATELLITES: "sat sats satellites numsat satcount satnum nsat",
    Channel.HDOP: "hdop dop",
    Channel.FIX: "fix fixtype",
}
_CHANNELS = {name: channel for channel, names in _CHANNEL_NAMES.items() for name in names.split()}
_TIME_NAMES = (
    "time timestamp ts t datetime utc utctime timeutc localdatetime utcdatetime datetimeutc "
    "epoch unix unixtime utct timestampepoch unixtimestamp epochtime elapsed elapsedtime "
    "seconds sec secs millis milliseconds localtime gpstime devicetime timeofday clock "
    "lcltime sessiontime logtime recordtime timems times"
)
_TIMES = set(_TIME_NAMES.split())
_DATES = {"date", "utcdate", "dateutc", "gpsdate", "utcd", "localdate", "lcldate"}
_SPEED_NAMES = {"mph", "kmh", "kph", "kmph", "knots"}  # a unit alone names a speed

_BRACKET = re.compile(r"[(\[{]([^)\]}]*)[)\]}]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TOKEN = re.compile(r"[^\s_\-.:,;#]+")
_MAX_HEADING = 80
_NOISE = {"gps", "gnss", "obd", "can", "value", "avg", "my", "vehicle", "enhanced", "position"}


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column holds.

    Attributes:
        channel: its channel; None for a time or date.
        unit: unit named in the heading, lower case, or None.
        factor: to SI (g-forces: to g, angles: to degrees); 1 when no unit is named.
        is_date: whether it is a date without a time of day.
        name: the heading without its unit, compact.
        offset: to add after the factor, for degrees Fahrenheit.
    """

    channel: Channel | None
    unit: str | None
    factor: float
    is_date: bool
    name: str
    offset: float = 0.0


def parse_heading(cell: str) -> Heading | None:
    """Understand a heading; None when the column is nothing we know."""
    if len(cell) > _MAX_HEADING:
        return None
    text = cell.strip().strip("\"'").strip()
    unit = None
    if found := _BRACKET.search(text):
        unit = found[1].strip().lower()
        text = text[: found.start()] + " " + text[found.end() :]
    tokens = [token.lower() for token in _TOKEN.findall(_CAMEL.sub(" ", text))]
    name = "".join(tokens)
    known = _known(name, unit)
    if known:
        return known
    if len(tokens) > 1 and tokens[-1] in _ALL_UNITS:
        unit, tokens = unit or tokens[-1], tokens[:-1]
    elif len(tokens) > 2 and "/".join(tokens[-2:]) in _ALL_UNITS:
        unit, tokens = unit or "/".join(tokens[-2:]), tokens[:-2]
    plain = [token for token in tokens if token not in _NOISE]
    return _known("".join(tokens), unit) or _known("".join(plain), unit)


def _known(name: str, unit: str | None) -> Heading | None:
    if name in _SPEED_NAMES:
        return Heading(Channel.SPEED, name, _SPEED[name], False, name)
    if name in _TIMES or name in _DATES:
        if name in ("millis", "milliseconds", "timems"):
            unit = "ms"
        factor = _SECONDS.get(unit or "", 1.0)
        return Heading(None, unit if unit in _SECONDS else None, factor, name in _DATES, name)
    channel = _CHANNELS.get(name)
    if channel is None:
        return None
    if channel is Channel.TEMPERATURE and unit in _FAHRENHEIT:
        return Heading(channel, unit, 5 / 9, False, name, -160 / 9)
    scale = _UNITS.get(channel, _PLAIN).get(unit or "")
    return Heading(channel, unit if scale else None, scale or 1.0, False, name)
