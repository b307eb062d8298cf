"""70mai dash-cam GPSData: ``unix,A|V,lat,lon,heading,speed,ax,ay,az,file.MP4,...`` below $V02."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.delimited import Cells, Field, cell_number, data_rows, fill
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.local_time import zone_offsets
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import head_lines, read_lines
from uploadm8.core.telemetry.timeline import EARLIEST_UTC
from uploadm8.core.telemetry.track import Channel, Clock, FloatArray
from uploadm8.core.telemetry.values import number, unix_time

_MARK = "$V0"
_FASTEST_KMH = 400.0
# NO20260712-195504-000000F.MP4: when the clip of the row begins, in local time.
_CLIP = re.compile(r"[A-Z]{2}(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})-", re.ASCII)
_FIRMWARE_ERRORS_S = (0.0, 8 * 3600.0)  # several firmwares take UTC for Chinese local time
_LONGEST_CLIP_S = 20 * 60.0


def _status(cell: str) -> float:
    return {"A": 3.0, "V": 0.0}.get(cell.strip().upper(), float("nan"))


_FILE = 9
_CLOCK_BEHIND = "The camera's clock is 8 hours behind UTC by the names of its clips; corrected."
_CLOCK_UNKNOWN = "Several 70mai firmwares are 8 hours off; check the time against the video."
_FIELDS = (
    Field(1, Channel.FIX, 1.0, _status),
    Field(2, Channel.LAT),
    Field(3, Channel.LON),
    Field(4, Channel.COURSE),
    Field(5, Channel.SPEED, 1 / 3.6),
)


class _Clips:
    """Notes, while rows pass by, when one of them was and when its clip began by the file name."""

    def __init__(self) -> None:
        self._seen: tuple[float, float, float, float] | None = None

    def watch(self, rows: Iterator[Cells]) -> Iterator[Cells]:
        for cells in rows:
            if self._seen is None and len(cells) > _FILE and cells[1].strip() == "A":
                found = _CLIP.match(cells[_FILE].strip())
                utc, latitude, longitude = (number(cells[i]) for i in (0, 2, 3))
                if found and utc > EARLIEST_UTC and not math.isnan(latitude + longitude):
                    year, month, day, hour, minute, second = (int(part) for part in found.groups())
                    local = unix_time(year, month, day, hour * 3600 + minute * 60 + second)
                    self._seen = (local, utc, latitude, longitude)
            yield cells

    def clock_error(self) -> float | None:
        """Seconds by which the camera's clock is behind UTC; None when nothing tells."""
        if self._seen is None:
            return None
        local, utc, latitude, longitude = self._seen
        for error in _FIRMWARE_ERRORS_S:
            for zone in zone_offsets(latitude, longitude, utc + error) or ():
                into_clip = utc + error + zone - local
                if -60.0 <= into_clip <= _LONGEST_CLIP_S:
                    return error
        return None


def _in_hundredths(columns: dict[Channel, FloatArray]) -> bool:
    """Whether a course beyond 360 or a speed no car reaches gives the newer units away."""
    course, speed = columns.get(Channel.COURSE), columns.get(Channel.SPEED)
    if course is None or speed is None:
        return False
    with np.errstate(invalid="ignore"):
        return bool((course > 360.0).any() or (speed * 3.6 > _FASTEST_KMH).any())


def sniff(head: bytes) -> bool:
    """$V02 alone on the first line, or rows of that shape."""
    lines = head_lines(head, 2)
    return bool(lines) and lines[0].startswith(_MARK) and "," not in lines[0]


def read(path: Path) -> RawTrack:
    """Read the rows, of both firmware generations.

    The older writes degrees and km/h (its positions decide, as the unit is not said), the newer
    hundredths of a degree and centimetres per second.

    Raises:
        TelemetryError: telemetry_no_points.
    """
    rows = Rows()
    clips = _Clips()
    cells = (row for row in data_rows(read_lines(path), ",") if len(row) > 3)
    unreadable = fill(rows, clips.watch(cells), _FIELDS, cell_number(0))
    if not rows.count:
        raise telemetry_error(Problem.NO_POINTS)
    columns = rows.columns()
    hundredths = _in_hundredths(columns)
    if hundredths:
        columns[Channel.COURSE] /= 100.0
        columns[Channel.SPEED] *= 3.6 / 100.0
    fix = columns.get(Channel.FIX)
    error = clips.clock_error()
    warnings = [_CLOCK_UNKNOWN] if error is None else [_CLOCK_BEHIND] if error else []
    return RawTrack(
        format="70mai",
        t=rows.times() + (error or 0.0),
        columns=columns,
        clock=Clock.UTC,
        speed_unit_certain=hundredths,
        dropped={"unreadable_row": unreadable},
        warnings=warnings,
        no_fix=None if fix is None else np.equal(fix, 0.0),
    )


FORMAT = Format("70mai", sniff, read)
