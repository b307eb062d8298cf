"""A creator's figures."""

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
    Cohort,
    Outcome,
    UploadOutcome,
    counted,
    rate,
)
from uploadm8.domain.publishing.rollups.counting import FIGURES
from uploadm8.domain.publishing.rollups.tally import ALL, Tallies, Tally, count_results, level_of
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
_ENGAGEMENT_SQL = "count(m.at) FILTER (WHERE p.state='published') AS posts, " + ", ".join(
    f"coalesce(sum(m.{name}) FILTER (WHERE p.state='published'), 0)::bigint AS {name}"
    for name in FIGURES
)
_RESULTS_SQL = (
    f"count(*) AS accepted, {counted(Outcome.PUBLISHED)} AS published,"
    f" {counted(Outcome.FAILED)} AS failed, {_ENGAGEMENT_SQL}"
    f" FROM publications p {LATEST_LOOK_SQL}"
)
_COUNTED = ", ".join(
    f"coalesce(c.{name}, 0) AS {name}"
    for name in ("accepted", "published", "failed", "posts", *FIGURES)
)


@dataclass(frozen=True, slots=True)
class Analytics:
    """Every figure is of one workspace's cohort."""

    quota: Quota

    async def overview(self, workspace_id: UUID, cohort: Cohort) -> Overview:
        """Uploads, success, quota and engagement."""
        found = await count_results(cohort)
        platforms = _platforms(found)
        states, outcomes = _uploads(found.get(level_of(cohort), Tally()))
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
    return Engagement(posts=row["posts"], **{name: row[name] for name in FIGURES})


def _sum(parts: list[Engagement]) -> Engagement:
    return Engagement(
        **{name: sum(getattr(one, name) for one in parts) for name in ("posts", *FIGURES)}
    )


def _platforms(found: Tallies) -> list[PlatformResults]:
    results = []
    for platform, tally in sorted(found.items()):
        counts, figures = tally.of("outcome"), tally.of("engagement")
        if platform == ALL or not counts.total():
            continue
        results.append(
            PlatformResults(
                platform=platform,
                published=counts["published"],
                failed=counts["failed"],
                success_rate=rate(counts["published"], counts["failed"]),
                engagement=_engagement(figures),
            )
        )
    return results


def _uploads(tally: Tally) -> tuple[dict[str, int], dict[UploadOutcome, int]]:
    states: dict[str, int] = {}
    outcomes = dict.fromkeys(UploadOutcome, 0)
    for key, uploads in sorted(tally.of("created").items()):
        state, _, outcome = key.partition(" ")
        states[state] = states.get(state, 0) + uploads
        outcomes[UploadOutcome(outcome)] += uploads
    return states, outcomes
