"""Racelogic VBOX .vbo, also as other apps write it."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.delimited import Cells, Field, cell_number, data_rows, fill
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.headers import parse_heading
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import decode_head, read_lines
from uploadm8.core.telemetry.time_column import unwrap_midnight
from uploadm8.core.telemetry.track import Channel, Clock, FloatArray
from uploadm8.core.telemetry.values import NAN, compact_clock, number, unix_time

_SECTION = re.compile(r"\[([a-z ]+)\]", re.IGNORECASE)
_CREATED = re.compile(r"created on (\d{1,2})/(\d{1,2})/(\d{4})", re.IGNORECASE | re.ASCII)
_VELOCITY = re.compile(r"velocity\s+(\S+)", re.IGNORECASE)
_SPEEDS = {"kmh": 1 / 3.6, "km/h": 1 / 3.6, "mph": 0.44704, "knots": 1852 / 3600, "m/s": 1.0}
_KEPT_LINES = 2_000  # of all sections before the data
_SATELLITE_BITS = 63  # 64 and 128 flag a brake trigger and DGPS

_NAMES: dict[str, Channel] = {
    "velocity": Channel.SPEED,
    "sats": Channel.SATELLITES,
    "height": Channel.ALTITUDE,
    "heading": Channel.COURSE,
    "longacc": Channel.G_LONG,
    "latacc": Channel.G_LAT,
    "vert-vel": Channel.VERTICAL_SPEED,
    "vertvel": Channel.VERTICAL_SPEED,
}


def sniff(head: bytes) -> bool:
    """Sections [header] and [column names]."""
    text = decode_head(head).lower()
    return "[column names]" in text and ("[header]" in text or "[data]" in text)


def read(path: Path) -> RawTrack:
    """Read the data section.

    `time` is UTC of day; the date is only in a remark and is the writer's local one, so around
    midnight it may be a day off. Rows of a single video with `avitime` are on its clock.

    Raises:
        TelemetryError: telemetry_no_points.
    """
    lines = read_lines(path)
    sections = _before_data(lines)
    names = " ".join(sections.get("column names", [])).lower().split()
    names = ["long" if name in ("lon", "longitude") else name for name in names]
    if "lat" not in names or "long" not in names:
        raise telemetry_error(Problem.NO_POINTS)
    rows, video = Rows(), _VideoTimes(names)
    time = cell_number(names.index("time"), _clock) if "time" in names else _no_time
    fields = _fields(names, " ".join(sections.get("header", [])))
    unreadable = fill(rows, video.watch(data_rows(lines, " ")), fields, time)
    if not rows.count:
        raise telemetry_error(Problem.NO_POINTS)
    columns = rows.columns()
    _to_degrees(columns)
    t, date = rows.times(), _date(" ".join(sections.get("", [])))
    unwrap_midnight(t)
    clock = Clock.RELATIVE if np.isnan(date) else Clock.UTC
    start_utc = None
    if clock is Clock.UTC:
        t += date
    if video.usable(rows.count):
        on_video = np.array(video.seconds)
        start_utc = float(t[0] - on_video[0]) if clock is Clock.UTC and t[0] == t[0] else None
        t, clock = on_video, Clock.VIDEO
    return RawTrack(
        format="vbox",
        t=t,
        columns=columns,
        clock=clock,
        start_utc=start_utc,
        dropped={"unreadable_row": unreadable},
    )


def _before_data(lines: Iterator[str]) -> dict[str, list[str]]:
    """Lines of each section up to [data]; what stands above the first is under ""."""
    sections: dict[str, list[str]] = {}
    name = ""
    for line in islice(lines, _KEPT_LINES):
        stripped = line.strip()
        if found := _SECTION.fullmatch(stripped):
            name = found[1].lower()
            if name == "data":
                break
        elif stripped:
            sections.setdefault(name, []).append(stripped)
    return sections


def _fields(names: Cells, header: str) -> list[Field]:
    said = _VELOCITY.search(header)
    speed = _SPEEDS.get(said[1].lower(), 1 / 3.6) if said else 1 / 3.6
    fields: dict[Channel, Field] = {}
    for index, name in enumerate(names):
        heading = parse_heading(name)
        channel = _NAMES.get(name) or (heading.channel if heading else None)
        if channel is None or channel in fields:
            continue
        factor = heading.factor if heading else 1.0
        fields[channel] = Field(
            index,
            channel,
            speed if channel is Channel.SPEED and name == "velocity" else factor,
            _satellites if channel is Channel.SATELLITES else number,
        )
    return list(fields.values())


def _satellites(cell: str) -> float:
    value = number(cell)
    return float(int(value) & _SATELLITE_BITS) if 0 <= value < 1024 else NAN


def _clock(cell: str) -> float:
    whole, point, fraction = cell.partition(".")
    return compact_clock(whole.zfill(6) + point + fraction)


def _no_time(_: Cells) -> float:
    return NAN


def _date(remark: str) -> float:
    """Midnight UTC of ``File created on DD/MM/YYYY``."""
    found = _CREATED.search(remark)
    return unix_time(int(found[3]), int(found[2]), int(found[1]), 0.0) if found else NAN


def _to_degrees(columns: dict[Channel, FloatArray]) -> None:
    """Racelogic counts total minutes, west positive; some writers put plain degrees.

    Minutes of any place further than 90 minutes from the equator give themselves away.
    """
    lat, lon = columns.get(Channel.LAT), columns.get(Channel.LON)
    if lat is None or lon is None:
        return
    with np.errstate(invalid="ignore"):
        minutes = bool((np.abs(lat) > 90.0).any() or (np.abs(lon) > 180.0).any())
    if minutes:
        lat /= 60.0
        lon /= -60.0


class _VideoTimes:
    """Notes `avitime` (ms) of every row while the rows pass by."""

    def __init__(self, names: Cells) -> None:
        self._time = names.index("avitime") if "avitime" in names else None
        self._file = names.index("avifileindex") if "avifileindex" in names else None
        self._files: set[str] = set()
        self.seconds: list[float] = []

    def watch(self, rows: Iterator[Cells]) -> Iterator[Cells]:
        for cells in rows:
            if self._time is not None:
                value = number(cells[self._time]) if self._time < len(cells) else NAN
                self.seconds.append(value / 1000.0 if value >= 0.0 else NAN)
                if self._file is not None and self._file < len(cells) and len(self._files) < 4:
                    self._files.add(cells[self._file].strip())
            yield cells

    def usable(self, rows: int) -> bool:
        """One video, and times that go on for most of the rows, none of which were left out."""
        known = [second for second in self.seconds if second == second]  # noqa: PLR0124
        return (
            len(self.seconds) == rows
            and len(self._files) <= 1
            and 2 * len(known) > rows
            and len(set(known)) > len(known) / 2
        )


FORMAT = Format("vbox", sniff, read)
