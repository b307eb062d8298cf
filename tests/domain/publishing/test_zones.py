"""Local quarter hours, by the table of offsets and by the zone itself."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from uploadm8.api.ranges import Range
from uploadm8.domain.publishing.rollups.counting import MONDAY, SLOT_S, SLOTS_A_WEEK
from uploadm8.domain.publishing.rollups.tally import offsets_for
from uploadm8.domain.publishing.rollups.zones import SLOTS_AN_HOUR

FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})


@given(st.sampled_from(ZONES), st.integers(0, int((LAST - FIRST).total_seconds()) - 1))
def test_quarter_hours_are_local_as_the_zone_says(zone: str, seconds: int) -> None:
    at = FIRST + timedelta(seconds=seconds)
    local = at.astimezone(ZoneInfo(zone))
    slot = int(at.timestamp()) // SLOT_S
    local_slot = slot + offsets_for(Range(FIRST, LAST, zone)).at(slot) + MONDAY
    hour_of_week = local_slot % SLOTS_A_WEEK // SLOTS_AN_HOUR
    assert hour_of_week == (local.isoweekday() - 1) * 24 + local.hour
