"""TrackAddict CSV (RaceRender data): rows of the fast sensors, position only on GPS updates."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from uploadm8.core.telemetry.delimited import Cells, Field, cell_number, data_rows, fill, split
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.headers import parse_heading
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import head_lines, read_lines
from uploadm8.core.telemetry.track import Channel, Clock

_MARK = "# RaceRender Data"
_PREAMBLE_LINES = 200
_FROM_GPS = (Channel.LAT, Channel.LON, Channel.ALTITUDE, Channel.SPEED, Channel.COURSE)
# Accelerations are named by axis only: X across, Y along the vehicle, in g.
_AXES = {"Accel X": Channel.G_LAT, "Accel Y": Channel.G_LONG}


@dataclass(frozen=True, slots=True)
class _Layout:
    time: int
    is_utc: bool
    update: int | None
    fields: list[Field]


def sniff(head: bytes) -> bool:
    """The first line names the data."""
    lines = head_lines(head, 1)
    return bool(lines) and lines[0].startswith(_MARK)


def read(path: Path) -> RawTrack:
    """Read a session; comments may stand anywhere in it.

    Old versions have no UTC column: their date is only in the file name, so it is not known.

    Raises:
        TelemetryError: telemetry_no_points.
    """
    lines = read_lines(path)
    layouts = map(_layout, islice(lines, _PREAMBLE_LINES))
    layout = next(filter(None, layouts), None)
    if layout is None:
        raise telemetry_error(Problem.NO_POINTS)
    rows = Rows()
    fresh = _without_repeats(data_rows(lines, ","), layout)
    unreadable = fill(rows, fresh, layout.fields, cell_number(layout.time))
    return RawTrack(
        format="trackaddict",
        t=rows.times(),
        columns=rows.columns(),
        clock=Clock.UTC if layout.is_utc else Clock.RELATIVE,
        dropped={"unreadable_row": unreadable},
    )


def _layout(line: str) -> _Layout | None:
    names = [name.strip() for name in split(line, ",")]
    if "Latitude" not in names or not {"Time", "UTC Time"} & set(names):
        return None
    fields: dict[Channel, Field] = {}
    for index, name in enumerate(names):
        heading = parse_heading(name)
        channel = _AXES.get(name) or (heading.channel if heading else None)
        if channel is not None and channel not in fields:
            factor, offset = (heading.factor, heading.offset) if heading else (1.0, 0.0)
            fields[channel] = Field(index, channel, factor, offset=offset)
    utc = "UTC Time" in names
    return _Layout(
        time=names.index("UTC Time" if utc else "Time"),
        is_utc=utc,
        update=names.index("GPS_Update") if "GPS_Update" in names else None,
        fields=list(fields.values()),
    )


def _without_repeats(rows: Iterable[Cells], layout: _Layout) -> Iterator[Cells]:
    """GPS values repeat until the next fix, which GPS_Update = 1 marks: blank the repeats."""
    repeated = [field.index for field in layout.fields if field.channel in _FROM_GPS]
    update = layout.update
    for cells in rows:
        if update is not None and cells[update : update + 1] == ["0"]:
            for index in repeated:
                cells[index : index + 1] = [""] * len(cells[index : index + 1])
        yield cells


FORMAT = Format("trackaddict", sniff, read)
