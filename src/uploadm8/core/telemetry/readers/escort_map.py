"""Escort M2 dash-cam .map: ``A|V,DDMMYY,HHMMSS,DDMM.MMMM,N|S,DDDMM.MMMM,E|W,km/h,ax,ay,az;``."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.delimited import Cells
from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import head_lines, read_lines
from uploadm8.core.telemetry.track import Channel, Clock
from uploadm8.core.telemetry.values import compact_utc, degrees_minutes, number

_ROW = re.compile(
    r"[AV],\d{6},\d{6}(\.\d+)?,\d{3,5}\.\d+,[NS],\d{3,6}\.\d+,[EW],", re.ASCII | re.IGNORECASE
)
_FORCES = ((8, Channel.G_LAT), (9, Channel.G_LONG), (10, Channel.G_VERT))


def sniff(head: bytes) -> bool:
    """Whether one of the first lines is such a row."""
    return any(_ROW.match(line) for line in head_lines(head, 5))


def read(path: Path) -> RawTrack:
    """Read the rows. Speed is km/h, there is no course and no altitude; V rows have no fix.

    The vertical axis is biased by 1.5 g in this camera, so its mean is taken off.
    """
    rows = Rows()
    no_fix: list[bool] = []
    unreadable = 0
    for cells in _cells(path):
        if len(cells) < 8 or cells[0].upper() not in ("A", "V"):
            unreadable += 1
            continue
        rows.put(Channel.LAT, degrees_minutes(cells[3], cells[4]))
        rows.put(Channel.LON, degrees_minutes(cells[5], cells[6]))
        rows.put(Channel.SPEED, number(cells[7]) / 3.6)
        for index, channel in _FORCES:
            if index < len(cells):
                rows.put(channel, number(cells[index]))
        no_fix.append(cells[0].upper() == "V")
        rows.end_row(compact_utc(cells[1], cells[2]))
    columns = rows.columns()
    vertical = columns.get(Channel.G_VERT)
    if vertical is not None and not np.isnan(vertical).all():
        vertical -= np.nanmean(vertical)
    return RawTrack(
        format="escort-map",
        t=rows.times(),
        columns=columns,
        clock=Clock.UTC,
        dropped={"unreadable_row": unreadable},
        no_fix=np.array(no_fix, dtype=np.bool_),
    )


def _cells(path: Path) -> Iterator[Cells]:
    for line in read_lines(path):
        if line.strip() and not line.startswith("#"):
            yield [cell.strip() for cell in line.strip().rstrip(";").split(",")]


FORMAT = Format("escort-map", sniff, read)
