"""Spans in which a quota counts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from uploadm8.domain.billing.periods import billing_period, calendar_month

START = datetime(2020, 1, 1, tzinfo=UTC)
instants = st.integers(0, 80 * 365 * 86_400).map(lambda s: START + timedelta(seconds=s))


@settings(deadline=None)
@given(instants)
def test_a_calendar_month_holds_its_instant_and_touches_the_next(at: datetime) -> None:
    month = calendar_month(at)
    assert month.starts_at <= at < month.ends_at
    assert month.starts_at.day == month.ends_at.day == 1
    assert calendar_month(month.ends_at).starts_at == month.ends_at


def test_a_known_billing_period_is_used_as_it_is() -> None:
    start, end = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)
    period = billing_period(start, end, end - timedelta(seconds=1))
    assert (period.starts_at, period.ends_at) == (start, end)


def test_late_news_of_a_renewal_opens_the_period_that_the_renewal_will_name() -> None:
    start, end = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)
    assert billing_period(start, end, end).starts_at == end
