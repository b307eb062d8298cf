"""Which span of time a quota counts in: Stripe's billing period, or the calendar month. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """Half open: from `starts_at` up to, not including, `ends_at`; both aware UTC."""

    starts_at: datetime
    ends_at: datetime


def calendar_month(at: datetime) -> Period:
    """The UTC month that an instant lies in."""
    start = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Period(start, (start + timedelta(days=32)).replace(day=1))


def billing_period(starts_at: datetime, ends_at: datetime, at: datetime) -> Period:
    """The billing period for an instant, given the last one that Stripe told us of.

    Stripe's periods touch each other. Past the end of the known one, the news of the renewal is
    late: the next period starts where the known one ends, so that the renewal, when it arrives,
    finds the same row. The new end is provisional: as long as the known period.
    """
    if at < ends_at:
        return Period(starts_at, ends_at)
    return Period(ends_at, ends_at + (ends_at - starts_at))
