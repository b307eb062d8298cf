"""Harry's GPS LapTimer CSV: dates such as 14-AUG-16, enumerations as indices into their names."""

from itertools import islice
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.delimited import Cells, Field, data_rows, fill, split
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import head_lines, read_lines
from uploadm8.core.telemetry.time_column import read_named_month
from uploadm8.core.telemetry.track import Channel, Clock
from uploadm8.core.telemetry.values import NAN, coordinate, number

_MARK = "Harry's GPS LapTimer"
_HEADER_WITHIN = 10
_FIX_NAMES = {"NOFIX": 0.0, "2D": 2.0, "3D": 3.0}

_COLUMNS: dict[str, tuple[Channel, float]] = {
    "LATITUDE": (Channel.LAT, 1.0),
    "LONGITUDE": (Channel.LON, 1.0),
    "SPEED_KPH": (Channel.SPEED, 1 / 3.6),
    "HEIGHT_M": (Channel.ALTITUDE, 1.0),
    "HEADING_DEG": (Channel.COURSE, 1.0),
    "SATELLITES": (Channel.SATELLITES, 1.0),
    "HDOP": (Channel.HDOP, 1.0),
    "DISTANCE_KM": (Channel.DISTANCE, 1000.0),
    "LATERALG": (Channel.G_LAT, 1.0),
    "LINEALG": (Channel.G_LONG, 1.0),
    "LEAN": (Channel.LEAN, 1.0),
    "RPM": (Channel.RPM, 1.0),
    "THROTTLE": (Channel.THROTTLE, 1.0),
    "GEAR": (Channel.GEAR, 1.0),
    "LAPINDEX": (Channel.LAP, 1.0),
}


def sniff(head: bytes) -> bool:
    """The first line says who wrote it."""
    lines = head_lines(head, 1)
    return bool(lines) and lines[0].strip('"').startswith(_MARK)


def read(path: Path) -> RawTrack:
    """Read a session. Its clock is local time on most devices, without a zone.

    Raises:
        TelemetryError: telemetry_no_points.
    """
    lines = read_lines(path)
    header = next((line for line in islice(lines, _HEADER_WITHIN) if "LATITUDE" in line), None)
    if header is None:
        raise telemetry_error(Problem.NO_POINTS)
    names = [name.strip() for name in split(header, ",")]
    places = {name.partition("[")[0]: index for index, name in enumerate(names)}
    fields = [
        Field(places[name], channel, factor, coordinate if name.endswith("TUDE") else number)
        for name, (channel, factor) in _COLUMNS.items()
        if name in places
    ]
    fix = places.get("GPSFIX")
    if fix is not None:
        fields.append(Field(fix, Channel.FIX, 1.0, _enumeration(names[fix])))
    rows = Rows()
    unreadable = fill(rows, data_rows(lines, ","), fields, _Clock(places).read)
    columns = rows.columns()
    fixes = columns.get(Channel.FIX)
    return RawTrack(
        format="harrys-lap-timer",
        t=rows.times(),
        columns=columns,
        clock=Clock.UTC,
        dropped={"unreadable_row": unreadable},
        warnings=["Times carry no zone and may be local; they are taken as UTC."],
        no_fix=None if fixes is None else np.equal(fixes, 0.0),
    )


def _enumeration(name: str) -> "_Fix":
    """Reader of the index into ``GPSFIX[NOFIX/2D/3D/UNKNOWN]``."""
    return _Fix(name.partition("[")[2].rstrip("]").upper().split("/"))


class _Fix:
    def __init__(self, names: list[str]) -> None:
        self._values = [_FIX_NAMES.get(name, NAN) for name in names]

    def __call__(self, cell: str) -> float:
        index = number(cell)
        return self._values[int(index)] if 0 <= index < len(self._values) else NAN


class _Clock:
    def __init__(self, places: dict[str, int]) -> None:
        self._date, self._time = places.get("DATE", -1), places.get("TIME", -1)

    def read(self, cells: Cells) -> float:
        if min(self._date, self._time) < 0 or max(self._date, self._time) >= len(cells):
            return NAN
        return read_named_month(f"{cells[self._date].strip()} {cells[self._time].strip()}")


FORMAT = Format("harrys-lap-timer", sniff, read)
