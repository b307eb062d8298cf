"""Key figures of posts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from uploadm8.domain.kpi.schemas import (
    Backlog,
    ErrorCount,
    HourCount,
    Latency,
    PlatformShare,
    RangeOut,
    Reliability,
    Summary,
    Throughput,
)
from uploadm8.domain.publishing.cohorts import (
    OUTCOME_SQL,
    Cohort,
    Outcome,
    UploadOutcome,
    counted,
    rate,
    upload_outcome,
)
from uploadm8.domain.publishing.rollups.counting import START_SQL
from uploadm8.domain.publishing.rollups.tally import (
    Tallies,
    Tally,
    by_platform,
    count_posts,
    level_of,
)
from uploadm8.domain.publishing.tables import Publication

_DUE = (
    f"({OUTCOME_SQL}='working' AND coalesce(p.publish_at, p.accepted_at) <= now()"
    " OR p.state='scheduled' AND p.publish_at <= now())"
)


@dataclass(frozen=True, slots=True)
class Kpis:
    """Every figure is of the posts of a cohort."""

    async def summary(self, cohort: Cohort) -> Summary:
        """All key figures."""
        return await self.summary_of(cohort, await count_posts(cohort))

    async def summary_of(self, cohort: Cohort, found: Tallies) -> Summary:
        """The same of posts that were counted."""
        tally = found.get(level_of(cohort), Tally())
        counts = {outcome.value: tally.outcome[outcome] for outcome in Outcome}
        mix = _platforms(found)
        return Summary(
            range=RangeOut(
                start=cohort.range.start, end=cohort.range.end, time_zone=cohort.range.zone
            ),
            throughput=Throughput(
                accepted=sum(counts.values()),
                published_per_day=counts["published"] / cohort.range.days,
                **counts,
            ),
            reliability=Reliability(
                finished=counts["published"] + counts["failed"],
                success_rate=rate(counts["published"], counts["failed"]),
                failure_rate=rate(counts["failed"], counts["published"]),
            ),
            uploads=_uploads(tally.uploads),
            latency=_latency(tally.latency),
            backlog=await _backlog(cohort),
            platforms=mix,
            concentration=sum(part.share**2 for part in mix) if mix else None,
            hourly=[HourCount(hour=hour, published=tally.hours[hour]) for hour in range(24)],
            errors=_errors(tally.errors),
        )


def _uploads(by_outcomes_had: Counter[int]) -> dict[UploadOutcome, int]:
    found = dict.fromkeys(UploadOutcome, 0)
    del found[UploadOutcome.UNPOSTED]  # nothing is known of uploads without posts here
    for have, uploads in by_outcomes_had.items():
        found[upload_outcome(have)] += uploads
    return found


def _latency(posts_by_second: Mapping[int, int]) -> Latency:
    posts = sum(posts_by_second.values())
    if not posts:
        return Latency(posts=0, median_s=None, average_s=None, p95_s=None)
    seconds = sorted(posts_by_second.items())
    return Latency(
        posts=posts,
        median_s=_percentile(seconds, posts, 0.5),
        average_s=sum(second * count for second, count in seconds) / posts,
        p95_s=_percentile(seconds, posts, 0.95),
    )


def _percentile(values: list[tuple[int, int]], total: int, share: float) -> float:
    """percentile_cont over sorted (value, how often): interpolates between neighbours."""
    place = share * (total - 1)
    lower = int(place)
    ends = list(accumulate(count for _, count in values))
    first = next(v for (v, _), end in zip(values, ends, strict=True) if end > lower)
    second = next(
        v for (v, _), end in zip(values, ends, strict=True) if end > min(lower + 1, total - 1)
    )
    return first + (second - first) * (place - lower)


def _platforms(found: Tallies) -> list[PlatformShare]:
    outcomes = {platform: tally.outcome for platform, tally in by_platform(found)}
    total = sum(counts.total() for counts in outcomes.values())
    mix = [
        PlatformShare(
            platform=platform,
            accepted=counts.total(),
            published=counts["published"],
            failed=counts["failed"],
            success_rate=rate(counts["published"], counts["failed"]),
            share=counts.total() / total,
        )
        for platform, counts in outcomes.items()
    ]
    return sorted(mix, key=lambda part: (-part.accepted, part.platform))


def _errors(posts_by_error: Counter[str]) -> list[ErrorCount]:
    total = posts_by_error.total()
    found = []
    for key, posts in posts_by_error.items():
        error_class, _, code = key.partition(" ")
        found.append(
            ErrorCount(error_class=error_class, error_code=code, posts=posts, share=posts / total)
        )
    return sorted(found, key=lambda one: (-one.posts, one.error_class, one.error_code))


async def _backlog(cohort: Cohort) -> Backlog:
    where, args = cohort.scope()
    row = await _one(
        f"SELECT {counted(Outcome.WAITING)} AS waiting, {counted(Outcome.WORKING)} AS working,"
        f" {counted(Outcome.UNKNOWN)} AS unknown, count(*) FILTER (WHERE {_DUE}) AS due,"
        f" extract(epoch FROM now() - min({START_SQL}) FILTER (WHERE {_DUE}))::float8 AS oldest_due_s"
        f" FROM publications p WHERE {where}"
        " AND p.state NOT IN ('published', 'failed', 'canceled')",
        args,
    )
    return Backlog(**row)


async def _one(sql: str, args: list[Any]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = await Publication.raw(sql, *args)
    return rows[0]
