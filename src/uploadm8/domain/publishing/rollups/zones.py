"""Quarter hours since 1970 as local time, for SQL that counts by them.

Every zone is a multiple of a quarter hour away from UTC, and changes on one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from uploadm8.domain.publishing.rollups.counting import SLOT_S

SLOTS_A_DAY = 96
_SLOTS_AN_HOUR = 4
_HOURS_A_WEEK = 168
_NEVER = 2**31 - 1
_MONDAY = 72  # hours from the Monday before 1970 began, a Thursday


@dataclass(frozen=True, slots=True)
class Offsets:
    """A zone's offsets from UTC in quarter hours: `offsets[i]` holds from `cuts[i - 1]` on."""

    cuts: tuple[int, ...]
    offsets: tuple[int, ...]

    def local(self, slot: int) -> int:
        """A quarter hour by local clocks."""
        index = sum(cut <= slot for cut in self.cuts)
        return slot + self.offsets[index]

    def arguments(self) -> list[list[int]]:
        """Those of `local_sql`."""
        return [[*self.cuts, _NEVER], [*self.offsets]]


def local_sql(slot: str, cuts: str, offsets: str) -> str:
    """SQL: a quarter hour by local clocks, given two parameters."""
    return f"({slot} + ({offsets}::int[])[width_bucket({slot}, {cuts}::int[]) + 1])"


def hour_of(local: int) -> int:
    """The hour, 0 to 23, of a local quarter hour."""
    return local % SLOTS_A_DAY // _SLOTS_AN_HOUR


def hour_of_day(local: str) -> str:
    """SQL: the hour, 0 to 23, of a local quarter hour."""
    return f"({local} % {SLOTS_A_DAY} / {_SLOTS_AN_HOUR})"


def week_hour_of(local: int) -> int:
    """Hours since Monday's midnight of a local quarter hour."""
    return (local // _SLOTS_AN_HOUR + _MONDAY) % _HOURS_A_WEEK


def hour_of_week(local: str) -> str:
    """SQL: hours since Monday's midnight of a local quarter hour."""
    return f"(({local} / {_SLOTS_AN_HOUR} + {_MONDAY}) % {_HOURS_A_WEEK})"


@lru_cache(maxsize=512)
def offsets_of(zone_name: str, first_day: int, last_day: int) -> Offsets:
    """A zone's offsets between two UTC days, counted since 1970."""
    zone = ZoneInfo(zone_name)

    def offset(slot: int) -> int:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=slot * SLOT_S)
        delta = at.astimezone(zone).utcoffset() or timedelta()
        return round(delta.total_seconds() / SLOT_S)

    cuts: list[int] = []
    found = [offset(first_day * SLOTS_A_DAY)]
    for day in range(first_day, last_day):
        low, high = day * SLOTS_A_DAY, (day + 1) * SLOTS_A_DAY
        if offset(high) == found[-1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == found[-1] else (low, middle)
        cuts.append(high)
        found.append(offset(high))
    return Offsets(tuple(cuts), tuple(found))
