"""The business in figures; docs/kpis.md defines each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from uploadm8.domain.accounts.tables import User
from uploadm8.domain.admin.counts import count_sql
from uploadm8.domain.admin.readings import Readings, read
from uploadm8.domain.admin.schemas import (
    AlertOut,
    GlobalKpis,
    JobsOut,
    Money,
    OverviewOut,
    PlatformHealth,
    TierShare,
)
from uploadm8.domain.admin.tables import AlertRow
from uploadm8.domain.billing.plans import CURRENCY, PLANS, Tier
from uploadm8.domain.billing.tables import Subscription
from uploadm8.domain.billing.tiers import RAISED_SQL
from uploadm8.domain.kpi.schemas import Summary
from uploadm8.domain.kpi.service import Kpis
from uploadm8.domain.platforms.tables import Platform
from uploadm8.domain.publishing.cohorts import Cohort, rate
from uploadm8.domain.publishing.rollups.counting import Part
from uploadm8.domain.publishing.rollups.tally import count_posts, level_of
from uploadm8.domain.publishing.rollups.workspaces import workspaces_sql
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import snapshot

_COUNTS_SQL = f"""
    SELECT {count_sql("users")} AS users, {count_sql("workspaces")} AS workspaces,
        (SELECT coalesce(sum(size_bytes), 0)::bigint FROM uploads
            WHERE uploaded_at IS NOT NULL AND state NOT IN ('expired', 'canceled', 'purged'))
        + (SELECT coalesce(sum(size_bytes), 0)::bigint FROM renditions
            WHERE state='succeeded' AND object_key IS NOT NULL) AS storage_bytes
"""
# All workspaces but the raised ones have the lowest tier, whether anything is known of them or not.
_TIERS_SQL = f"""
    WITH raised AS MATERIALIZED ({RAISED_SQL}),
    tiers AS MATERIALIZED (SELECT tier, count(*) AS n FROM raised GROUP BY tier),
    parts AS (
        SELECT tier, n AS workspaces, 0 AS posting, 0 AS accepted, 0 AS published, 0 AS failed FROM tiers
        UNION ALL SELECT '{Tier.STARTER}', {count_sql("workspaces")} - coalesce(sum(n), 0), 0, 0, 0, 0
        FROM tiers
        UNION ALL SELECT coalesce(r.tier, '{Tier.STARTER}'), 0, count(*), sum(p.accepted),
            sum(p.published), sum(p.failed)
        FROM ({{posts}}) p LEFT JOIN raised r ON r.workspace=p.workspace GROUP BY 1)
    SELECT tier, sum(workspaces)::bigint AS workspaces, sum(posting)::bigint AS posting,
        sum(accepted)::bigint AS accepted, sum(published)::bigint AS published,
        sum(failed)::bigint AS failed FROM parts GROUP BY tier
"""
_ACCOUNTS_SQL = """
    SELECT platform, count(*) FILTER (WHERE state='active') AS accounts,
        count(*) FILTER (WHERE state='needs_reconnect') AS need_reconnect
    FROM connected_accounts GROUP BY platform
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the whole installation does."""

    kpis: Kpis

    async def overview(self, cohort: Cohort) -> OverviewOut:
        """Users, money, posts, jobs, platforms and storage."""
        counts = (await User.raw(_COUNTS_SQL))[0]
        found = await count_posts(cohort, Part.CREATED)
        seen, posts = await read(), await self.kpis.summary_of(cohort, found)
        return OverviewOut(
            **counts,
            uploads=found[level_of(cohort)].created.total(),
            money=await _money(cohort, counts["workspaces"]),
            jobs=_jobs(seen),
            processes={role: seen.processes.get(role, 0) for role in ("web", "worker")},
            platforms=await _platforms(seen, posts),
            alerts=await firing(),
            posts=posts,
        )

    async def everyone(self, cohort: Cohort) -> GlobalKpis:
        """The key figures over all workspaces, split by tier too."""
        summary = await self.kpis.summary(cohort)
        return GlobalKpis(**msgspec.structs.asdict(summary), tiers=await _tiers(cohort))


async def firing() -> list[AlertOut]:
    """What is wrong now, the oldest first."""
    rows = await AlertRow.raw(
        "SELECT name, summary, since FROM operator_alerts WHERE state='firing' ORDER BY since"
    )
    return [AlertOut(**row) for row in rows]


def _jobs(seen: Readings) -> JobsOut:
    def of(state: str, what: str = "n") -> int:
        return sum(row[what] for row in seen.jobs if row["state"] == state)

    return JobsOut(
        due=of("due"),
        running=of("running"),
        dead=of("dead"),
        dead_of_faults=of("dead", "ours"),
        oldest_due_s=max((r["oldest_s"] for r in seen.jobs if r["state"] == "due"), default=None),
    )


async def _platforms(seen: Readings, posts: Summary) -> list[PlatformHealth]:
    accounts = {row["platform"]: row for row in await User.raw(_ACCOUNTS_SQL)}
    shares = {share.platform: share for share in posts.platforms}
    found = []
    for platform in Platform:
        rows = [row for row in seen.publications if row["platform"] == platform]
        account, share = accounts.get(platform.value), shares.get(platform.value)
        found.append(
            PlatformHealth(
                platform=platform.value,
                accounts=account["accounts"] if account else 0,
                need_reconnect=account["need_reconnect"] if account else 0,
                published=share.published if share else 0,
                failed=share.failed if share else 0,
                success_rate=share.success_rate if share else None,
                unfinished=sum(row["n"] for row in rows),
                unknown=sum(row["n"] for row in rows if row["state"] == "unknown"),
                late_s=max((row["late_s"] for row in rows), default=0.0),
                paused=seen.circuits.get(platform.value, 0) > 0,
            )
        )
    return found


async def _tiers(cohort: Cohort) -> list[TierShare]:
    posts, args = workspaces_sql(cohort)
    async with snapshot():
        rows = await DB.rows(_TIERS_SQL.format(posts=posts), *args)
    found = {row["tier"]: row for row in rows}
    total = sum(row["accepted"] for row in rows)
    nothing = dict.fromkeys(("workspaces", "posting", "accepted", "published", "failed"), 0)
    return [
        TierShare(
            **{"tier": tier.value, **nothing, **(row := found.get(tier.value, {}))},
            success_rate=rate(row.get("published", 0), row.get("failed", 0)),
            share=row.get("accepted", 0) / total if total else None,
        )
        for tier in Tier
    ]


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
