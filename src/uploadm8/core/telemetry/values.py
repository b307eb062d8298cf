"""Text to numbers and times, strictly: what is not a plain finite value is NaN, never a guess."""

import math
from datetime import UTC, datetime

NAN = math.nan
_BEYOND = 1e30  # far more than any instrument tells, and sums of such numbers stay finite


def number(text: str) -> float:
    """A finite decimal number written in ASCII, else NaN.

    float() alone would take "nan", "inf", "1e300", "1_0" and Arabic digits as well.
    """
    try:
        value = float(text)
    except ValueError:
        return NAN
    if not -_BEYOND < value < _BEYOND or not text.isascii() or "_" in text:
        return NAN
    return value


def comma_number(text: str) -> float:
    """The same with a decimal comma."""
    return number(text.replace(",", ".", 1))


def unix_time(year: int, month: int, day: int, seconds: float) -> float:
    """Unix seconds of a UTC date plus seconds since its midnight; NaN for an impossible date."""
    try:
        return datetime(year, month, day, tzinfo=UTC).timestamp() + seconds
    except (ValueError, OverflowError):
        return NAN


def clock_seconds(text: str) -> float:
    """Seconds of a clock reading ``[HH:]MM:SS[.fff]``, comma or point; NaN if it is none."""
    parts = text.strip().replace(",", ".").split(":")
    if not 2 <= len(parts) <= 3:
        return NAN
    total = 0.0
    for part in parts:
        total = total * 60.0 + number(part)
    return total


class IsoTime:
    """Reads ISO 8601 times as Unix seconds; a time without a zone counts as UTC.

    Rows that follow each other mostly share the minute, so its value is remembered: that makes
    reading five times faster than datetime.fromisoformat.

    Attributes:
        naive: how many times had no zone.
    """

    __slots__ = ("_minute", "_minute_s", "naive")

    def __init__(self) -> None:
        self._minute = ""
        self._minute_s = NAN
        self.naive = 0

    def read(self, text: str) -> float:
        """Unix seconds, or NaN if `text` is no time."""
        if text[16:17] == ":" and text[-1:] in ("Z", "z"):
            minute = text[:16]
            if minute != self._minute:
                self._minute_s = self._slow(minute + "Z")
                self._minute = minute
            seconds = number(text[17:-1])
            return self._minute_s + seconds if 0.0 <= seconds < 61.0 else NAN
        return self._slow(text)

    def _slow(self, text: str) -> float:
        try:
            moment = datetime.fromisoformat(text.strip().replace("/", "-"))
            if moment.tzinfo is None:
                self.naive += 1
                moment = moment.replace(tzinfo=UTC)
            return moment.timestamp()
        except (ValueError, OverflowError):
            return NAN


def coordinate(text: str) -> float:
    """Decimal degrees, with a sign or a hemisphere letter before or after; decimal comma or point.

    NaN if it is neither.
    """
    plain = text.strip().strip("°").upper()
    sign = 1.0
    for letter in (plain[:1], plain[-1:]):
        if letter and letter in "NSEW":
            sign = -1.0 if letter in "SW" else 1.0
            plain = plain.strip("NSEW").strip().strip("°")
            break
    return sign * comma_number(plain)


def degrees_minutes(text: str, hemisphere: str) -> float:
    """Degrees of ``DDMM.MMMM`` or ``DDDMM.MMMM`` with its hemisphere letter; NaN if it is none."""
    value = number(text)
    letter = hemisphere.strip().upper()
    if not value >= 0.0 or letter not in ("N", "S", "E", "W"):
        return NAN
    degrees, minutes = divmod(value, 100.0)
    if minutes >= 60.0:
        return NAN
    return (degrees + minutes / 60.0) * (-1.0 if letter in "SW" else 1.0)


def compact_utc(date: str, clock: str) -> float:
    """Unix seconds of ``DDMMYY`` and ``HHMMSS[.ss]``, a two-digit year below 70 being 20xx."""
    if len(date) != 6 or len(clock) < 6 or not (date.isdecimal() and date.isascii()):
        return NAN
    year = int(date[4:])
    year += 2000 if year < 70 else 1900
    return unix_time(year, int(date[2:4]), int(date[:2]), compact_clock(clock))


def compact_clock(clock: str) -> float:
    """Seconds since midnight of ``HHMMSS[.ss]``; NaN if it is none."""
    hours, minutes, seconds = number(clock[:2]), number(clock[2:4]), number(clock[4:])
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61):
        return NAN
    return hours * 3600.0 + minutes * 60.0 + seconds
