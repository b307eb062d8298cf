"""Quarter hours since 1970 as local time, for SQL that counts by them.

Every zone is a multiple of a quarter hour away from UTC, and changes on one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from uploadm8.domain.publishing.rollups.counting import MONDAY, SLOT_S, SLOTS_A_WEEK

SLOTS_A_DAY = 96
_SLOTS_AN_HOUR = 4
_NEVER = 2**31 - 1


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
        """Those of `week_sql`: cuts and offsets."""
        return [[*self.cuts, _NEVER], [*self.offsets]]


# Posts by the quarter hour of the local week, from rollups `r` that meet a condition. A month in
# which the zone's offset does not change is read from its week, all else from its quarter hours.
WEEK_SQL = f"""
    SELECT r.level, r.platform, (x.week + o.slots + {SLOTS_A_WEEK}) % {SLOTS_A_WEEK} AS local,
        x.n, x.early_n, x.early_views
    FROM rollups r CROSS JOIN LATERAL (SELECT ({{offsets}}::int[])[
        width_bucket(r.slot_from, {{cuts}}::int[]) + 1] AS slots) o,
        unnest(r.week, r.week_n, r.week_early_n, r.week_early_views) x (week, n, early_n, early_views)
    WHERE {{where}} AND {{steady}}
    UNION ALL
    SELECT r.level, r.platform, (x.slot + {MONDAY}
            + ({{offsets}}::int[])[width_bucket(x.slot, {{cuts}}::int[]) + 1]) % {SLOTS_A_WEEK},
        x.n, x.early_n, x.early_views
    FROM rollups r, unnest(r.slot, r.slot_n, r.slot_early_n, r.slot_early_views)
        x (slot, n, early_n, early_views)
    WHERE {{where}} AND ({{steady}}) IS NOT TRUE
"""
_STEADY = "width_bucket(r.slot_from, {cuts}::int[]) = width_bucket(r.slot_to, {cuts}::int[])"


def week_sql(where: str, cuts: str, offsets: str) -> str:
    """SQL of ``level, platform, local, n, early_n, early_views``; `local` is a quarter of the week."""
    steady = _STEADY.format(cuts=cuts)
    return WEEK_SQL.format(where=where, cuts=cuts, offsets=offsets, steady=steady)


def hour_of_day(local: int) -> int:
    """The hour, 0 to 23, of a local quarter hour."""
    return local % SLOTS_A_DAY // _SLOTS_AN_HOUR


def hour_of_week(local: int) -> int:
    """Hours since Monday's midnight of a local quarter hour since 1970."""
    return (local + MONDAY) % SLOTS_A_WEEK // _SLOTS_AN_HOUR


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
