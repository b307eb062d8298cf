"""Figures by steps of local time, and by the hours of the week."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from uploadm8.domain.platforms.tables import Platform
from uploadm8.domain.publishing.cohorts import Cohort
from uploadm8.domain.publishing.rollups.arrays import all_numbers, totals_to
from uploadm8.domain.publishing.rollups.counting import COUNTS, SLOT_S, STEPS, Part
from uploadm8.domain.publishing.rollups.plan import Plan, plan_for
from uploadm8.domain.publishing.rollups.tally import ALL, fresh_rows, level_of, offsets_for
from uploadm8.domain.publishing.rollups.zones import (
    SLOTS_A_DAY,
    SLOTS_AN_HOUR,
    local_slots,
    slots_sql,
    steady_sql,
)
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import snapshot

HOURS_A_WEEK = 168
_ARRAYS = ", ".join(f"r.{name}" for name in STEPS)
_NAMES = ", ".join(COUNTS)
_SUMS = ", ".join(f"sum({name})::bigint AS {name}" for name in COUNTS)
_FROM = f"FROM rollups r CROSS JOIN LATERAL (SELECT (r.first - date '1970-01-01') * {SLOTS_A_DAY} AS slot) d"
_WHOLE = (
    "width_bucket(d.slot, {cuts}::int[])"
    f" = width_bucket(d.slot + {SLOTS_A_DAY - 1}, {{cuts}}::int[])"
)
# A day that lies in one step is read as it is, one that steps cut by its quarter hours.
_STEPS_SQL = f"""
    SELECT place, {_SUMS} FROM (
        SELECT width_bucket(d.slot, {{cuts}}::int[]) AS place, {_NAMES} {_FROM}
        WHERE {{where}} AND {_WHOLE}
        UNION ALL SELECT width_bucket(x.step, {{cuts}}::int[]), {", ".join(f"x.{n}" for n in COUNTS)}
        {_FROM}, unnest({_ARRAYS}) x (step, {_NAMES}) WHERE {{where}} AND NOT ({_WHOLE})) parts
    GROUP BY 1
"""


async def count_steps(cohort: Cohort, starts: Sequence[datetime]) -> list[Counter[str]]:
    """`COUNTS` of the posts accepted from each start up to the next; starts are quarter hours.

    Args:
        cohort: of one workspace; its outcome is left to the caller.
        starts: in order; the first at or before the range's.
    """
    found: list[Counter[str]] = [Counter() for _ in starts]
    cuts = [int(start.timestamp()) // SLOT_S for start in starts]
    async with snapshot():
        plan = await plan_for(cohort.workspace_id, cohort.range, months=False)
        where, args = _rolled(cohort, plan, [level_of(cohort)])
        sql = _STEPS_SQL.format(where=where, cuts=f"${len(args) + 1}")
        for row in await DB.rows(sql, *args, cuts):
            found[row["place"] - 1].update({name: row[name] for name in COUNTS})
        for row in await fresh_rows(cohort, plan, {Part.FIGURES, Part.STEPS, Part.ENGAGEMENT}):
            if row["level"] == level_of(cohort) and row["step"]:
                for step, *counts in zip(*(row[name] for name in STEPS), strict=True):
                    place = bisect_right(cuts, step) - 1
                    found[place].update(dict(zip(COUNTS, counts, strict=True)))
    return found


async def count_week(cohort: Cohort) -> dict[str, dict[int, tuple[int, int]]]:
    """Posts looked at early, and their early views, by platform and local hour of the week."""
    offsets = offsets_for(cohort.range)
    levels = [level_of(cohort)] if level_of(cohort) != ALL else [*Platform]
    names = ("slot_early_n", "slot_early_views")
    async with snapshot():
        plan = await plan_for(cohort.workspace_id, cohort.range)
        where, args = _rolled(cohort, plan, levels)
        columns = slots_sql(*names, steady=steady_sql(f"${len(args) + 1}"))
        rows = await DB.rows(
            f"SELECT r.level, r.platform, {columns} FROM rollups r WHERE {where}",
            *args,
            offsets.bounds(),
        )
        rows += await fresh_rows(
            cohort,
            plan,
            {Part.FIGURES, Part.SLOTS, Part.EARLY},
            f"r.level, r.platform, {slots_sql(*names)}",
        )
    by_platform = defaultdict(list)
    for row in rows:
        if row["level"] in levels:
            by_platform[row["platform"]].append(row)
    found: dict[str, dict[int, tuple[int, int]]] = {}
    for platform, own in by_platform.items():
        hours = local_slots(own, offsets) // SLOTS_AN_HOUR
        sums = (totals_to(hours, all_numbers(own, name), HOURS_A_WEEK) for name in names)
        looked = {hour: both for hour, both in enumerate(zip(*sums, strict=True)) if both[0]}
        if looked:
            found[platform] = looked
    return found


def _rolled(cohort: Cohort, plan: Plan, levels: Sequence[str]) -> tuple[str, list[object]]:
    return plan.rolled(levels, cohort.platform.value if cohort.platform else None)
