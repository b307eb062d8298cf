"""Weekly posting times of an account: the queue fills them one after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from uploadm8.domain.publishing.schemas import Weekday
from uploadm8.domain.publishing.smart import Slot, planned_times
from uploadm8.domain.publishing.tables import PostingTimes
from uploadm8.infra.db.json_columns import json_of

DAYS: tuple[Weekday, ...] = get_args(Weekday)
LEAD = timedelta(minutes=10)  # media is handed over before the time
WEEKS = 52
TAKEN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, order=True)
class WeeklyTime:
    """A local time of the week; `day` counts from Monday, 0."""

    day: int
    at: time


async def next_time(account_id: UUID, now: datetime) -> Slot | None:
    """Return the account's next weekly time without a post; None when it has no weekly times.

    In a transaction the account's times stay locked until it ends.
    """
    row = await (
        PostingTimes.select()
        .where(PostingTimes.account == account_id)
        .lock_rows("NO KEY UPDATE")
        .first()
    )
    times = read_times(row["times"]) if row else []
    if row is None or not times:
        return None
    zone = ZoneInfo(row["time_zone"])
    return free_time(times, await planned_times(account_id, now), zone, now)


def free_time(
    times: Sequence[WeeklyTime], planned: Sequence[datetime], zone: ZoneInfo, now: datetime
) -> Slot | None:
    """Choose the first weekly time that no planned post has; None when a year is full.

    A time that a clock change skips moves forward by the gap; one that comes twice counts once.
    """
    for at in _coming(times, zone, now):
        if at >= now + LEAD and all(abs(at - other) >= TAKEN for other in planned):
            local = at.astimezone(zone)
            return Slot(at, f"{local:%A %H:%M}: the next free weekly time of the account.")
    return None


def _coming(times: Sequence[WeeklyTime], zone: ZoneInfo, now: datetime) -> Iterable[datetime]:
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    for week in range(WEEKS):
        for one in sorted(times):
            date = monday + timedelta(weeks=week, days=one.day)
            local = datetime.combine(date, one.at, zone)
            yield local.astimezone(UTC)


def read_times(written: object) -> list[WeeklyTime]:
    """Read the stored times."""
    return msgspec.convert(json_of(written), list[WeeklyTime])
