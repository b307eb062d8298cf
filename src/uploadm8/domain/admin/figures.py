"""The business in figures; docs/kpis.md defines each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from uploadm8.domain.accounts.tables import User
from uploadm8.domain.admin.schemas import JobsOut, Money, OverviewOut
from uploadm8.domain.billing.plans import CURRENCY, PLANS, Tier
from uploadm8.domain.billing.tables import Subscription
from uploadm8.domain.kpi.service import Kpis
from uploadm8.domain.publishing.cohorts import Cohort, rate
from uploadm8.infra.jobs.tables import JobRow

_COUNTS_SQL = """
    SELECT (SELECT count(*) FROM users) AS users,
        (SELECT count(*) FROM workspaces) AS workspaces,
        (SELECT count(*) FROM uploads WHERE created_at >= {} AND created_at < {}) AS uploads,
        (SELECT coalesce(sum(size_bytes), 0)::bigint FROM uploads
            WHERE uploaded_at IS NOT NULL AND state NOT IN ('expired', 'canceled', 'purged'))
        + (SELECT coalesce(sum(size_bytes), 0)::bigint FROM renditions
            WHERE state='succeeded' AND object_key IS NOT NULL) AS storage_bytes
"""
_JOBS_SQL = """
    SELECT count(*) FILTER (WHERE state='queued' AND run_at <= now()) AS due,
        count(*) FILTER (WHERE state='running') AS running,
        count(*) FILTER (WHERE state='dead') AS dead,
        greatest(extract(epoch FROM now() - min(run_at) FILTER (WHERE state='queued')), 0)::float8
            AS oldest_due_s
    FROM jobs WHERE state IN ('queued', 'running', 'dead')
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the whole installation does."""

    kpis: Kpis

    async def overview(self, cohort: Cohort) -> OverviewOut:
        """Users, money, posts, jobs and storage."""
        span = cohort.range
        counts = (await User.raw(_COUNTS_SQL, span.start, span.end))[0]
        return OverviewOut(
            **counts,
            money=await _money(cohort, counts["workspaces"]),
            jobs=JobsOut(**(await JobRow.raw(_JOBS_SQL))[0]),
            posts=await self.kpis.summary(cohort),
        )


async def _money(cohort: Cohort, workspaces: int) -> Money:
    rows: list[Mapping[str, Any]] = await Subscription.raw(
        "SELECT tier, count(*) FILTER (WHERE status IN ('active', 'past_due')) AS paying,"
        " count(*) FILTER (WHERE status='trialing') AS trialing,"
        " count(*) FILTER (WHERE status='canceled' AND ended_at >= {} AND ended_at < {}) AS ended"
        " FROM billing_subscriptions WHERE tier IS NOT NULL AND tier <> 'starter' GROUP BY tier",
        cohort.range.start,
        cohort.range.end,
    )
    paying = {Tier(row["tier"]): row["paying"] for row in rows}
    ended = sum(row["ended"] for row in rows)
    total = sum(paying.values())
    mrr = sum(PLANS[tier].price_cents * number for tier, number in paying.items())
    return Money(
        currency=CURRENCY,
        paying=total,
        trialing=sum(row["trialing"] for row in rows),
        paying_by_tier={tier.value: paying.get(tier, 0) for tier in Tier},
        mrr_cents=mrr,
        arr_cents=12 * mrr,
        churn=rate(ended, total),
        conversion=total / workspaces if workspaces else None,
    )
