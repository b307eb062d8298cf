"""Our copy of a workspace's subscription: the one in force, as the changes need it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.billing.plans import PLANS, Plan, Tier
from uploadm8.domain.billing.tables import Customer, Subscription
from uploadm8.errors import ConflictError

# Stripe still collects for these; a second checkout would bill twice.
LIVE_STATUSES = ("trialing", "active", "past_due", "unpaid", "paused", "incomplete")


class SubscriptionCopy(msgspec.Struct, frozen=True):
    """A row of billing_subscriptions."""

    id: UUID
    workspace: UUID
    stripe_id: str
    stripe_customer_id: str
    status: str
    tier: Tier | None
    lookup_key: str | None
    price_id: str | None
    item_id: str | None
    period_start: datetime
    period_end: datetime
    trial_end: datetime | None
    cancel_at: datetime | None
    ended_at: datetime | None
    past_due_since: datetime | None
    schedule_id: str | None
    next_tier: Tier | None
    latest_invoice_id: str | None

    @property
    def plan(self) -> Plan | None:
        """The tier's row of the table; None when the price is not one of ours."""
        return PLANS[self.tier] if self.tier else None


def as_copy(row: dict[str, Any]) -> SubscriptionCopy:
    """A row as a Struct."""
    return msgspec.convert(row, SubscriptionCopy)


async def live_subscription(workspace_id: UUID) -> SubscriptionCopy | None:
    """The subscription that Stripe collects for, the one worth most if there are several."""
    rows = await Subscription.raw(
        "SELECT * FROM billing_subscriptions WHERE workspace={} AND status=ANY({}::text[])"
        " ORDER BY status IN ('unpaid', 'paused', 'incomplete'), stripe_created_at DESC LIMIT 1",
        workspace_id,
        list(LIVE_STATUSES),
    )
    return as_copy(rows[0]) if rows else None


async def subscription_in_force(workspace_id: UUID) -> SubscriptionCopy:
    """The subscription that a change is made to.

    Raises:
        ConflictError: code ``no_subscription``.
    """
    found = await live_subscription(workspace_id)
    if found is None or found.item_id is None:
        raise ConflictError(
            "There is no subscription to change.",
            code="no_subscription",
            action="Start one at POST /api/billing/checkout.",
        )
    return found


async def had_subscription(workspace_id: UUID) -> bool:
    """Whether the workspace ever had a subscription that began; a trial is for the first only."""
    rows = await Subscription.raw(
        "SELECT 1 FROM billing_subscriptions WHERE workspace={} AND status NOT IN"
        " ('incomplete', 'incomplete_expired') LIMIT 1",
        workspace_id,
    )
    return bool(rows)


async def customer_of(workspace_id: UUID) -> str | None:
    """The workspace's customer at Stripe, unless it was deleted there."""
    rows = await Customer.raw(
        "SELECT stripe_id FROM billing_customers WHERE workspace={} AND deleted_at IS NULL",
        workspace_id,
    )
    return str(rows[0]["stripe_id"]) if rows else None
