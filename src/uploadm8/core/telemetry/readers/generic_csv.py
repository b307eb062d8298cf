"""Any table with a heading row: delimiter, decimal comma, units and time format are found out."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.delimited import Cells, Field, data_rows, fill, split
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.headers import Heading, parse_heading
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import head_lines, read_lines
from uploadm8.core.telemetry.time_column import (
    TimeColumn,
    compact_clocks,
    compact_dates,
    date_order,
    date_seconds,
    detect,
    unwrap_midnight,
)
from uploadm8.core.telemetry.track import Channel, Clock, FloatArray
from uploadm8.core.telemetry.values import (
    NAN,
    clock_seconds,
    comma_number,
    compact_clock,
    coordinate,
    number,
)

HEADER_WITHIN = 60  # a heading row comes within so many lines
_DELIMITERS = (",", ";", "\t", "|", " ")
_SAMPLE_ROWS = 200
_MAX_HEADER = 8_192  # characters; a longer line is no heading row
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+", re.ASCII)
_SMALLEST_INTEGERS = 1e5  # in ten-millionths this is a centimetre; in degrees it is nothing
_MILES = ("mph", "mi/h")


@dataclass(frozen=True, slots=True)
class Header:
    """A heading row: its delimiter and what each column is."""

    delimiter: str
    headings: list[Heading | None]

    def columns(self, channel: Channel | None) -> list[int]:
        """Indices of the columns of a channel, those with a unit first."""
        found = [i for i, h in enumerate(self.headings) if h is not None and h.channel is channel]
        return sorted(found, key=lambda i: getattr(self.headings[i], "unit", None) is None)


def read_header(line: str) -> Header | None:
    """The line as a heading row, if it names a position, or a time and a speed."""
    best: Header | None = None
    most = 0
    if len(line) > _MAX_HEADER:
        return None
    for delimiter in _DELIMITERS:
        if best is not None and delimiter == " ":
            break  # blanks between names that another delimiter separates
        headings = [parse_heading(cell) for cell in split(line.lstrip("#% "), delimiter)]
        known = {h.channel for h in headings if h is not None}
        position = {Channel.LAT, Channel.LON} <= known
        if len(known) > most and (position or {None, Channel.SPEED} <= known):
            best, most = Header(delimiter, headings), len(known)
    return best


def sniff(head: bytes) -> bool:
    """Whether one of the first lines is a heading row."""
    return any(read_header(line) for line in head_lines(head, HEADER_WITHIN))


def read(path: Path) -> RawTrack:
    """Read the table below the first heading row.

    Raises:
        TelemetryError: telemetry_no_points.
    """
    lines = read_lines(path)
    header = next(
        (h for line in islice(lines, HEADER_WITHIN) if line.strip() and (h := read_header(line))),
        None,
    )
    if header is None:
        raise telemetry_error(Problem.NO_POINTS)
    return read_table(header, lines, "csv")


def read_table(header: Header, lines: Iterable[str], name: str) -> RawTrack:
    """Read the rows below `header`.

    Raises:
        TelemetryError: telemetry_no_points.
    """
    rows_of_cells = data_rows(lines, header.delimiter)
    first = list(islice(rows_of_cells, _SAMPLE_ROWS))
    header, first = _with_units_row(header, first)
    if not first:
        raise telemetry_error(Problem.NO_POINTS)
    warnings: list[str] = []
    fields = _fields(header, first, warnings)
    clock, read_time, time_of_day = _time(header, first, warnings)
    rows = Rows()
    unreadable = fill(rows, chain(first, rows_of_cells), fields, read_time)
    t, columns = rows.times(), rows.columns()
    if time_of_day:
        unwrap_midnight(t)
    _integers_to_degrees(columns)
    speeds = header.columns(Channel.SPEED)
    certain = not speeds or _heading(header, speeds[0]).unit is not None
    return RawTrack(
        format=name,
        t=t,
        columns=columns,
        clock=clock,
        altitude_datum=None,
        speed_unit_certain=certain,
        dropped={"unreadable_row": unreadable},
        warnings=warnings,
    )


def _integers_to_degrees(columns: dict[Channel, FloatArray]) -> None:
    """Flight controllers and receivers count ten-millionths of a degree."""
    if not {Channel.LAT, Channel.LON} <= columns.keys():
        return
    place = np.stack((columns[Channel.LAT], columns[Channel.LON]))
    if np.isnan(place).all(axis=1).any():
        return
    usual = np.nanmedian(np.abs(place), axis=1)
    if usual.min() > _SMALLEST_INTEGERS and usual.max() <= 1.8e9:
        columns[Channel.LAT], columns[Channel.LON] = place / 1e7


def _heading(header: Header, index: int) -> Heading:
    heading = header.headings[index]
    if heading is None:
        raise IndexError(index)
    return heading


def _with_units_row(header: Header, first: list[Cells]) -> tuple[Header, list[Cells]]:
    """A row without any number below the headings holds their units."""
    if not first or any(not math.isnan(comma_number(cell)) for cell in first[0]):
        return header, first
    if any(_looks_like_time(cell) for cell in first[0]):
        return header, first
    units = [*first[0], *[""] * len(header.headings)]
    headings = [
        parse_heading(f"{h.name} [{unit}]") if h is not None and h.unit is None and unit else h
        for h, unit in zip(header.headings, units, strict=False)
    ]
    return Header(header.delimiter, headings), first[1:]


def _looks_like_time(cell: str) -> bool:
    return ":" in cell and cell[:1].isdigit()


def _fields(header: Header, first: list[Cells], warnings: list[str]) -> list[Field]:
    decimal_comma = header.delimiter != "," and any(
        _DECIMAL_COMMA.fullmatch(cell.strip()) for cells in first for cell in cells
    )
    parse = comma_number if decimal_comma else number
    fields = []
    for channel in Channel:
        for index in header.columns(channel)[:1]:
            place = channel in (Channel.LAT, Channel.LON)
            heading = _heading(header, index)
            read = coordinate if place else parse
            fields.append(Field(index, channel, heading.factor, read, heading.offset))
    return _altitude_in_feet(header, fields, warnings)


def _altitude_in_feet(header: Header, fields: list[Field], warnings: list[str]) -> list[Field]:
    """Writers that say mph but name no unit of altitude mean feet, as our old clients do."""
    units = {f.channel: _heading(header, f.index).unit for f in fields}
    if units.get(Channel.SPEED) not in _MILES or units.get(Channel.ALTITUDE, "m") is not None:
        return fields
    warnings.append("Altitude names no unit; beside a speed in mph it is taken as feet.")
    return [replace(f, factor=0.3048) if f.channel is Channel.ALTITUDE else f for f in fields]


def _time(
    header: Header, first: list[Cells], warnings: list[str]
) -> tuple[Clock, Callable[[Cells], float], bool]:
    """The best clock among the time columns: with a date, else relative; NaN without any."""
    found: list[tuple[int, TimeColumn]] = []
    date: int | None = None
    for index in header.columns(None):
        heading = _heading(header, index)
        sample = [cells[index] for cells in first if index < len(cells)]
        column = detect(sample, heading.factor)
        if heading.is_date and not any(":" in cell for cell in sample):
            date = index
        else:
            found.append((index, column))
    dated = next(((i, c) for i, c in found if c.clock is Clock.UTC), None)
    if dated is None and date is not None:
        sample = [cells[date] for cells in first if date < len(cells)]
        for index, column in found:
            if column.is_time_of_day:
                return Clock.UTC, _date_and_time(date, sample, index, warnings), False
            clocks = [cells[index] for cells in first if index < len(cells)]
            if compact_dates(sample) and compact_clocks(clocks):
                return Clock.UTC, _date_and_time(date, sample, index, warnings), False
    if not found:
        return Clock.RELATIVE, lambda _: NAN, False
    index, column = dated or found[0]
    if column.warning:
        warnings.append(column.warning)
    read = column.read

    def read_time(cells: Cells) -> float:
        return read(cells[index]) if index < len(cells) else NAN

    return column.clock, read_time, column.is_time_of_day


def _date_and_time(
    date: int, sample: list[str], clock: int, warnings: list[str]
) -> Callable[[Cells], float]:
    order, warning = date_order(sample)
    if warning:
        warnings.append(warning)

    def read_time(cells: Cells) -> float:
        if max(date, clock) >= len(cells):
            return NAN
        time = cells[clock].strip()
        seconds = clock_seconds(time) if ":" in time else compact_clock(time)
        return date_seconds(cells[date], order) + seconds

    return read_time


FORMAT = Format("csv", sniff, read)
