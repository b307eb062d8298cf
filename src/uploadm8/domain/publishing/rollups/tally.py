"""Figures of a range: whole days from the rollups, the rest from the rows; together the truth.

Everything is read in one snapshot. A day that has changed since it was counted has a mark, and is
read from its rows like the cut days at both ends of the range.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from uploadm8.domain.publishing.cohorts import Cohort
from uploadm8.domain.publishing.rollups.counting import (
    POST_KINDS,
    created_sql,
    posts_sql,
    uploads_sql,
)
from uploadm8.domain.publishing.rollups.tables import DayRollup
from uploadm8.infra.db.transaction import snapshot

ALL = ""  # the level of all platforms together
_DAY = timedelta(days=1)
Span = tuple[datetime, datetime]


@dataclass(slots=True)
class Tally:
    """Cells of one level, by kind and key."""

    cells: dict[str, Counter[str]] = field(default_factory=dict)

    def of(self, kind: str) -> Counter[str]:
        """The cells of a kind."""
        return self.cells.setdefault(kind, Counter())


Tallies = dict[str, Tally]


@dataclass(frozen=True, slots=True)
class _Split:
    """A range as days that were counted, and spans that must be read."""

    days: Sequence[date]
    spans: Sequence[Span]

    def sql(self, moment: str) -> tuple[str, list[Any]]:
        each = [f"{moment} >= {{}} AND {moment} < {{}}"] * len(self.spans)
        return f"({' OR '.join(each) or 'false'})", [at for span in self.spans for at in span]


async def count_posts(cohort: Cohort) -> Tallies:
    """All cells of the posts of a cohort, by level; the level asked for is `level_of(cohort)`."""
    found: Tallies = {}
    async with snapshot():
        split = await _split(cohort)
        kinds = (*POST_KINDS, "upload", "straddler")
        await _add_rolled(found, cohort, split.days, kinds)
        where, args = cohort.within()
        inside, edges = split.sql("p.accepted_at")
        await _add(found, posts_sql(f"{where} AND {inside}"), [*args, *edges])
        if not split.days:
            await _add(found, uploads_sql(where), args)
            return found
        # By id, so that the index finds them: those of the spans, and those of several days.
        uploads = set(_level(found, level_of(cohort)).of("straddler"))
        for row in await DayRollup.raw(
            f"SELECT DISTINCT p.upload::text AS id FROM publications p WHERE {where} AND {inside}",
            *args,
            *edges,
        ):
            uploads.add(row["id"])
        each = uploads_sql(f"{where} AND p.upload=ANY({{}}::uuid[])")
        await _add(found, each, [*args, list(uploads)])
    return found


async def count_results(cohort: Cohort) -> Tallies:
    """Outcomes and engagement of posts, and the uploads begun in the range."""
    found: Tallies = {}
    async with snapshot():
        split = await _split(cohort)
        await _add_rolled(found, cohort, split.days, ("outcome", "engagement", "created"))
        where, args = cohort.within()
        inside, edges = split.sql("p.accepted_at")
        await _add(found, posts_sql(f"{where} AND {inside}"), [*args, *edges])
        scope, scoped = cohort.scope()
        begun, edges = split.sql("u.created_at")
        mine = "u.workspace={}" if cohort.workspace_id else "true"
        own = [cohort.workspace_id] if cohort.workspace_id else []
        sql = created_sql(f"{mine} AND {begun}", scope, chosen=cohort.chosen)
        await _add(found, sql, [*scoped, *own, *edges] * 2)
    return found


def level_of(cohort: Cohort) -> str:
    """The level that has a cohort's figures."""
    return cohort.platform.value if cohort.platform else ALL


async def _split(cohort: Cohort) -> _Split:
    span = cohort.range
    first, last = _midnight_after(span.start), _midnight_before(span.end)
    if cohort.account_id or cohort.outcome or first >= last:
        return _Split((), [(span.start, span.end)])
    days = [(first + n * _DAY).date() for n in range((last - first).days)]
    marked = await _marked(cohort, days[0], days[-1])
    spans = [(span.start, first), *(_span(day) for day in sorted(marked)), (last, span.end)]
    return _Split(
        [day for day in days if day not in marked], _joined(s for s in spans if s[0] < s[1])
    )


async def _marked(cohort: Cohort, first: date, last: date) -> set[date]:
    mine, own = ("workspace={} AND", [cohort.workspace_id]) if cohort.workspace_id else ("", [])
    rows = await DayRollup.raw(
        f"SELECT DISTINCT day FROM rollup_marks WHERE {mine} day BETWEEN {{}} AND {{}}",
        *own,
        first,
        last,
    )
    return {row["day"] for row in rows}


async def _add_rolled(
    found: Tallies, cohort: Cohort, days: Sequence[date], kinds: Sequence[str]
) -> None:
    if not days:
        return
    level = level_of(cohort)
    few = [kind for kind in kinds if kind in ("outcome", "engagement")]
    chosen = [_object(kinds), _object(few)]
    mine, own = ("workspace={} AND", [cohort.workspace_id]) if cohort.workspace_id else ("", [])
    rows = await DayRollup.raw(
        f"SELECT platform, CASE WHEN platform={{}} THEN {chosen[0]} ELSE {chosen[1]} END AS cells"
        f" FROM day_rollups WHERE {mine} day=ANY({{}}::date[])"
        f" AND ({{}}::text = '' OR platform={{}})",
        level,
        *own,
        list(days),
        level,
        level,
    )
    for row in rows:
        cells = msgspec.json.decode(row["cells"], type=dict[str, dict[str, int] | None])
        tally = _level(found, row["platform"])
        for kind, counted in cells.items():
            if counted:
                tally.of(kind).update(counted)


def _object(kinds: Iterable[str]) -> str:
    members = ", ".join(f"'{kind}', cells->'{kind}'" for kind in kinds)
    return f"jsonb_build_object({members})"


async def _add(found: Tallies, sql: str, args: Sequence[Any]) -> None:
    for row in await DayRollup.raw(sql, *args):
        _level(found, row["level"]).of(row["kind"])[row["key"]] += row["n"]


def _level(found: Tallies, level: str) -> Tally:
    return found.setdefault(level, Tally())


def day_cells(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, int]]]:
    """Rows of cells as {level: {kind: {key: number}}}, without zeros."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for row in rows:
        if row["n"]:
            found.setdefault(row["level"], {}).setdefault(row["kind"], {})[row["key"]] = row["n"]
    return found


def _span(day: date) -> Span:
    start = datetime.combine(day, time(), UTC)
    return start, start + _DAY


def _midnight_before(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)


def _midnight_after(at: datetime) -> datetime:
    before = _midnight_before(at)
    return before if before == at else before + _DAY


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, neighbours made one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
