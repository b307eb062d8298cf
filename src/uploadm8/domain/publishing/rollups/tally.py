"""Figures of a range: what was counted ahead and what is read from rows; together the truth.

Everything is read in one snapshot. `plan.py` says what comes from where.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.api.ranges import Range
from uploadm8.domain.platforms.tables import Platform
from uploadm8.domain.publishing.cohorts import Cohort, Outcome, UploadOutcome
from uploadm8.domain.publishing.rollups.counting import (
    COUNTS,
    ENGAGEMENT,
    Level,
    Part,
    arguments,
    counted_sql,
    recounted_sql,
)
from uploadm8.domain.publishing.rollups.plan import Plan, plan_for
from uploadm8.domain.publishing.rollups.tables import EVERYONE
from uploadm8.domain.publishing.rollups.zones import (
    Offsets,
    hour_of_day,
    offsets_of,
    week_sql,
)
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import snapshot

ALL = ""  # the level of everything together
_LONG_AFTER = timedelta(days=400)  # no post goes out later than this after its range
_COUNTS_SUMS = ", ".join(f"sum(r.{name})::bigint AS {name}" for name in COUNTS)


@dataclass(slots=True)
class Tally:
    """The figures of one level."""

    platform: str = ALL
    outcome: Counter[str] = field(default_factory=Counter)
    engagement: Counter[str] = field(default_factory=Counter)
    latency: Counter[int] = field(default_factory=Counter)  # posts by whole seconds
    hours: Counter[int] = field(default_factory=Counter)  # posts by the local hour they went out
    cells: dict[str, Counter[str]] = field(default_factory=dict)  # see `Part`
    straddlers: set[UUID] = field(default_factory=set)

    def of(self, kind: str) -> Counter[str]:
        """Cells of a kind: `error`, `upload`, `upload_with`, `created`, `created_with`."""
        return self.cells.setdefault(kind, Counter())

    def add_counts(self, row: Mapping[str, Any]) -> None:
        """Add outcomes and engagement."""
        self.platform = row["platform"]
        self.outcome.update({outcome.value: row[outcome] for outcome in Outcome})
        self.engagement.update({name: row[name] for name in ENGAGEMENT})

    def add_cells(self, row: Mapping[str, Any]) -> None:
        """Add cells and the uploads that must be counted again."""
        for kind, counted in msgspec.json.decode(
            row["cells"], type=dict[str, dict[str, int]]
        ).items():
            self.of(kind).update(counted)
        self.straddlers.update(row["straddlers"] or ())

    def only(self, outcome: Outcome) -> "Tally":
        """What is left of it under a filter by outcome."""
        out, failed = outcome is Outcome.PUBLISHED, outcome is Outcome.FAILED
        upload = _ALONE.get(outcome, UploadOutcome.IN_PROGRESS).value
        found = Tally(
            self.platform,
            Counter({outcome.value: self.outcome[outcome]}),
            self.engagement if out else Counter(),
            self.latency if out else Counter(),
            self.hours if out else Counter(),
        )
        found.cells["error"] = self.of("error") if failed else Counter()
        found.cells["upload"] = Counter({upload: self.of("upload_with")[outcome]})
        found.cells["created"] = Counter(
            {
                f"{state} {upload}": uploads
                for key, uploads in self.of("created_with").items()
                for state, _, having in [key.partition(" ")]
                if having == outcome
            }
        )
        return found


_ALONE = {
    Outcome.PUBLISHED: UploadOutcome.PUBLISHED,
    Outcome.FAILED: UploadOutcome.FAILED,
    Outcome.CANCELED: UploadOutcome.CANCELED,
}
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
    return await _count(cohort, {Part.CREATED})


async def _count(cohort: Cohort, details: set[Part]) -> Tallies:
    found: Tallies = {level_of(cohort): Tally()}
    async with snapshot():
        plan = await plan_for(cohort.workspace_id, cohort.range)
        await _add_rolled(found, cohort, plan, details)
        only = "level=''" if level_of(cohort) == ALL else "true"
        for row in await fresh_rows(cohort, plan, details | {Part.FIGURES}, detailed=only):
            tally = found.setdefault(row["level"], Tally())
            tally.add_counts(row)
            if row["level"] == level_of(cohort):
                tally.add_cells(row)
                _add_details(tally, row, cohort.range)
        if Part.UPLOADS in details:
            await _recount(found[level_of(cohort)], cohort)
    if cohort.outcome:
        return {level: tally.only(cohort.outcome) for level, tally in found.items()}
    return found


async def _add_rolled(found: Tallies, cohort: Cohort, plan: Plan, details: set[Part]) -> None:
    if not (plan.months or plan.days or plan.shared):
        return
    level = level_of(cohort)
    on = cohort.platform.value if cohort.platform else None
    where, args = plan.rolled([level], on)
    wide, wide_args = plan.rolled([level] if level else [ALL, *Platform], on)
    for row in await DB.rows(
        f"SELECT r.level, r.platform, {_COUNTS_SUMS} FROM rollups r WHERE {wide} GROUP BY 1, 2",
        *wide_args,
    ):
        found.setdefault(row["level"], Tally()).add_counts(row)
    tally = found[level]
    if details & {Part.UPLOADS, Part.CREATED}:
        for row in await DB.rows(
            f"SELECT r.cells, r.straddlers FROM rollups r WHERE {where}", *args
        ):
            tally.add_cells(row)
    if Part.LATENCY in details:
        for row in await DB.rows(
            "SELECT x.s, sum(x.n)::bigint AS n FROM rollups r,"
            f" unnest(r.latency_s, r.latency_n) x (s, n) WHERE {where} GROUP BY 1",
            *args,
        ):
            tally.latency[row["s"]] += row["n"]
    if Part.SLOTS in details:
        week = week_sql(where, f"${len(args) + 1}", f"${len(args) + 2}")
        for row in await DB.rows(
            f"SELECT local, sum(n)::bigint AS n FROM ({week}) week GROUP BY 1",
            *args,
            *offsets_for(cohort.range).arguments(),
        ):
            tally.hours[hour_of_day(row["local"])] += row["n"]


async def _recount(tally: Tally, cohort: Cohort) -> None:
    """Add the uploads that no span could tell of alone; by id, so that the index finds them."""
    if not tally.straddlers:
        return
    span = cohort.range
    narrowed, more = _narrowed(cohort, 4)
    rows = await DB.rows(recounted_sql(narrowed), [*tally.straddlers], span.start, span.end, *more)
    tally.add_cells({**rows[0], "straddlers": None})


async def fresh_rows(
    cohort: Cohort, plan: Plan, parts: Collection[Part], *, detailed: str = "true"
) -> list[Any]:
    """Rows like those of rollups, counted now, of the spans that no rollup tells of."""
    rows: list[Any] = []
    narrowed, more = _narrowed(cohort, 5)
    for everyone in (False, True):
        spans = [span for span in plan.spans if (span.workspace == EVERYONE) is everyone]
        if spans:
            sql = counted_sql(
                sorted(parts),
                levels_of(cohort),
                everyone=everyone,
                narrowed=narrowed,
                detailed=detailed,
            )
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


def _add_details(tally: Tally, row: Mapping[str, Any], span: Range) -> None:
    for second, posts in zip(row["latency_s"] or (), row["latency_n"] or (), strict=True):
        tally.latency[second] += posts
    offsets = offsets_for(span)
    for slot, posts in zip(row["slot"] or (), row["slot_n"] or (), strict=True):
        tally.hours[hour_of_day(offsets.local(slot))] += posts
