"""RaceChrono CSV: version 3 with rows of units and sources, older ones without."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from uploadm8.core.telemetry.delimited import Cells, Field, cell_number, data_rows, fill, split
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.headers import Heading, parse_heading
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import head_lines, read_lines
from uploadm8.core.telemetry.time_column import detect
from uploadm8.core.telemetry.track import Channel

_MARK = "This file is created using RaceChrono"
_PREAMBLE_LINES = 100
_SAMPLE_ROWS = 50
# Names repeat, once per source: the receiver is asked first, what was computed last.
_SOURCES = ("gps", "acc", "gyro", "canbus", "obd", "calc")
_SPEED_UNITS = {"m/s", "km/h", "mph", "kph", "knots"}


@dataclass(frozen=True, slots=True)
class _Column:
    index: int
    heading: Heading
    source: int  # rank; smaller is better


def sniff(head: bytes) -> bool:
    """The first line says who wrote it."""
    lines = head_lines(head, 1)
    return bool(lines) and _MARK in lines[0]


def read(path: Path) -> RawTrack:
    """Read an export of any version.

    Times repeat where a slow and a fast channel meet; the cleaning merges such rows.

    Raises:
        TelemetryError: telemetry_no_points.
    """
    lines = read_lines(path)
    names = _headings(lines)
    if names is None:
        raise telemetry_error(Problem.NO_POINTS)
    rows_of_cells = data_rows(lines, ",")
    first = list(islice(rows_of_cells, _SAMPLE_ROWS))
    units, sources, first = _units_and_sources(first)
    columns = _columns(names, units, sources)
    time = next((c for c in columns if c.heading.channel is None), None)
    if not first or time is None:
        raise telemetry_error(Problem.NO_POINTS)
    samples = [cells[time.index] for cells in first if time.index < len(cells)]
    clock = detect(samples, time.heading.factor)
    rows = Rows()
    unreadable = fill(
        rows, chain(first, rows_of_cells), _fields(columns), cell_number(time.index, clock.read)
    )
    speed = [c for c in columns if c.heading.channel is Channel.SPEED]
    return RawTrack(
        format="racechrono",
        t=rows.times(),
        columns=rows.columns(),
        clock=clock.clock,
        speed_unit_certain=any(c.heading.unit for c in speed),
        dropped={"unreadable_row": unreadable},
        warnings=[clock.warning] if clock.warning else [],
    )


def _headings(lines: Iterator[str]) -> Cells | None:
    """The heading row below the preamble of ``Key,Value`` lines."""
    for line in islice(lines, _PREAMBLE_LINES):
        cells = split(line, ",")
        known = {h.channel for cell in cells if (h := parse_heading(cell)) is not None}
        if len(cells) > 3 and None in known and len(known) > 2:
            return cells
    return None


def _units_and_sources(first: list[Cells]) -> tuple[Cells, Cells, list[Cells]]:
    """Version 3 puts a row of units and one of sources, such as ``100: gps``, above the data."""
    units: Cells = []
    sources: Cells = []
    if first and any(cell.strip() in _SPEED_UNITS for cell in first[0]):
        units, first = first[0], first[1:]
    if first and not first[0][0].strip() and any(cell.strip() for cell in first[0]):
        sources, first = first[0], first[1:]
    return units, sources, first


def _columns(names: Cells, units: Cells, sources: Cells) -> list[_Column]:
    columns = []
    for index, name in enumerate(names):
        unit = units[index].strip() if index < len(units) else ""
        source = sources[index].partition(":")[2].strip() if index < len(sources) else ""
        heading = parse_heading(f"{name} [{unit}]" if unit else name)
        if heading is not None:
            rank = _SOURCES.index(source) if source in _SOURCES else len(_SOURCES)
            columns.append(_Column(index, heading, rank))
    return columns


def _fields(columns: list[_Column]) -> list[Field]:
    """The best column of each channel; elapsed time and the like are no channels."""
    best: dict[Channel, _Column] = {}
    for column in columns:
        channel = column.heading.channel
        if channel is None:
            continue
        known = best.get(channel)
        if known is None or column.source < known.source:
            best[channel] = column
    return [
        Field(c.index, channel, c.heading.factor, offset=c.heading.offset)
        for channel, c in best.items()
    ]


FORMAT = Format("racechrono", sniff, read)
