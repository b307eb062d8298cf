"""Key figures of posts, counted from the rows themselves."""

from dataclasses import dataclass
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
    COUNTS_SQL,
    OUTCOME_SQL,
    UPLOAD_OUTCOME_SQL,
    Cohort,
    Outcome,
    UploadOutcome,
    counted,
    rate,
)
from uploadm8.domain.publishing.tables import Publication

# A post on time waits for its time, and one of the manual queue for a person: neither is slow.
_START = "greatest(p.accepted_at, p.publish_at)"
_DUE = (
    f"({OUTCOME_SQL}='working' AND coalesce(p.publish_at, p.accepted_at) <= now()"
    " OR p.state='scheduled' AND p.publish_at <= now())"
)


@dataclass(frozen=True, slots=True)
class Kpis:
    """Every figure is of the posts of a cohort."""

    async def summary(self, cohort: Cohort) -> Summary:
        """All key figures."""
        where, args = cohort.within()
        counts = await _one(f"SELECT {COUNTS_SQL} FROM publications p WHERE {where}", args)
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
            uploads=await _uploads(cohort),
            latency=await _latency(cohort),
            backlog=await _backlog(cohort),
            platforms=(mix := await _platforms(cohort)),
            concentration=sum(part.share**2 for part in mix) if mix else None,
            hourly=await _hourly(cohort),
            errors=await _errors(cohort),
        )


async def _uploads(cohort: Cohort) -> dict[UploadOutcome, int]:
    where, args = cohort.within()
    rows = await Publication.raw(
        "SELECT outcome, count(*) AS uploads FROM ("
        f" SELECT {UPLOAD_OUTCOME_SQL} AS outcome FROM publications p"
        f" WHERE {where} GROUP BY p.upload) each_upload GROUP BY outcome",
        *args,
    )
    found = {UploadOutcome(row["outcome"]): row["uploads"] for row in rows}
    return {
        outcome: found.get(outcome, 0)
        for outcome in UploadOutcome
        if outcome is not UploadOutcome.UNPOSTED
    }


async def _latency(cohort: Cohort) -> Latency:
    where, args = cohort.within()
    row = await _one(
        "SELECT count(*) AS posts, avg(s) AS average_s,"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY s) AS median_s,"
        " percentile_cont(0.95) WITHIN GROUP (ORDER BY s) AS p95_s FROM ("
        f" SELECT greatest(extract(epoch FROM p.published_at - {_START}), 0)::float8 AS s"
        f" FROM publications p WHERE {where} AND p.state='published'"
        " AND p.published_at IS NOT NULL AND p.schedule_mode <> 'queue') timed",
        args,
    )
    return Latency(**row)


async def _backlog(cohort: Cohort) -> Backlog:
    where, args = cohort.scope()
    row = await _one(
        f"SELECT {counted(Outcome.WAITING)} AS waiting, {counted(Outcome.WORKING)} AS working,"
        f" {counted(Outcome.UNKNOWN)} AS unknown, count(*) FILTER (WHERE {_DUE}) AS due,"
        f" extract(epoch FROM now() - min({_START}) FILTER (WHERE {_DUE}))::float8 AS oldest_due_s"
        f" FROM publications p WHERE {where}"
        " AND p.state NOT IN ('published', 'failed', 'canceled')",
        args,
    )
    return Backlog(**row)


async def _platforms(cohort: Cohort) -> list[PlatformShare]:
    where, args = cohort.within()
    rows = await Publication.raw(
        f"SELECT p.platform, count(*) AS accepted, {counted(Outcome.PUBLISHED)} AS published,"
        f" {counted(Outcome.FAILED)} AS failed FROM publications p WHERE {where}"
        " GROUP BY p.platform ORDER BY accepted DESC, p.platform",
        *args,
    )
    total = sum(row["accepted"] for row in rows)
    return [
        PlatformShare(
            **row, success_rate=rate(row["published"], row["failed"]), share=row["accepted"] / total
        )
        for row in rows
    ]


async def _hourly(cohort: Cohort) -> list[HourCount]:
    where, args = cohort.within()
    rows = await Publication.raw(
        "SELECT extract(hour FROM p.published_at AT TIME ZONE {}::text)::int AS hour,"
        f" count(*) AS published FROM publications p WHERE {where}"
        " AND p.state='published' AND p.published_at IS NOT NULL GROUP BY 1",
        cohort.range.zone,
        *args,
    )
    found = {row["hour"]: row["published"] for row in rows}
    return [HourCount(hour=hour, published=found.get(hour, 0)) for hour in range(24)]


async def _errors(cohort: Cohort) -> list[ErrorCount]:
    where, args = cohort.within()
    rows = await Publication.raw(
        "SELECT coalesce(p.error_class, 'unclassified') AS error_class,"
        " coalesce(p.error_code, 'unclassified') AS error_code, count(*) AS posts"
        f" FROM publications p WHERE {where} AND p.state='failed'"
        " GROUP BY 1, 2 ORDER BY posts DESC, 1, 2",
        *args,
    )
    total = sum(row["posts"] for row in rows)
    return [ErrorCount(**row, share=row["posts"] / total) for row in rows]


async def _one(sql: str, args: list[Any]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = await Publication.raw(sql, *args)
    return rows[0]
