"""Workspaces above the lowest tier now, in SQL: what `Entitlements.of` says of one, for all."""

from datetime import timedelta

from uploadm8.domain.billing.entitlements import LATE_NEWS_GRACE, PAST_DUE_GRACE
from uploadm8.domain.billing.plans import PLANS


def _interval(span: timedelta) -> str:
    return f"interval '{span.total_seconds():.0f} s'"


def _case(subject: str, values: dict[str, str]) -> str:
    return f"CASE {subject} {' '.join(f'WHEN {key} THEN {one}' for key, one in values.items())} END"


_RANK = _case("tier", {f"'{tier.value}'": str(plan.rank) for tier, plan in PLANS.items()})
_TIER = _case("max(r.rank)", {str(p.rank): f"'{t.value}'" for t, p in PLANS.items()})
# least() ignores nulls: a subscription that is not canceled lapses when news of it stay away.
_ENDS = (
    f"least(period_end + {_interval(LATE_NEWS_GRACE)}, cancel_at, CASE WHEN status='past_due'"
    f" THEN coalesce(past_due_since, period_start) + {_interval(PAST_DUE_GRACE)} END)"
)

RAISED_SQL = (
    f"SELECT workspace, {_TIER} AS tier FROM ("  # noqa: S608  constants
    f"SELECT workspace, {_RANK} AS rank FROM billing_subscriptions WHERE tier IS NOT NULL"
    f" AND status IN ('trialing', 'active', 'past_due') AND now() < {_ENDS}"
    f" UNION ALL SELECT workspace, {_RANK} FROM entitlement_grants WHERE revoked_at IS NULL"
    " AND (ends_at IS NULL OR ends_at > now())) r GROUP BY workspace HAVING max(r.rank) > 0"
)
"""Columns ``workspace`` and ``tier``; a million others, who pay nothing, are not looked at."""
