"""What a user asks for becomes one instant, also on the days when the clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.schedule import resolve
from uploadm8.domain.publishing.smart import best_slot
from uploadm8.domain.publishing.weekly import LEAD, WeeklyTime, free_time
from uploadm8.domain.uploads.schemas import Schedule
from uploadm8.errors import InvalidRequestError

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)  # a Monday
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: str | None = None) -> datetime:
    when = resolve(Schedule(mode="at", at=text, time_zone=zone), NOW, "Europe/Berlin")
    assert when.publish_at is not None
    return when.publish_at


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2027-02-01T18:00:00", None, "2027-02-01T17:00:00+00:00"),
        ("2027-07-01T18:00:00", None, "2027-07-01T16:00:00+00:00"),
        ("2027-02-01T18:00:00", "Asia/Kolkata", "2027-02-01T12:30:00+00:00"),
        ("2027-02-01T18:00:00-08:00", "Asia/Kolkata", "2027-02-02T02:00:00+00:00"),
        ("2027-03-28T02:30:00", None, "2027-03-28T01:30:00+00:00"),  # skipped: 03:30 summer time
        ("2027-10-31T02:30:00", None, "2027-10-31T00:30:00+00:00"),  # twice: the first one
        ("2027-03-14T02:30:00", "America/New_York", "2027-03-14T07:30:00+00:00"),
        ("2027-11-07T01:30:00", "America/New_York", "2027-11-07T05:30:00+00:00"),
    ],
)
def test_a_local_time_is_one_instant(text: str, zone: str | None, instant: str) -> None:
    assert at(text, zone) == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        (Schedule(mode="at"), "schedule.at"),
        (Schedule(mode="now", at="2027-02-01T18:00:00"), "schedule.at"),
        (Schedule(mode="at", at="tomorrow"), "schedule.at"),
        (Schedule(mode="at", at="2027-01-04T10:00:00Z"), "schedule.at"),
        (Schedule(mode="at", at="2029-01-04T10:00:00Z"), "schedule.at"),
        (Schedule(mode="smart", time_zone="Mars/Olympus"), "schedule.time_zone"),
    ],
)
def test_a_wrong_schedule_names_its_field(schedule: Schedule, field: str) -> None:
    with pytest.raises(InvalidRequestError) as wrong:
        resolve(schedule, NOW, "UTC")
    assert [one.field for one in wrong.value.fields] == [field]


def test_the_queue_takes_the_next_weekly_time_without_a_post() -> None:
    times = [WeeklyTime(0, time(18)), WeeklyTime(3, time(9, 30))]
    found, planned = [], list[datetime]()
    for _ in range(4):
        slot = free_time(times, planned, BERLIN, NOW)
        assert slot is not None
        planned.append(slot.at)
        found.append(f"{slot.at.astimezone(BERLIN):%a %d %H:%M}")
    assert found == ["Mon 04 18:00", "Thu 07 09:30", "Mon 11 18:00", "Thu 14 09:30"]


def test_a_weekly_time_too_near_waits_for_its_next_week() -> None:
    times = [WeeklyTime(0, time(13, 5))]  # five minutes ahead in Berlin
    slot = free_time(times, [], BERLIN, NOW)
    assert slot is not None
    assert slot.at == datetime(2027, 1, 11, 12, 5, tzinfo=UTC)


def test_a_weekly_time_keeps_its_local_hour_when_the_clocks_change() -> None:
    times = [WeeklyTime(6, time(18))]
    before = datetime(2027, 3, 21, 12, tzinfo=UTC)
    first = free_time(times, [], BERLIN, before)
    assert first is not None
    second = free_time(times, [first.at], BERLIN, before)
    assert second is not None
    assert second.at - first.at == timedelta(days=7) - timedelta(hours=1)
    assert second.at.astimezone(BERLIN).hour == 18


def test_a_weekly_time_that_the_clocks_skip_moves_past_the_gap() -> None:
    slot = free_time([WeeklyTime(6, time(2, 30))], [], BERLIN, datetime(2027, 3, 27, tzinfo=UTC))
    assert slot is not None
    assert f"{slot.at.astimezone(BERLIN):%H:%M}" == "03:30"


@given(
    st.lists(
        st.builds(WeeklyTime, st.integers(0, 6), st.times().map(lambda t: t.replace(second=0))),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.integers(0, 20_000), max_size=30),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_a_weekly_time_is_ahead_free_and_one_of_the_week(
    times: list[WeeklyTime], minutes: list[int], zone: str
) -> None:
    planned = [NOW + timedelta(minutes=minute) for minute in minutes]
    slot = free_time(times, planned, ZoneInfo(zone), NOW)
    assert slot is not None
    assert slot.at >= NOW + LEAD
    assert all(abs(slot.at - other) >= timedelta(minutes=1) for other in planned)


def test_a_smart_time_in_the_skipped_hour_moves_past_the_gap() -> None:
    night = datetime(2027, 3, 27, 22, tzinfo=UTC)
    slot = best_slot(Platform.FACEBOOK, [], [], BERLIN, night)
    assert slot.at > night
    assert slot.at.astimezone(BERLIN).hour in {9, 12, 15, 19}
