"""70mai dash-cam GPSData: ``unix,A|V,lat,lon,heading,speed,ax,ay,az,file.MP4,...`` below $V02."""

from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.delimited import Field, cell_number, data_rows, fill
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import head_lines, read_lines
from uploadm8.core.telemetry.track import Channel, Clock

_MARK = "$V0"


def _status(cell: str) -> float:
    return {"A": 3.0, "V": 0.0}.get(cell.strip().upper(), float("nan"))


_FIELDS = (
    Field(1, Channel.FIX, 1.0, _status),
    Field(2, Channel.LAT),
    Field(3, Channel.LON),
    Field(4, Channel.COURSE),
    Field(5, Channel.SPEED, 1 / 3.6),
)


def sniff(head: bytes) -> bool:
    """$V02 alone on the first line, or rows of that shape."""
    lines = head_lines(head, 2)
    return bool(lines) and lines[0].startswith(_MARK) and "," not in lines[0]


def read(path: Path) -> RawTrack:
    """Read the rows. Firmware does not say the unit of speed, so positions decide it.

    Raises:
        TelemetryError: telemetry_no_points.
    """
    rows = Rows()
    cells = (row for row in data_rows(read_lines(path), ",") if len(row) > 3)
    unreadable = fill(rows, cells, _FIELDS, cell_number(0))
    if not rows.count:
        raise telemetry_error(Problem.NO_POINTS)
    columns = rows.columns()
    fix = columns.get(Channel.FIX)
    return RawTrack(
        format="70mai",
        t=rows.times(),
        columns=columns,
        clock=Clock.UTC,
        speed_unit_certain=False,
        dropped={"unreadable_row": unreadable},
        warnings=["Several 70mai firmwares run 8 hours ahead; check the time against the video."],
        no_fix=None if fix is None else np.equal(fix, 0.0),
    )


FORMAT = Format("70mai", sniff, read)
