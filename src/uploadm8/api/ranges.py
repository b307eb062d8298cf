"""Ranges of time in a query: ``?days=30``, or ``?start=&end=``, in an IANA zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from uploadm8.errors import FieldError, InvalidRequestError

DEFAULT_DAYS = 30
LONGEST_DAYS = 731  # two years, one of them a leap year
_YEARS = range(2000, 2101)  # beyond these, conversion between zones can overflow


@dataclass(frozen=True, slots=True)
class Range:
    """A half-open span of time: `start` belongs to it, `end` does not; both are UTC.

    Attributes:
        zone: IANA name of the zone that days and hours are counted in.
    """

    start: datetime
    end: datetime
    zone: str

    @property
    def days(self) -> float:
        """Its length in days of 24 hours."""
        return (self.end - self.start) / timedelta(days=1)


def read_range(
    at: datetime, days: int | None, start: datetime | None, end: datetime | None, zone: str
) -> Range:
    """The range that a query asks for; without a word, the 30 days up to now.

    Args:
        at: the current time.
        days: length of the range, back from `end` or on from `start`; not beside both.
        start: where it begins; a time without an offset is local to `zone`.
        end: where it ends, likewise.
        zone: IANA name of the zone to count days in.

    Raises:
        InvalidRequestError: code ``invalid_range`` or ``invalid_time_zone``.
    """
    if zone not in _zones():
        message = "is not an IANA time zone, such as Europe/Berlin"
        raise InvalidRequestError(
            f"time_zone {message}.",
            code="invalid_time_zone",
            fields=[FieldError("time_zone", message)],
        )
    if days is not None and start is not None and end is not None:
        raise _wrong("days", "goes with start or with end, not with both")
    span = timedelta(days=_checked_days(days))
    first, last = _instant("start", start, zone), _instant("end", end, zone)
    if first is not None and last is None:
        last = first + span if days is not None else max(at, first)
    last = last or at
    first = first or last - span
    if first >= last:
        raise _wrong("start", "must be before the end")
    if last - first > timedelta(days=LONGEST_DAYS):
        raise _wrong("start", f"is more than {LONGEST_DAYS} days before the end")
    return Range(first, last, zone)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def _checked_days(days: int | None) -> int:
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise _wrong("days", f"must be between 1 and {LONGEST_DAYS}")
    return DEFAULT_DAYS if days is None else days


def _instant(field: str, given: datetime | None, zone: str) -> datetime | None:
    if given is None:
        return None
    if given.year not in _YEARS:
        raise _wrong(field, "must lie between the years 2000 and 2100")
    return (given if given.tzinfo else given.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _wrong(field: str, message: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{field} {message}.",
        code="invalid_range",
        action="Ask for days, or for start and end as RFC 3339 times.",
        fields=[FieldError(field, message)],
    )
