"""A creator's figures, counted from the rows themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from uploadm8.domain.analytics.schemas import (
    Bucket,
    Engagement,
    Overview,
    PlatformResults,
    Point,
    QuotaOut,
    Series,
)
from uploadm8.domain.billing.quota import Quota
from uploadm8.domain.publishing.cohorts import (
    LATEST_LOOK_SQL,
    UPLOAD_OUTCOME_SQL,
    Cohort,
    Outcome,
    UploadOutcome,
    counted,
    rate,
)
from uploadm8.domain.publishing.tables import Publication
from uploadm8.errors import FieldError, InvalidRequestError

# Steps of the scan that finds the buckets: shorter than any bucket, a day of 23 hours too.
_SCAN = {
    Bucket.HOUR: timedelta(minutes=15),
    Bucket.DAY: timedelta(hours=6),
    Bucket.WEEK: timedelta(days=1),
    Bucket.MONTH: timedelta(days=1),
}
HOURS_AT_MOST_DAYS = 31
_FIGURES = ("views", "likes", "comments", "shares")
_ENGAGEMENT_SQL = "count(m.at) FILTER (WHERE p.state='published') AS posts, " + ", ".join(
    f"coalesce(sum(m.{name}) FILTER (WHERE p.state='published'), 0)::bigint AS {name}"
    for name in _FIGURES
)
_RESULTS_SQL = (
    f"count(*) AS accepted, {counted(Outcome.PUBLISHED)} AS published,"
    f" {counted(Outcome.FAILED)} AS failed, {_ENGAGEMENT_SQL}"
    f" FROM publications p {LATEST_LOOK_SQL}"
)
_COUNTED = ", ".join(
    f"coalesce(c.{name}, 0) AS {name}"
    for name in ("accepted", "published", "failed", "posts", *_FIGURES)
)


@dataclass(frozen=True, slots=True)
class Analytics:
    """Every figure is of one workspace's cohort."""

    quota: Quota

    async def overview(self, workspace_id: UUID, cohort: Cohort) -> Overview:
        """Uploads, success, quota and engagement."""
        platforms = await _platforms(cohort)
        states, outcomes = await _uploads(workspace_id, cohort)
        usage = await self.quota.usage(workspace_id)
        return Overview(
            start=cohort.range.start,
            end=cohort.range.end,
            time_zone=cohort.range.zone,
            uploads=sum(states.values()),
            uploads_by_state=states,
            uploads_by_outcome=outcomes,
            success_rate=rate(
                sum(one.published for one in platforms), sum(one.failed for one in platforms)
            ),
            quota=QuotaOut(
                used=usage.used,
                reserved=usage.reserved,
                total=usage.limit,
                resets_at=usage.resets_at,
            ),
            engagement=_sum([one.engagement for one in platforms]),
            platforms=platforms,
        )

    async def timeseries(self, cohort: Cohort, bucket: Bucket) -> Series:
        """Posts by the local hour, day, week or month of their acceptance.

        Raises:
            InvalidRequestError: code ``invalid_range``; hours over more than 31 days.
        """
        span = cohort.range
        if bucket is Bucket.HOUR and span.days > HOURS_AT_MOST_DAYS:
            message = f"hour is for ranges of at most {HOURS_AT_MOST_DAYS} days"
            raise InvalidRequestError(
                f"bucket {message}.",
                code="invalid_range",
                action="Ask for days, or for a shorter range.",
                fields=[FieldError("bucket", message)],
            )
        last = span.end - timedelta(microseconds=1)
        where, args = cohort.within()
        rows = await Publication.raw(
            "WITH steps AS (SELECT DISTINCT date_trunc({}::text, t, {}::text) AS start"
            " FROM (SELECT generate_series({}::timestamptz, {}::timestamptz, {}::interval) AS t"
            " UNION ALL SELECT {}::timestamptz) scan), counted AS ("
            f"SELECT date_trunc({{}}::text, p.accepted_at, {{}}::text) AS start, {_RESULTS_SQL}"
            f" WHERE {where} GROUP BY 1)"
            f" SELECT s.start, {_COUNTED} FROM steps s LEFT JOIN counted c ON c.start=s.start"
            " ORDER BY s.start",
            bucket.value,
            span.zone,
            span.start,
            last,
            _SCAN[bucket],
            last,
            bucket.value,
            span.zone,
            *args,
        )
        return Series(bucket=bucket, time_zone=span.zone, items=[_point(row) for row in rows])


def _point(row: Mapping[str, Any]) -> Point:
    return Point(
        start=row["start"],
        accepted=row["accepted"],
        published=row["published"],
        failed=row["failed"],
        success_rate=rate(row["published"], row["failed"]),
        engagement=_engagement(row),
    )


def _engagement(row: Mapping[str, Any]) -> Engagement:
    return Engagement(posts=row["posts"], **{name: row[name] for name in _FIGURES})


def _sum(parts: list[Engagement]) -> Engagement:
    return Engagement(
        **{name: sum(getattr(one, name) for one in parts) for name in ("posts", *_FIGURES)}
    )


async def _platforms(cohort: Cohort) -> list[PlatformResults]:
    where, args = cohort.within()
    rows = await Publication.raw(
        f"SELECT p.platform, {_RESULTS_SQL} WHERE {where} GROUP BY p.platform ORDER BY p.platform",
        *args,
    )
    return [
        PlatformResults(
            platform=row["platform"],
            published=row["published"],
            failed=row["failed"],
            success_rate=rate(row["published"], row["failed"]),
            engagement=_engagement(row),
        )
        for row in rows
    ]


async def _uploads(
    workspace_id: UUID, cohort: Cohort
) -> tuple[dict[str, int], dict[UploadOutcome, int]]:
    scope, args = cohort.scope()
    rows = await Publication.raw(
        "SELECT state, outcome, count(*) AS uploads FROM ("
        f" SELECT u.state, {UPLOAD_OUTCOME_SQL} AS outcome FROM uploads u"
        f" LEFT JOIN publications p ON p.upload=u.id AND {scope}"
        " WHERE u.workspace={} AND u.created_at >= {} AND u.created_at < {}"
        f" GROUP BY u.id {'HAVING count(p.id) > 0' if cohort.chosen else ''}"
        ") each_upload GROUP BY state, outcome ORDER BY state",
        *args,
        workspace_id,
        cohort.range.start,
        cohort.range.end,
    )
    states: dict[str, int] = {}
    outcomes = dict.fromkeys(UploadOutcome, 0)
    for row in rows:
        states[row["state"]] = states.get(row["state"], 0) + row["uploads"]
        outcomes[UploadOutcome(row["outcome"])] += row["uploads"]
    return states, outcomes
