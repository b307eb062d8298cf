"""What a workspace may do now, and why: one function answers, the others refuse by its answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from uploadm8.domain.billing.periods import Period, billing_period, calendar_month
from uploadm8.domain.billing.plans import (
    PLANS,
    Feature,
    Limits,
    Plan,
    Resource,
    Tier,
    first_with,
    first_with_room,
)
from uploadm8.domain.billing.tables import Grant, Subscription, SubscriptionStatus
from uploadm8.domain.workspaces.locks import lock_workspace
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import PaymentRequiredError
from uploadm8.infra.clock import now

PAST_DUE_GRACE = timedelta(days=7)  # what a failed payment leaves to be put right
LATE_NEWS_GRACE = timedelta(hours=24)  # how late the news of a renewal may come

Clock = Callable[[], datetime]


class Source(StrEnum):
    """Where an entitlement comes from."""

    GRANT = "grant"
    SUBSCRIPTION = "subscription"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a workspace may do now.

    Attributes:
        until: when it ends unless something happens before; None when it has no end.
        reason: one sentence that says why this tier.
        period: what the uploads of now count in.
    """

    tier: Tier
    source: Source
    limits: Limits
    features: frozenset[Feature]
    until: datetime | None
    reason: str
    period: Period

    @property
    def plan(self) -> Plan:
        """The tier's row of the table."""
        return PLANS[self.tier]


@dataclass(frozen=True, slots=True)
class OverLimit:
    """A resource of which a workspace has more than its tier allows; only growth is blocked."""

    resource: Resource
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Entitlements:
    """Answers for one workspace at a time; knows of no request and no caller."""

    clock: Clock = now

    async def of(self, workspace_id: UUID) -> Entitlement:
        """The highest of grant, subscription and Starter; a grant goes first among equals.

        A grant never takes away what the customer pays for.
        """
        at = self.clock()
        best = await _from_subscriptions(workspace_id, at) or _default(calendar_month(at))
        granted = await _from_grants(workspace_id, at, best.period)
        return granted if granted and granted.plan.rank >= best.plan.rank else best

    async def require(self, workspace_id: UUID, feature: Feature) -> Entitlement:
        """Refuse a feature that the workspace's tier does not have.

        Raises:
            PaymentRequiredError: code ``feature_not_in_tier``, naming the tier that has it.
        """
        entitlement = await self.of(workspace_id)
        if feature in entitlement.features:
            return entitlement
        needed = first_with(feature)
        label = feature.label[0].upper() + feature.label[1:]
        raise PaymentRequiredError(
            f"{label} is not part of the {entitlement.plan.name} tier; {needed.name} has it.",
            code="feature_not_in_tier",
            action=f"Change to {needed.name} or a higher tier.",
            extra={
                "feature": feature.value,
                "tier": entitlement.tier.value,
                "required_tier": needed.tier.value,
                "required_lookup_key": needed.lookup_key,
            },
        )

    async def has(self, workspace_id: UUID, feature: Feature) -> bool:
        """Whether the workspace's tier has a feature."""
        return feature in (await self.of(workspace_id)).features

    async def check_accounts(self, workspace_id: UUID) -> None:
        """Refuse one more connected account when the tier is full.

        Call it in the transaction that connects the account: the workspace's row stays locked
        until COMMIT, so that two connections at once cannot both take the last place.

        Raises:
            PaymentRequiredError: code ``account_limit``.
        """
        await self._check_room(workspace_id, Resource.ACCOUNTS, 0)

    async def check_seats(self, workspace_id: UUID, *, invited: int = 0) -> None:
        """Refuse one more person when every seat is taken, in the caller's transaction.

        Args:
            workspace_id: the workspace that grows.
            invited: open invitations, which hold a seat each.

        Raises:
            PaymentRequiredError: code ``seat_limit``.
        """
        await self._check_room(workspace_id, Resource.SEATS, invited)

    async def over_limits(self, workspace_id: UUID, uploads_used: int = 0) -> list[OverLimit]:
        """What the workspace has too much of for its tier, after a downgrade."""
        entitlement = await self.of(workspace_id)
        used = {Resource.UPLOADS: uploads_used, **(await count_held(workspace_id))}
        return [
            OverLimit(resource, used[resource], entitlement.limits.of(resource))
            for resource in Resource
            if used[resource] > entitlement.limits.of(resource)
        ]

    async def _check_room(self, workspace_id: UUID, resource: Resource, pending: int) -> None:
        await lock_workspace(workspace_id)
        entitlement = await self.of(workspace_id)
        used = (await count_held(workspace_id))[resource] + pending
        limit = entitlement.limits.of(resource)
        if used < limit:
            return
        needed = first_with_room(resource, used + 1)
        noun = "connected accounts" if resource is Resource.ACCOUNTS else "seats"
        raise PaymentRequiredError(
            f"The {entitlement.plan.name} tier has {limit} {noun} and you use {used}.",
            code=f"{resource.value.removesuffix('s')}_limit",
            action=f"Change to {needed.name}, or free one first." if needed else "Free one first.",
            extra={
                "resource": resource.value,
                "limit": limit,
                "used": used,
                "tier": entitlement.tier.value,
                "required_tier": needed.tier.value if needed else None,
                "required_lookup_key": needed.lookup_key if needed else None,
            },
        )


async def count_held(workspace_id: UUID) -> dict[Resource, int]:
    """Connected accounts and members; accounts belong to a subject above, hence by table name."""
    rows = await Workspace.raw(
        "SELECT (SELECT count(*) FROM connected_accounts WHERE workspace={} AND state<>'disconnected')"
        " AS accounts, (SELECT count(*) FROM memberships WHERE workspace={}) AS seats",
        workspace_id,
        workspace_id,
    )
    return {Resource.ACCOUNTS: rows[0]["accounts"], Resource.SEATS: rows[0]["seats"]}


async def _from_subscriptions(workspace_id: UUID, at: datetime) -> Entitlement | None:
    rows: list[dict[str, Any]] = await Subscription.raw(
        "SELECT * FROM billing_subscriptions WHERE workspace={} AND tier IS NOT NULL"
        " AND status IN ('trialing', 'active', 'past_due') ORDER BY stripe_created_at DESC",
        workspace_id,
    )
    standing = [found for row in rows if (found := _from_subscription(row, at)) is not None]
    return max(standing, key=lambda found: found.plan.rank, default=None)


def _default(month: Period) -> Entitlement:
    plan = PLANS[Tier.STARTER]
    reason = "No subscription or grant is in force; everyone has Starter."
    return Entitlement(plan.tier, Source.DEFAULT, plan.limits, plan.features, None, reason, month)


def _from_subscription(row: dict[str, Any], at: datetime) -> Entitlement | None:
    plan = PLANS[Tier(row["tier"])]
    ends, reason = _standing(row, plan)
    lapses = row["period_end"] + LATE_NEWS_GRACE
    if at >= min(ends or lapses, lapses):
        return None
    period = billing_period(row["period_start"], row["period_end"], at)
    return Entitlement(
        plan.tier, Source.SUBSCRIPTION, plan.limits, plan.features, ends, reason, period
    )


def _standing(row: dict[str, Any], plan: Plan) -> tuple[datetime | None, str]:
    """When the right is known to end, and the sentence about it."""
    if row["status"] == SubscriptionStatus.PAST_DUE:
        due = (row["past_due_since"] or row["period_start"]) + PAST_DUE_GRACE
        ends = min(due, row["cancel_at"] or due)
        return ends, f"{plan.name} is past due; it stays until {ends:%Y-%m-%d} for a payment."
    if row["cancel_at"] is not None:
        return row["cancel_at"], f"{plan.name} is canceled and ends on {row['cancel_at']:%Y-%m-%d}."
    what = "trial" if row["status"] == SubscriptionStatus.TRIALING else "subscription"
    return None, f"The {plan.name} {what} is in force."


async def _from_grants(workspace_id: UUID, at: datetime, period: Period) -> Entitlement | None:
    rows: list[dict[str, Any]] = await Grant.raw(
        "SELECT tier, reason, ends_at FROM entitlement_grants WHERE workspace={}"
        " AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > {})",
        workspace_id,
        at,
    )
    if not rows:
        return None
    far = datetime.max.replace(tzinfo=at.tzinfo)
    row = max(rows, key=lambda r: (PLANS[Tier(r["tier"])].rank, r["ends_at"] or far))
    plan = PLANS[Tier(row["tier"])]
    reason = f"{plan.name} was granted: {row['reason']}"
    return Entitlement(
        plan.tier, Source.GRANT, plan.limits, plan.features, row["ends_at"], reason, period
    )
