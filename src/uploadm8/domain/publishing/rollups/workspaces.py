"""Outcomes of the posts of a range, workspace by workspace."""

from datetime import date
from typing import Any

from uploadm8.domain.publishing.cohorts import Cohort, Outcome, counted
from uploadm8.domain.publishing.rollups.plan import calendar_of
from uploadm8.domain.publishing.rollups.tables import EVERYONE
from uploadm8.domain.publishing.rollups.tally import level_of

_ROLLED = ", ".join(f"r.{outcome}" for outcome in Outcome)
_COUNTED = ", ".join(f"{counted(outcome)} AS {outcome}" for outcome in Outcome)

_SQL = f"""
    WITH stale AS MATERIALIZED (
        SELECT DISTINCT workspace, day FROM rollup_marks
        WHERE grain='day' AND workspace <> $1 AND day BETWEEN $2 AND $3),
    stale_months AS MATERIALIZED (
        SELECT workspace, date_trunc('month', day)::date AS first FROM stale
        UNION SELECT workspace, day FROM rollup_marks
            WHERE grain='month' AND workspace <> $1 AND day=ANY($4::date[])),
    months AS (
        SELECT r.* FROM rollups r WHERE r.grain='month' AND r.first=ANY($4::date[])
            AND NOT EXISTS (SELECT 1 FROM stale_months s
                WHERE s.workspace=r.workspace AND s.first=r.first)),
    days AS (
        SELECT r.* FROM rollups r WHERE r.grain='day' AND r.first=ANY($5::date[])
        UNION ALL SELECT r.* FROM stale_months s JOIN rollups r ON r.workspace=s.workspace
            AND r.grain='day' AND r.first >= s.first AND r.first < s.first + interval '1 month'
            AND s.first=ANY($4::date[])),
    found AS (
        SELECT r.workspace, {_ROLLED} FROM months r WHERE r.level=$6 AND r.workspace <> $1
        UNION ALL SELECT r.workspace, {_ROLLED} FROM days r
            WHERE r.level=$6 AND r.workspace <> $1 AND NOT EXISTS (
                SELECT 1 FROM stale s WHERE s.workspace=r.workspace AND s.day=r.first)
        UNION ALL SELECT p.workspace, {_COUNTED} FROM unnest($7::timestamptz[], $8::timestamptz[])
            AS e (start, stop) JOIN publications p ON p.accepted_at >= e.start
            AND p.accepted_at < e.stop AND $6 IN ('', p.platform) GROUP BY 1
        UNION ALL SELECT p.workspace, {_COUNTED} FROM stale s JOIN publications p
            ON p.workspace=s.workspace AND p.accepted_at >= s.day::timestamp AT TIME ZONE 'UTC'
            AND p.accepted_at < (s.day + 1)::timestamp AT TIME ZONE 'UTC'
            AND $6 IN ('', p.platform) GROUP BY 1)
    SELECT workspace, sum({{accepted}})::bigint AS accepted,
        sum({{published}})::bigint AS published, sum({{failed}})::bigint AS failed
    FROM found GROUP BY workspace HAVING sum({{accepted}}) > 0
"""


def workspaces_sql(cohort: Cohort) -> tuple[str, list[Any]]:
    """SQL of ``workspace, accepted, published, failed``, with its arguments.

    Args:
        cohort: of everyone.
    """
    chosen = [outcome for outcome in Outcome if cohort.outcome in (None, outcome)]
    sql = _SQL.format(
        accepted=" + ".join(chosen),
        **{one: one if one in chosen else "0" for one in (Outcome.PUBLISHED, Outcome.FAILED)},
    )
    calendar = calendar_of(cohort.range)
    return sql, [
        EVERYONE,
        min(calendar.days, default=date.min),
        max(calendar.days, default=date.min),
        [*calendar.months],
        calendar.days_beside(calendar.months),
        level_of(cohort),
        [start for start, _ in calendar.edges],
        [stop for _, stop in calendar.edges],
    ]
