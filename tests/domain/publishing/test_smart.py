"""Smart times come from the account's own results, are spread over days, and are explained."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.smart import APART, LEAD, Result, best_slot

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def results(hour: int, views: int, count: int) -> list[Result]:
    at = datetime(2026, 5, 1, hour, 20, tzinfo=BERLIN)
    return [Result(at + timedelta(days=day), views) for day in range(count)]


def test_without_results_it_is_the_platforms_best_hour_and_says_so() -> None:
    slot = best_slot(Platform.YOUTUBE, [], [], BERLIN, NOW)
    assert slot.at.astimezone(BERLIN) == datetime(2026, 6, 1, 17, tzinfo=BERLIN)
    assert "YouTube audiences" in slot.why
    assert "no other post" in slot.why


def test_with_results_it_is_the_accounts_own_best_hour() -> None:
    seen = results(7, 9_000, 4) + results(20, 100, 6)
    slot = best_slot(Platform.YOUTUBE, seen, [], BERLIN, NOW)
    assert slot.at.astimezone(BERLIN).hour == 7
    assert "this account's 10 posts" in slot.why


def test_one_lucky_post_does_not_beat_an_hour_that_keeps_working() -> None:
    seen = results(3, 1_500, 1) + results(20, 1_400, 9) + results(12, 10, 9)
    slot = best_slot(Platform.YOUTUBE, seen, [], BERLIN, NOW)
    assert slot.at.astimezone(BERLIN).hour == 20


def test_seven_posts_are_spread_over_seven_days() -> None:
    planned: list[datetime] = []
    for _ in range(7):
        planned.append(best_slot(Platform.TIKTOK, [], planned, BERLIN, NOW).at)
    assert len({at.astimezone(BERLIN).date() for at in planned}) == 7


@given(
    st.lists(st.integers(0, 7 * 24 * 60), max_size=60),
    st.sampled_from(list(Platform)),
    st.sampled_from(["Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_a_time_is_always_ahead_and_apart_from_every_other(
    minutes: list[int], platform: Platform, zone: str
) -> None:
    planned = [NOW + timedelta(minutes=minute) for minute in minutes]
    slot = best_slot(platform, [], planned, ZoneInfo(zone), NOW)
    assert slot.at >= NOW + LEAD
    assert all(abs(slot.at - other) >= APART for other in planned)
    assert slot.why
