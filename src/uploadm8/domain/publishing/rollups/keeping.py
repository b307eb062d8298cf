"""Counts days again after something about them has changed."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import asyncpg
import msgspec
import structlog

from uploadm8.domain.publishing.rollups.counting import created_sql, posts_sql, uploads_sql
from uploadm8.domain.publishing.rollups.tables import DayRollup
from uploadm8.domain.publishing.rollups.tally import day_cells
from uploadm8.infra.db.transaction import snapshot
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import ROLL_UP
from uploadm8.infra.jobs.handlers import Handler, JobContext

log = structlog.get_logger(__name__)

BATCH = 500  # days counted in one run of the job

_WITHIN = "p.workspace={} AND p.accepted_at >= {} AND p.accepted_at < {}"
# An upload with posts of several days cannot be told by one of them; its id is kept instead.
_ELSEWHERE = (
    "EXISTS (SELECT 1 FROM publications o WHERE o.upload=p.upload"
    " AND (o.accepted_at < {} OR o.accepted_at >= {}))"
)
_STRADDLERS = (
    "SELECT DISTINCT l.level, 'straddler' AS kind, p.upload::text AS key, 1::bigint AS n"
    " FROM publications p CROSS JOIN LATERAL (VALUES (''), (p.platform)) l(level)"
    f" WHERE {_WITHIN} AND {_ELSEWHERE}"
)
_BEGUN = "u.workspace={} AND u.created_at >= {} AND u.created_at < {}"


class RollupJobs:
    """Handlers of the job kinds."""

    def handlers(self) -> tuple[Handler, ...]:
        """What the worker registers."""
        return (Handler(ROLL_UP, self._run),)

    async def _run(self, context: JobContext) -> None:
        del context
        await roll_up()


async def roll_up(limit: int = BATCH) -> int:
    """Count the days that have marks, the oldest first; returns how many."""
    rows = await DayRollup.raw(
        "SELECT DISTINCT workspace, day FROM rollup_marks ORDER BY day, workspace LIMIT {}", limit
    )
    counted = 0
    for row in rows:
        try:
            await count_day(row["workspace"], row["day"])
            counted += 1
        except asyncpg.SerializationError:  # another worker is at it
            log.info("day_counted_elsewhere", day=str(row["day"]))
    return counted


async def count_day(workspace_id: UUID, day: date) -> None:
    """Count one day and take its marks away, as of one moment.

    Marks that others commit meanwhile are not seen, hence not taken: the day stays marked.

    Raises:
        SerializationError: the same day is being counted elsewhere.
    """
    start = datetime.combine(day, time(), UTC)
    end = start + timedelta(days=1)
    span = [workspace_id, start, end]
    async with snapshot():
        await DayRollup.raw(
            "DELETE FROM rollup_marks WHERE workspace={} AND day={}", workspace_id, day
        )
        rows = await DayRollup.raw(posts_sql(_WITHIN), *span)
        alone = uploads_sql(f"{_WITHIN} AND NOT {_ELSEWHERE}")
        rows += await DayRollup.raw(alone, *span, start, end)
        rows += await DayRollup.raw(_STRADDLERS, *span, start, end)
        rows += await DayRollup.raw(created_sql(_BEGUN, "true", chosen=False), *span, *span)
        await DayRollup.raw(
            "DELETE FROM day_rollups WHERE workspace={} AND day={}", workspace_id, day
        )
        for platform, cells in day_cells(rows).items():
            await DayRollup.raw(
                "INSERT INTO day_rollups (id, workspace, day, platform, cells)"
                " VALUES ({}, {}, {}, {}, {})",
                new_id(),
                workspace_id,
                day,
                platform,
                msgspec.json.encode(cells).decode(),
            )
