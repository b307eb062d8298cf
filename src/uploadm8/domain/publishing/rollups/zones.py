"""Quarter hours since 1970 as local time, for SQL that counts by them.

Every zone is a multiple of a quarter hour away from UTC, and changes on one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from uploadm8.domain.publishing.rollups.arrays import Numbers, numbers, sent
from uploadm8.domain.publishing.rollups.counting import MONDAY, SLOT_S, SLOTS_A_WEEK

SLOTS_A_DAY = 96
SLOTS_AN_HOUR = 4
_NEVER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Offsets:
    """A zone's offsets from UTC in quarter hours: `offsets[i]` holds from `cuts[i - 1]` on."""

    cuts: tuple[int, ...]
    offsets: tuple[int, ...]

    def at(self, slots: Numbers | int) -> Numbers:
        """The offset that holds in each quarter hour."""
        return np.asarray(self.offsets)[np.searchsorted(self.cuts, slots, side="right")]

    def bounds(self) -> list[int]:
        """The cuts for SQL's width_bucket, which wants one at least."""
        return [*self.cuts, _NEVER]


def steady_sql(cuts: str) -> str:
    """Whether a rollup `r` lies between two neighbours of a zone's `bounds`, so that its week tells."""
    place = f"width_bucket(r.{{}}, {cuts}::int[])"
    return f"{place.format('slot_from')} = {place.format('slot_to')}"


def slots_sql(*names: str, steady: str = "false") -> str:
    """Columns of rollups `r` for `local_slots`, and the arrays of these names beside them.

    What is steady tells of quarter hours of UTC's week, all else of quarter hours since 1970.
    """
    arrays = (
        f"{sent(f'CASE WHEN {steady} THEN r.week{end} ELSE r.slot{end} END')} AS slot{end}"
        for end in ("", *(name.removeprefix("slot") for name in names))
    )
    return f"{steady} AS steady, r.slot_from, {', '.join(arrays)}"


def local_slots(rows: Iterable[Any], offsets: Offsets) -> Numbers:
    """Quarter hours of the local week, from its Monday's midnight, of rows of `slots_sql`."""
    found: list[Numbers] = []
    for row in rows:
        slots = numbers(row["slot"])
        if row["steady"]:
            found.append(slots + offsets.at(row["slot_from"]))
        else:
            found.append(slots + offsets.at(slots) + MONDAY)
    return np.concatenate([*found, numbers(None)]) % SLOTS_A_WEEK


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
