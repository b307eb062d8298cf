"""Rows of delimited text into columns: quotes, short rows, comments and decimal commas."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.track import Channel
from uploadm8.core.telemetry.values import NAN, number

MAX_CELLS = 4_096

Cells = list[str]


@dataclass(frozen=True, slots=True)
class Field:
    """One column that is wanted: where it is, what it is, and how its cells are read."""

    index: int
    channel: Channel
    factor: float = 1.0
    parse: Callable[[str], float] = number
    offset: float = 0.0


def split(line: str, delimiter: str) -> Cells:
    """Cells of one line; a blank delimiter means any white space.

    Each line stands alone: an unclosed quote spoils its own line and no other.
    """
    if delimiter == " ":
        return line.split()
    if '"' not in line:
        return line.split(delimiter, MAX_CELLS)
    if line.count('"') % 2:
        return line.replace('"', "").split(delimiter, MAX_CELLS)
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))[:MAX_CELLS]
    except (csv.Error, StopIteration):
        return line.replace('"', "").split(delimiter, MAX_CELLS)


def data_rows(lines: Iterable[str], delimiter: str, comment: str = "#") -> Iterator[Cells]:
    """Cells of every line that is neither blank nor a comment."""
    for line in lines:
        stripped = line.strip()
        if stripped and not stripped.startswith(comment):
            yield split(stripped, delimiter)


def fill(
    rows: Rows,
    cells_of_rows: Iterable[Cells],
    fields: Sequence[Field],
    time: Callable[[Cells], float],
) -> int:
    """Append rows; returns how many lines held nothing readable and were left out."""
    plan = [(f.index, f.channel, f.factor, f.parse, f.offset) for f in fields]
    unreadable = 0
    for cells in cells_of_rows:
        width = len(cells)
        found = False
        for index, channel, factor, parse, offset in plan:
            if index < width:
                value = parse(cells[index])
                if value == value:  # noqa: PLR0124 - the quick test for not NaN
                    rows.put(channel, value * factor + offset)
                    found = True
        if found:
            rows.end_row(time(cells))
        else:
            unreadable += 1
    return unreadable


def cell_number(index: int, parse: Callable[[str], float] = number) -> Callable[[Cells], float]:
    """Reads one cell of a row, NaN if the row is too short."""

    def read(cells: Cells) -> float:
        return parse(cells[index]) if index < len(cells) else NAN

    return read
