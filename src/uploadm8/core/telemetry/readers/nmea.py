"""NMEA 0183: RMC, GGA, VTG, GSA of any talker, and the g-sensor lines of dash-cams."""

import re
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import head_lines, read_lines
from uploadm8.core.telemetry.time_column import unwrap_midnight
from uploadm8.core.telemetry.track import Channel, Clock, FloatArray
from uploadm8.core.telemetry.values import (
    compact_clock,
    compact_utc,
    degrees_minutes,
    number,
)

KNOT = 1852 / 3600
_DAY = 86_400.0
# A prefix in brackets (BlackVue) or any logger's own stamp may stand before the sentence.
_SENTENCE = re.compile(r"\$(G[PNLABQ]|BD|QZ)([A-Z]{3}),([^*\r\n]*)(?:\*([0-9A-Fa-f]{2}))?")
_MOST_G = 20.0  # beyond it the sensor counts thousandths of g
_SENSOR = re.compile(r"\$GSENSORD?,([^,*]+),([^,*]+),([^,*]+)")

Cells = list[str]


def sniff(head: bytes) -> bool:
    """Whether two of the first lines, or the only one, are NMEA sentences."""
    lines = head_lines(head, 40)
    found = sum(1 for line in lines if _SENTENCE.search(line[:120]))
    return found >= min(2, len(lines)) > 0


class _Epochs:
    """Sentences of equal time make one row."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.no_fix: list[bool] = []
        self.sentences = self.bad_checksums = 0
        self.checked = True
        self._clock = ""
        self._date = ""
        self._row_date = ""
        self._fix: bool | None = None
        self._open = False

    def take(self, kind: str, cells: Cells) -> None:
        handler = _HANDLERS.get(kind)
        if handler is None:
            return
        width, needs_time = handler[1], handler[2]
        cells += [""] * (width - len(cells))
        if needs_time:
            self._at(cells[0])
        if self._open or needs_time:
            handler[0](self, cells)

    def _at(self, clock: str) -> None:
        if self._open and clock != self._clock:
            self.close()
        self._clock = clock
        self._open = True

    def close(self) -> None:
        if not self._open:
            return
        t = compact_utc(self._date, self._clock) if self._date else compact_clock(self._clock)
        self.no_fix.append(self._fix is False)
        self.rows.end_row(t)
        self._open = False
        self._fix = None

    def rmc(self, c: Cells) -> None:
        if c[8]:
            self._date = c[8]
        self._see_fix(c[1].upper() == "A")
        self._position(c[2:6])
        self.rows.put(Channel.SPEED, number(c[6]) * KNOT)
        self.rows.put(Channel.COURSE, number(c[7]))

    def gga(self, c: Cells) -> None:
        quality = number(c[5])
        self._see_fix(quality > 0)
        self._position(c[1:5])
        self.rows.put(Channel.SATELLITES, number(c[6]))
        self.rows.put(Channel.HDOP, number(c[7]))
        self.rows.put(Channel.ALTITUDE, number(c[8]))

    def vtg(self, c: Cells) -> None:
        self.rows.put(Channel.COURSE, number(c[0]))
        self.rows.put(Channel.SPEED, number(c[6]) / 3.6)

    def gsa(self, c: Cells) -> None:
        fix = number(c[1])
        self.rows.put(Channel.FIX, 0.0 if fix == 1.0 else fix)

    def sensor(self, values: tuple[str, ...]) -> None:
        if self._open:
            for channel, text in zip(_SENSOR_AXES, values, strict=True):
                value = number(text)
                self.rows.put(channel, value / 1000.0 if abs(value) > _MOST_G else value)

    def _see_fix(self, fix: bool) -> None:
        self._fix = fix if self._fix is None else self._fix and fix

    def _position(self, c: Cells) -> None:
        lat, lon = degrees_minutes(c[0], c[1]), degrees_minutes(c[2], c[3])
        if lat == lat and lon == lon:  # noqa: PLR0124 - both are numbers
            self.rows.put(Channel.LAT, lat)
            self.rows.put(Channel.LON, lon)


_SENSOR_AXES = (Channel.G_LAT, Channel.G_LONG, Channel.G_VERT)
_HANDLERS = {
    "RMC": (_Epochs.rmc, 11, True),
    "GGA": (_Epochs.gga, 14, True),
    "VTG": (_Epochs.vtg, 9, False),
    "GSA": (_Epochs.gsa, 17, False),
}


def read(path: Path) -> RawTrack:
    """Read a log; speed is knots on the wire, altitude above mean sea level.

    Raises:
        TelemetryError: telemetry_no_points.
    """
    epochs = _read_epochs(path, checked=True)
    if epochs.bad_checksums > epochs.sentences / 2:
        # Not a damaged file but a writer that cannot count: the sentences themselves may be fine.
        epochs = _read_epochs(path, checked=False)
    if not epochs.rows.count:
        raise telemetry_error(Problem.NO_POINTS)
    return _raw(epochs)


def _read_epochs(path: Path, *, checked: bool) -> _Epochs:
    epochs = _Epochs()
    epochs.checked = checked
    for line in read_lines(path):
        if found := _SENTENCE.search(line):
            epochs.sentences += 1
            if _checksum_is_wrong(found):
                epochs.bad_checksums += 1
                if checked:
                    continue
            epochs.take(found[2], found[3].split(","))
        elif sensor := _SENSOR.search(line):
            epochs.sensor(sensor.groups())
    epochs.close()
    return epochs


def _checksum_is_wrong(found: re.Match[str]) -> bool:
    if found[4] is None:
        return False
    total = 0
    for byte in f"{found[1]}{found[2]},{found[3]}".encode():
        total ^= byte
    return total != int(found[4], 16)


def _raw(epochs: _Epochs) -> RawTrack:
    t = epochs.rows.times()
    columns = epochs.rows.columns()
    warnings = []
    if epochs.bad_checksums:
        fate = "were left out" if epochs.checked else "were read all the same, as most have"
        warnings.append(f"{epochs.bad_checksums:,} lines have a wrong checksum and {fate}.")
    clock = _date_times(t)
    vertical = columns.get(Channel.G_VERT)
    if vertical is not None and not np.isnan(vertical).all():
        vertical -= np.nanmean(vertical)
    return RawTrack(
        format="nmea",
        t=t,
        columns=columns,
        clock=clock,
        altitude_datum="msl",
        warnings=warnings,
        no_fix=np.array(epochs.no_fix, dtype=np.bool_),
    )


def _date_times(t: FloatArray) -> Clock:
    """Rows before the first date (GGA comes without one) get that date."""
    dated = t >= _DAY
    if not dated.any():
        unwrap_midnight(t)
        return Clock.RELATIVE
    first = float(t[dated][0])
    t[~dated & ~np.isnan(t)] += first - first % _DAY
    return Clock.UTC


FORMAT = Format("nmea", sniff, read)
