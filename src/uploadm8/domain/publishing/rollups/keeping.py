"""Counts days and months again after something about them has changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from uploadm8.domain.publishing.rollups.counting import (
    COLUMNS,
    Level,
    Part,
    Span,
    arguments,
    counted_sql,
)
from uploadm8.domain.publishing.rollups.tables import EVERYONE, Grain
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import snapshot
from uploadm8.infra.jobs.catalog import ROLL_UP, ROLL_UP_LONG
from uploadm8.infra.jobs.handlers import Handler, JobContext

log = structlog.get_logger(__name__)

BATCH = 500  # spans looked up at a time
# A series is read from days; hours of the week are worth keeping of months alone.
_ONLY_OTHERS = {Grain.DAY: Part.WEEK, Grain.MONTH: Part.STEPS}
# What one statement counts.
DAYS_AT_ONCE = 50
LONG_AT_ONCE = 200
POSTS_AT_ONCE = 150_000
_ROUNDS = 20  # in one run of the job; the next begins a minute later
_TIMEOUT_MS = 120_000
_WORK_MEM = "64MB"  # what the statement groups should fit in

_DAYS_DUE = (
    "SELECT DISTINCT workspace, day FROM rollup_marks WHERE grain='day' AND workspace <> $2"
    " ORDER BY day DESC, workspace LIMIT $1"
)
# Only what is over is read as a whole, so the others' marks wait.
_LONG_DUE = """
    SELECT m.*, (SELECT coalesce(sum(published + failed + canceled + unknown + waiting + working), 0)
        FROM rollups r WHERE m.workspace IN (r.workspace, $2) AND r.workspace <> $2 AND r.level=''
            AND r.grain='day' AND r.first >= m.day AND r.first < m.stop) AS posts
    FROM (SELECT DISTINCT workspace, grain, day, CASE grain WHEN 'month' THEN day + interval '1 month'
        ELSE day + interval '1 day' END AS stop FROM rollup_marks
        WHERE workspace=$2 OR grain='month') m
    WHERE m.stop <= $3::date ORDER BY day DESC, workspace LIMIT $1
"""
_FORGET = (
    "DELETE FROM {0} WHERE id IN (SELECT t.id FROM {0} t, unnest($1::uuid[], $2::date[])"
    " AS s (workspace, first) WHERE t.workspace=s.workspace AND t.grain=$3 AND t.{1}=s.first"
    " ORDER BY t.id FOR UPDATE OF t)"
)
# A counted day makes what holds it stale. To touch the mark that is there makes this transaction
# and one that takes the mark away exclude each other, so that none is lost.
_MARK_LONG = """
    WITH wanted AS (
        SELECT DISTINCT o.workspace, g.grain, g.day
        FROM unnest($1::uuid[], $2::date[]) AS s (workspace, first)
        CROSS JOIN LATERAL (VALUES (s.workspace), ($3::uuid)) o (workspace)
        CROSS JOIN LATERAL (VALUES ('day', s.first), ('month', date_trunc('month', s.first)::date))
            g (grain, day)
        WHERE o.workspace=$3 OR g.grain='month'),
    touched AS (
        UPDATE rollup_marks SET day=day WHERE id IN (SELECT m.id FROM rollup_marks m, wanted w
            WHERE m.workspace=w.workspace AND m.grain=w.grain AND m.day=w.day
            ORDER BY m.id FOR NO KEY UPDATE OF m)
        RETURNING workspace, grain, day)
    INSERT INTO rollup_marks (workspace, grain, day)
        SELECT * FROM wanted EXCEPT SELECT * FROM touched
"""


class RollupJobs:
    """Handlers of the job kinds."""

    def handlers(self) -> tuple[Handler, ...]:
        """What the worker registers."""
        return (Handler(ROLL_UP, self._days), Handler(ROLL_UP_LONG, self._long))

    async def _days(self, context: JobContext) -> None:
        del context
        for _ in range(_ROUNDS):
            if await roll_up() < BATCH:
                return

    async def _long(self, context: JobContext) -> None:
        del context
        today = datetime.now(UTC).date()
        for _ in range(_ROUNDS):
            if await roll_up_long(today) < BATCH:
                return


async def roll_up(limit: int = BATCH) -> int:
    """Count the workspaces' days that have marks, the latest first; returns how many."""
    due = await DB.rows(_DAYS_DUE, limit, EVERYONE)
    spans = [(row["workspace"], row["day"]) for row in due]
    parts = (spans[at : at + DAYS_AT_ONCE] for at in range(0, len(spans), DAYS_AT_ONCE))
    return sum([await _count(Grain.DAY, part) for part in parts])


async def roll_up_long(today: date, limit: int = BATCH) -> int:
    """Count the marked months, and everyone's marked days, that are over; returns how many."""
    due = await DB.rows(_LONG_DUE, limit, EVERYONE, today)
    counted = 0
    for grain, everyone in product(Grain, (False, True)):
        chosen = [
            row
            for row in due
            if row["grain"] == grain and (row["workspace"] == EVERYONE) is everyone
        ]
        for part in _packed(chosen):
            counted += await _count(grain, [(row["workspace"], row["day"]) for row in part])
    return counted


def _packed(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Rows in batches that one statement can count."""
    batch: list[Mapping[str, Any]] = []
    for row in rows:
        full = len(batch) == LONG_AT_ONCE
        if batch and (full or sum(r["posts"] for r in batch) + row["posts"] > POSTS_AT_ONCE):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


async def _count(grain: Grain, firsts: Sequence[tuple[UUID, date]]) -> int:
    try:
        await count_spans(grain, [span_of(workspace, grain, day) for workspace, day in firsts])
    except asyncpg.SerializationError:  # another worker is at it
        log.info("counted_elsewhere", grain=grain.value, spans=len(firsts))
        return 0
    return len(firsts)


async def count_spans(grain: Grain, spans: Collection[Span]) -> None:
    """Count spans and take their marks away, as of one moment.

    Marks that others commit meanwhile are not seen, hence not taken: their spans stay marked.

    Args:
        grain: what they are.
        spans: all of workspaces, or all of `EVERYONE`.

    Raises:
        SerializationError: one of them is being counted elsewhere.
    """
    everyone = any(span.workspace == EVERYONE for span in spans)
    levels = [Level.ALL, Level.PLATFORM] if everyone else [*Level]
    parts = [part for part in Part if part is not _ONLY_OTHERS[grain]]
    columns = ", ".join(COLUMNS)
    workspaces, firsts, *moments = arguments(spans)
    async with snapshot():
        await DB.rows(f"SET LOCAL statement_timeout = {_TIMEOUT_MS}")
        await DB.rows(f"SET LOCAL work_mem = '{_WORK_MEM}'")
        await DB.rows(_FORGET.format("rollup_marks", "day"), workspaces, firsts, grain)
        await DB.rows(_FORGET.format("rollups", "first"), workspaces, firsts, grain)
        await DB.rows(
            f"INSERT INTO rollups (workspace, first, level, platform, grain, {columns})"
            f" SELECT owner, first, level, platform, '{grain.value}', {columns}"
            f" FROM ({counted_sql(parts, levels, everyone=everyone)}) counted",
            workspaces,
            firsts,
            *moments,
        )
        if grain is Grain.DAY and not everyone:
            await DB.rows(_MARK_LONG, workspaces, firsts, EVERYONE)


def span_of(workspace_id: UUID, grain: Grain, first: date) -> Span:
    """The span of a day, or of the month that begins on it."""
    after = next_month(first) if grain is Grain.MONTH else first + timedelta(days=1)
    return Span(workspace_id, first, midnight(first), midnight(after))


def midnight(day: date) -> datetime:
    """When a day begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def next_month(first: date) -> date:
    """The first day of the month after a day's."""
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1)
