"""Find out how a time column is written, from its first cells, and read it as seconds."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from uploadm8.core.telemetry.track import Clock
from uploadm8.core.telemetry.values import (
    NAN,
    IsoTime,
    clock_seconds,
    comma_number,
    unix_time,
)

_DAY = 86_400.0
_NO_ZONE = "Times carry no zone; they are taken as UTC."
_DATE = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})", re.ASCII)
_COMPACT_DATE = re.compile(r"(\d{4}|\d{2})(\d{2})(\d{2})$", re.ASCII)
_COMPACT_CLOCK = re.compile(r"([01]\d|2[0-3])[0-5]\d[0-5]\d(\.\d+)?$", re.ASCII)
_NAMED_MONTH = re.compile(r"(\d{1,2})[-/. ]([a-z]{3})[a-z]*[-/. ](\d{2,4})[ T,]*", re.I | re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Unix times of this century, by the unit they are counted in; smaller numbers are relative.
_EPOCHS = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (3e8, 1.0))
_MILLISECOND_STEP = 20.0  # a relative time in whole numbers this far apart is in milliseconds


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """How to read the cells, and what the seconds count from."""

    read: Callable[[str], float]
    clock: Clock
    is_time_of_day: bool = False
    warning: str | None = None


def detect(cells: Sequence[str], factor: float = 1.0) -> TimeColumn:
    """Decide from sample cells; `factor` is the heading's unit in seconds."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    numbers = np.array([comma_number(cell) for cell in filled], dtype=np.float64)
    if filled and np.isfinite(numbers).mean() > 0.5:
        return _numeric(numbers[np.isfinite(numbers)], factor)
    dated = [cell for cell in filled if _DATE.match(cell)]
    if len(dated) > len(filled) / 2:
        return _dated(dated)
    if any(_NAMED_MONTH.match(cell) for cell in filled):
        return TimeColumn(read_named_month, Clock.UTC, warning=_NO_ZONE)
    return TimeColumn(clock_seconds, Clock.RELATIVE, is_time_of_day=True)


def read_named_month(cell: str) -> float:
    """Reads ``04-May-2024 10:00:00.123``."""
    found = _NAMED_MONTH.match(cell.strip())
    if not found or found[2].lower() not in _MONTHS:
        return NAN
    clock = cell.strip()[found.end() :]
    year = int(found[3]) + (2000 if int(found[3]) < 100 else 0)
    midnight = unix_time(year, _MONTHS.index(found[2].lower()) + 1, int(found[1]), 0.0)
    return midnight + (clock_seconds(clock) if clock else 0.0)


def _numeric(numbers: np.ndarray[tuple[int], np.dtype[np.float64]], factor: float) -> TimeColumn:
    usual = float(np.median(numbers))
    for least, scale in _EPOCHS:
        if usual >= least:
            return TimeColumn(_scaled(scale), Clock.UTC)
    steps = np.diff(numbers)
    whole = bool((numbers == np.floor(numbers)).all())
    if factor == 1.0 and whole and len(steps) and float(np.median(steps)) >= _MILLISECOND_STEP:
        return TimeColumn(_scaled(1e-3), Clock.RELATIVE, False, "Times are read as milliseconds.")
    return TimeColumn(_scaled(factor), Clock.RELATIVE)


def _scaled(scale: float) -> Callable[[str], float]:
    def read(cell: str) -> float:
        return comma_number(cell) * scale

    return read


def _dated(cells: Sequence[str]) -> TimeColumn:
    order, warning = date_order(cells)
    if order == "ymd" and all(cell[4:5] == cell[7:8] for cell in cells):
        iso = IsoTime()
        zoned = any(re.search(r"([zZ]|[+-]\d\d:?\d\d)$", cell) for cell in cells)
        note = None if zoned else _NO_ZONE

        def read_iso(cell: str) -> float:
            text = cell.strip().replace(",", ".")
            return iso.read(text[:10].replace(".", "-").replace("/", "-") + text[10:])

        return TimeColumn(read_iso, Clock.UTC, warning=note)

    def read(cell: str) -> float:
        date, _, rest = cell.strip().replace("T", " ").partition(" ")
        return date_seconds(date, order) + (clock_seconds(rest) if rest else 0.0)

    return TimeColumn(read, Clock.UTC, warning=warning)


def date_order(cells: Sequence[str]) -> tuple[str, str | None]:
    """The order of the parts, "ymd", "dmy" or "mdy", and a warning if it had to be guessed."""
    matches = [found for cell in cells if (found := _DATE.match(cell.strip()))]
    if any(len(found[1]) == 4 for found in matches) or compact_dates(cells):
        return "ymd", None
    if any(int(found[1]) > 12 for found in matches):
        return "dmy", None
    if any(int(found[2]) > 12 for found in matches):
        return "mdy", None
    return "dmy", "The dates could be day/month or month/day; they are read as day/month."


def compact_dates(cells: Sequence[str]) -> bool:
    """Whether all are ``YYYYMMDD`` or ``YYMMDD``."""
    return bool(cells) and all(_COMPACT_DATE.match(cell.strip()) for cell in cells)


def compact_clocks(cells: Sequence[str]) -> bool:
    """Whether all are ``HHMMSS``, with or without a fraction."""
    return bool(cells) and all(_COMPACT_CLOCK.match(cell.strip()) for cell in cells)


def compact_order(text: str) -> str:
    """Two digits of a year come first as loggers write them, last as NMEA does."""
    if len(text) == 6 and not ("01" <= text[2:4] <= "12" and "01" <= text[4:] <= "31"):
        return "dmy"
    return "ymd"


def date_seconds(cell: str, order: str) -> float:
    """Unix seconds of midnight UTC of a date in the given order; NaN if it is none."""
    text = cell.strip()
    compact = _COMPACT_DATE.match(text)
    if compact:
        order = compact_order(text)
    found = compact or _DATE.match(text)
    if not found:
        return NAN
    parts = dict(zip(order, (int(part) for part in found.groups()), strict=True))
    year = parts["y"] if parts["y"] >= 100 else 2000 + parts["y"]
    return unix_time(year, parts["m"], parts["d"], 0.0)


def unwrap_midnight(t: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    """Make a time of day go on over midnight, in place."""
    known = np.flatnonzero(~np.isnan(t))
    days = np.cumsum(np.diff(t[known], prepend=t[known[:1]]) < -_DAY / 2)
    t[known] += days * _DAY
