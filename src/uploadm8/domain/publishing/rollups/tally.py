"""Figures of a range: what was counted ahead and what is read from rows; together the truth.

Everything is read in one snapshot. `plan.py` says what comes from where.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.api.ranges import Range
from uploadm8.domain.platforms.tables import Platform
from uploadm8.domain.publishing.cohorts import BIT_OF, Cohort, Outcome
from uploadm8.domain.publishing.rollups.arrays import all_numbers, sent, totals, totals_to
from uploadm8.domain.publishing.rollups.counting import (
    COUNTS,
    ENGAGEMENT,
    LATENCY,
    STRADDLERS,
    Level,
    Part,
    arguments,
    counted_sql,
)
from uploadm8.domain.publishing.rollups.plan import Plan, plan_for
from uploadm8.domain.publishing.rollups.tables import EVERYONE
from uploadm8.domain.publishing.rollups.zones import (
    SLOTS_A_DAY,
    SLOTS_AN_HOUR,
    Offsets,
    local_slots,
    offsets_of,
    slots_sql,
    steady_sql,
)
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import snapshot

ALL = ""  # the level of everything together
_LONG_AFTER = timedelta(days=400)  # no post goes out later than this after its range
_COUNTS_SUMS = ", ".join(f"sum(r.{name})::bigint AS {name}" for name in COUNTS)


@dataclass(slots=True)
class Tally:
    """The figures of one level.

    Attributes:
        latency: posts by whole seconds.
        hours: posts by the local hour they went out, 0 to 23.
        uploads: uploads by what they have: the sum of `BIT_OF` their posts' outcomes.
        created: the same of uploads begun in the range, by their state too.
    """

    platform: str = ALL
    outcome: Counter[str] = field(default_factory=Counter)
    engagement: Counter[str] = field(default_factory=Counter)
    latency: Mapping[int, int] = field(default_factory=dict)
    hours: Sequence[int] = (0,) * 24
    errors: Counter[str] = field(default_factory=Counter)
    uploads: Counter[int] = field(default_factory=Counter)
    created: Counter[tuple[str, int]] = field(default_factory=Counter)

    def add_counts(self, row: Mapping[str, Any]) -> None:
        """Add outcomes and engagement."""
        self.platform = row["platform"]
        self.outcome.update({outcome.value: row[outcome] for outcome in Outcome})
        self.engagement.update({name: row[name] for name in ENGAGEMENT})

    def add_details(
        self, rows: Sequence[Mapping[str, Any]], parts: set[Part], offsets: Offsets
    ) -> None:
        """Add everything else: all the rows at once, as an upload may lie in several."""
        straddlers: Counter[UUID] = Counter()
        for row in rows:
            cells = msgspec.json.decode(row["cells"], type=dict[str, dict[str, int]])
            self.errors.update(cells.get("error", {}))
            for have, uploads in cells.get("upload", {}).items():
                self.uploads[int(have)] += uploads
            for key, uploads in cells.get("created", {}).items():
                state, _, have = key.partition(" ")
                self.created[state, int(have)] += uploads
            ids, all_have = (row[name] or () for name in STRADDLERS)
            for upload, having in zip(ids, all_have, strict=True):
                straddlers[upload] |= having
        self.uploads.update(straddlers.values())
        if Part.LATENCY in parts:
            self.latency = totals(*(all_numbers(rows, name) for name in LATENCY))
        if Part.SLOTS in parts:
            hours = local_slots(rows, offsets) % SLOTS_A_DAY // SLOTS_AN_HOUR
            self.hours = totals_to(hours, all_numbers(rows, "slot_n"), 24)

    def only(self, outcome: Outcome) -> "Tally":
        """What is left of it under a filter by outcome."""
        bit = BIT_OF[outcome]
        found = Tally(self.platform, Counter({outcome.value: self.outcome[outcome]}))
        if outcome is Outcome.PUBLISHED:
            found.engagement = self.engagement
            found.latency, found.hours = self.latency, self.hours
        if outcome is Outcome.FAILED:
            found.errors = self.errors
        found.uploads[bit] = sum(n for have, n in self.uploads.items() if have & bit)
        for (state, have), n in self.created.items():
            if have & bit:
                found.created[state, bit] += n
        return found


Tallies = dict[str, Tally]


def level_of(cohort: Cohort) -> str:
    """The level that has a cohort's figures."""
    if cohort.account_id:
        return str(cohort.account_id)
    return cohort.platform.value if cohort.platform else ALL


def levels_of(cohort: Cohort) -> list[Level]:
    """What rows must be split by for a cohort: itself, and its platforms."""
    if cohort.account_id:
        return [Level.ACCOUNT]
    return [Level.PLATFORM] if cohort.platform else [Level.ALL, Level.PLATFORM]


def offsets_for(span: Range) -> Offsets:
    """The offsets of a range's zone, for everything that posts of the range may have done."""
    last = max(span.end, datetime.now(UTC)) + _LONG_AFTER
    return offsets_of(span.zone, *(int(at.timestamp() // 86400) for at in (span.start, last)))


def by_platform(found: Tallies) -> list[tuple[str, Tally]]:
    """The platforms that have posts, in order."""
    levels = [tally for level, tally in found.items() if level != ALL and tally.outcome.total()]
    return sorted((tally.platform, tally) for tally in levels)


async def count_posts(cohort: Cohort, *more: Part) -> Tallies:
    """All figures of the posts of a cohort, by level; the one asked for is `level_of(cohort)`.

    Args:
        cohort: which posts.
        more: CREATED, if the uploads begun in the range are wanted too.
    """
    return await _count(cohort, {Part.LATENCY, Part.SLOTS, Part.ERRORS, Part.UPLOADS, *more})


async def count_results(cohort: Cohort) -> Tallies:
    """Outcomes and engagement of posts, and the uploads begun in the range."""
    return await _count(cohort, {Part.ENGAGEMENT, Part.CREATED})


async def _count(cohort: Cohort, parts: set[Part]) -> Tallies:
    level, offsets = level_of(cohort), offsets_for(cohort.range)
    found: Tallies = {level: Tally()}
    async with snapshot():
        plan = await plan_for(cohort.workspace_id, cohort.range)
        sums, details = await _rolled(cohort, plan, parts, offsets)
        fresh = await fresh_rows(
            cohort,
            plan,
            {Part.FIGURES, *parts},
            f"r.level, r.platform, {', '.join(COUNTS)}, {_details_sql(parts)}",
            detailed="level=''" if level == ALL else "true",
        )
    for row in (*sums, *fresh):
        found.setdefault(row["level"], Tally()).add_counts(row)
    own = [row for row in fresh if row["level"] == level]
    found[level].add_details([*details, *own], parts, offsets)
    if cohort.outcome:
        return {level: tally.only(cohort.outcome) for level, tally in found.items()}
    return found


async def _rolled(
    cohort: Cohort, plan: Plan, parts: set[Part], offsets: Offsets
) -> tuple[list[Any], list[Any]]:
    """Sums of counts by level, and what `Tally.add_details` wants of the level asked for."""
    if not (plan.months or plan.days or plan.shared):
        return [], []
    level, on = level_of(cohort), cohort.platform.value if cohort.platform else None
    wide, args = plan.rolled([level] if level else [ALL, *Platform], on)
    sums = await DB.rows(
        f"SELECT r.level, r.platform, {_COUNTS_SUMS} FROM rollups r WHERE {wide} GROUP BY 1, 2",
        *args,
    )
    where, args = plan.rolled([level], on)
    details = _details_sql(parts, steady_sql(f"${len(args) + 1}"))
    args += [offsets.bounds()] if Part.SLOTS in parts else []
    return sums, await DB.rows(f"SELECT {details} FROM rollups r WHERE {where}", *args)


def _details_sql(parts: set[Part], steady: str = "false") -> str:
    """Columns of rollups `r` for `Tally.add_details`."""
    columns = ["r.cells", *(f"r.{name}" for name in STRADDLERS)]
    if Part.LATENCY in parts:
        columns += [f"{sent(f'r.{name}')} AS {name}" for name in LATENCY]
    if Part.SLOTS in parts:
        columns.append(slots_sql("slot_n", steady=steady))
    return ", ".join(columns)


async def fresh_rows(
    cohort: Cohort,
    plan: Plan,
    parts: Collection[Part],
    columns: str = "*",
    *,
    detailed: str = "true",
) -> list[Any]:
    """Rows like those of rollups `r`, counted now, of the spans that no rollup tells of."""
    rows: list[Any] = []
    narrowed, more = _narrowed(cohort, 5)
    for everyone in (False, True):
        spans = [span for span in plan.spans if (span.workspace == EVERYONE) is everyone]
        if spans:
            counted = counted_sql(
                sorted(parts),
                levels_of(cohort),
                everyone=everyone,
                narrowed=narrowed,
                detailed=detailed,
                by_id=True,
            )
            sql = f"SELECT {columns} FROM ({counted}) r"
            rows += await DB.rows(sql, *arguments(spans), *more)
    return rows


def _narrowed(cohort: Cohort, number: int) -> tuple[str, list[Any]]:
    """SQL: which posts `p` pass the filters that are levels, with arguments from a number on."""
    given = {
        "p.platform": cohort.platform and cohort.platform.value,
        "p.account": cohort.account_id,
    }
    kept = {column: value for column, value in given.items() if value}
    conditions = [f"{column}=${number + n}" for n, column in enumerate(kept)]
    return " AND ".join(conditions) or "true", [*kept.values()]
