"""A creator's figures."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from uploadm8.domain.publishing.cohorts import Cohort, Outcome, UploadOutcome, rate, upload_outcome
from uploadm8.domain.publishing.rollups.counting import ENGAGEMENT
from uploadm8.domain.publishing.rollups.series import count_steps
from uploadm8.domain.publishing.rollups.tally import (
    Tallies,
    Tally,
    by_platform,
    count_results,
    level_of,
)
from uploadm8.errors import FieldError, InvalidRequestError
from uploadm8.infra.db.engine import DB

# Steps of the scan that finds the buckets: shorter than any bucket, a day of 23 hours too.
_SCAN = {
    Bucket.HOUR: timedelta(minutes=15),
    Bucket.DAY: timedelta(hours=6),
    Bucket.WEEK: timedelta(days=1),
    Bucket.MONTH: timedelta(days=1),
}
HOURS_AT_MOST_DAYS = 31
_STARTS_SQL = (
    "SELECT DISTINCT date_trunc($1, t, $2) AS start FROM ("
    "SELECT generate_series($3::timestamptz, $4::timestamptz, $5::interval) AS t"
    " UNION ALL SELECT $4::timestamptz) scan ORDER BY start"
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
        rows = await DB.rows(_STARTS_SQL, bucket.value, span.zone, span.start, last, _SCAN[bucket])
        starts = [row["start"] for row in rows]
        found = await count_steps(cohort, starts)
        return Series(
            bucket=bucket,
            time_zone=span.zone,
            items=[
                _point(start, counts, cohort.outcome)
                for start, counts in zip(starts, found, strict=True)
            ],
        )


def _point(start: datetime, counts: Counter[str], only: Outcome | None) -> Point:
    by_outcome = {o: counts[o] if only in (None, o) else 0 for o in Outcome}
    published, failed = by_outcome[Outcome.PUBLISHED], by_outcome[Outcome.FAILED]
    return Point(
        start=start,
        accepted=sum(by_outcome.values()),
        published=published,
        failed=failed,
        success_rate=rate(published, failed),
        engagement=_engagement(counts if only in (None, Outcome.PUBLISHED) else Counter()),
    )


def _engagement(row: Mapping[str, int]) -> Engagement:
    return Engagement(**{name: row[name] for name in ENGAGEMENT})


def _sum(parts: list[Engagement]) -> Engagement:
    return Engagement(**{name: sum(getattr(one, name) for one in parts) for name in ENGAGEMENT})


def _platforms(found: Tallies) -> list[PlatformResults]:
    results = []
    for platform, tally in by_platform(found):
        counts = tally.outcome
        results.append(
            PlatformResults(
                platform=platform,
                published=counts["published"],
                failed=counts["failed"],
                success_rate=rate(counts["published"], counts["failed"]),
                engagement=_engagement(tally.engagement),
            )
        )
    return results


def _uploads(tally: Tally) -> tuple[dict[str, int], dict[UploadOutcome, int]]:
    states: dict[str, int] = {}
    outcomes = dict.fromkeys(UploadOutcome, 0)
    for (state, have), uploads in sorted(tally.created.items()):
        states[state] = states.get(state, 0) + uploads
        outcomes[upload_outcome(have)] += uploads
    return states, outcomes
