"""Rows ``timestamp,lat,lon,speed_mph,altitude`` without headings, as older clients send them."""

from itertools import pairwise
from pathlib import Path

from uploadm8.core.telemetry.delimited import Cells, split
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.headers import parse_heading
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.readers.generic_csv import Header, read_table
from uploadm8.core.telemetry.text import head_lines, read_lines
from uploadm8.core.telemetry.values import number

_HEADINGS = [parse_heading(name) for name in ("timestamp", "lat", "lon", "speed_mph", "altitude")]
_SNIFF_LINES = 12


def _cells(line: str) -> tuple[str, Cells]:
    delimiter = "," if "," in line else " "
    return delimiter, split(line, delimiter)


def _is_row(line: str) -> bool:
    """Three to five cells, the second and third of which are a latitude and a longitude."""
    _, cells = _cells(line)
    if not 3 <= len(cells) <= 5 or not cells[0][:1].isdigit():
        return False
    lat, lon = number(cells[1]), number(cells[2])
    return -90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0


def sniff(head: bytes) -> bool:
    """Whether nearly all of the first lines are such rows, in order of time."""
    lines = [line for line in head_lines(head, _SNIFF_LINES) if not line.startswith("#")]
    whole = lines[:-1] if len(lines) > 1 else lines
    rows = [line for line in whole if _is_row(line)]
    times = [number(_cells(line)[1][0]) for line in rows]
    in_order = sum(b < a for a, b in pairwise(times)) <= 1
    return bool(rows) and len(rows) >= 0.8 * len(whole) and in_order


def read(path: Path) -> RawTrack:
    """Read the rows; the fourth column is mph by that contract, unless positions prove otherwise.

    Raises:
        TelemetryError: telemetry_no_points.
    """
    with path.open("rb") as file:
        lines = head_lines(file.read(4096), _SNIFF_LINES)
    data = [line for line in lines if not line.startswith("#")]
    delimiter = _cells(data[0])[0] if data else ","
    return read_table(Header(delimiter, _HEADINGS), read_lines(path), "positional-csv")


FORMAT = Format("positional-csv", sniff, read)
