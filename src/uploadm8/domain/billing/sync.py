"""Make our copy equal to Stripe's: read under a lock per customer, write the whole row."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from uploadm8.domain.billing.gateway import StripeGateway
from uploadm8.domain.billing.money import upsert
from uploadm8.domain.billing.plans import BY_LOOKUP_KEY, PLANS, Plan, Tier
from uploadm8.domain.billing.reactions import Reactions
from uploadm8.domain.billing.shapes import (
    StripeInvoice,
    StripePrice,
    StripeSchedule,
    StripeSubscription,
    instant,
)
from uploadm8.domain.billing.subscriptions import SubscriptionCopy, as_copy
from uploadm8.domain.billing.tables import Customer, Subscription
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import Retry, UnavailableError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.origin import SYSTEM
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import END_DUPLICATE
from uploadm8.infra.jobs.queue import enqueue

log = structlog.get_logger(__name__)

NEXT_LOOKUP_KEY = "next_lookup_key"
BUSY_S = 0.5


class CustomerBusyError(UnavailableError):
    """This customer is being read from Stripe by someone else at this moment."""

    code = "customer_busy"
    retry = Retry.RATE_LIMITED


@dataclass(frozen=True, slots=True)
class Sync:
    """Reads of one customer follow each other, so that the last one written is the last one read."""

    gateway: StripeGateway
    reactions: Reactions

    async def customer(self, customer_id: str) -> UUID | None:
        """Copy a customer's subscriptions; its workspace, or None if it is not one of ours."""
        async with transaction():
            await lock_customer(customer_id)
            workspace_id = await self.workspace_of(customer_id)
            if workspace_id is not None:
                await self.subscriptions(workspace_id, customer_id)
            return workspace_id

    async def subscriptions(self, workspace_id: UUID, customer_id: str) -> list[SubscriptionCopy]:
        """Copy the subscriptions, in a transaction that holds the customer's lock."""
        copies = []
        everything = await self.gateway.subscriptions(customer_id)
        for found in everything:
            before = await _stored(found.id)
            after = await _write(workspace_id, found)
            await _note_change(before, after)
            await self.reactions.to_change(before, after)
            copies.append(after)
        for second in duplicates_of(everything):
            await enqueue(
                END_DUPLICATE,
                workspace_id=workspace_id,
                args={"subscription": second.id},
                unique_key=f"duplicate:{second.id}",
            )
        return copies

    async def workspace_of(self, customer_id: str) -> UUID | None:
        """Whose customer it is; one that we lost the answer about is recognised by its metadata."""
        rows = await Customer.raw(
            "SELECT workspace FROM billing_customers WHERE stripe_id={}", customer_id
        )
        if rows:
            return UUID(str(rows[0]["workspace"]))
        claimed = (await self.gateway.customer(customer_id)).metadata.get("workspace_id", "")
        try:
            workspace_id = UUID(claimed)
        except ValueError:
            return None
        linked = await Customer.raw(
            "INSERT INTO billing_customers (id, workspace, stripe_id)"
            " SELECT {}, id, {} FROM workspaces WHERE id={} ON CONFLICT DO NOTHING RETURNING id",
            new_id(),
            customer_id,
            workspace_id,
        )
        if not linked:
            log.warning("customer_not_linked", customer=customer_id, workspace=claimed)
            return None
        return workspace_id


def duplicates_of(found: list[StripeSubscription]) -> list[StripeSubscription]:
    """The subscriptions in force beside the oldest one: a workspace needs one."""
    standing = [one for one in found if one.status in ("trialing", "active", "past_due")]
    return sorted(standing, key=lambda one: (one.created, one.id))[1:]


async def lock_customer(customer_id: str, *, patient: bool = True) -> None:
    """Until the transaction ends, nobody else reads this customer from Stripe.

    Args:
        customer_id: Stripe's id.
        patient: wait for the lock; a job would rather come again than hold a connection.

    Raises:
        CustomerBusyError: someone else has it.
    """
    number = int.from_bytes(
        hashlib.sha256(f"stripe|{customer_id}".encode()).digest()[:8], signed=True
    )
    if patient:
        try:
            await Workspace.raw("SELECT pg_advisory_xact_lock({})", number)
        except asyncpg.LockNotAvailableError as error:
            raise CustomerBusyError(retry_after=BUSY_S) from error
        return
    rows = await Workspace.raw("SELECT pg_try_advisory_xact_lock({}) AS got", number)
    if not rows[0]["got"]:
        raise CustomerBusyError(retry_after=BUSY_S)


async def _stored(stripe_id: str) -> SubscriptionCopy | None:
    rows = await Subscription.raw(
        "SELECT * FROM billing_subscriptions WHERE stripe_id={}", stripe_id
    )
    return as_copy(rows[0]) if rows else None


async def _write(workspace_id: UUID, found: StripeSubscription) -> SubscriptionCopy:
    return as_copy(await upsert(Subscription, {"workspace": workspace_id, **_values(found)}))


_TELLING = ("status", "tier", "cancel_at", "next_tier")


async def _note_change(before: SubscriptionCopy | None, after: SubscriptionCopy) -> None:
    changed = {
        name: getattr(after, name)
        for name in _TELLING
        if before is None or getattr(before, name) != getattr(after, name)
    }
    if changed:
        await record(
            Action.SUBSCRIPTION_CHANGED,
            workspace_id=after.workspace,
            subject=("subscription", after.stripe_id),
            details=changed,
            actor=SYSTEM,
        )


def _values(found: StripeSubscription) -> dict[str, Any]:
    """A subscription as columns: a pure function of what Stripe says."""
    item = found.items.data[0] if found.items.data else None
    plan = _plan(item.price) if item else None
    start, end = found.period
    invoice = found.latest_invoice
    schedule = found.schedule if isinstance(found.schedule, StripeSchedule) else None
    return {
        "stripe_id": found.id,
        "stripe_customer_id": found.customer,
        "status": found.status,
        "tier": plan.tier.value if plan else None,
        "lookup_key": item.price.lookup_key if item else None,
        "price_id": item.price.id if item else None,
        "item_id": item.id if item else None,
        "period_start": instant(start),
        "period_end": instant(end),
        "trial_end": instant(found.trial_end),
        "cancel_at": instant(found.ends_at),
        "ended_at": instant(found.ended_at),
        "past_due_since": _past_due_since(found),
        "schedule_id": schedule.id if schedule else None,
        "next_tier": _next_tier(schedule, plan),
        "latest_invoice_id": invoice.id if isinstance(invoice, StripeInvoice) else invoice,
        "stripe_created_at": instant(found.created),
    }


def _plan(price: StripePrice) -> Plan | None:
    """The tier a price is for: a lookup key moves on to a new price, the metadata stays."""
    known = BY_LOOKUP_KEY.get(price.lookup_key or "")
    if known is not None:
        return known
    tier = price.metadata.get("tier", "")
    return PLANS[Tier(tier)] if tier in PLANS else None


def _next_tier(schedule: StripeSchedule | None, now_on: Plan | None) -> str | None:
    """What a schedule of ours changes to; it lives on for a while after it has done so."""
    if schedule is None or schedule.status not in ("active", "not_started"):
        return None
    plan = BY_LOOKUP_KEY.get(schedule.metadata.get(NEXT_LOOKUP_KEY, ""))
    return plan.tier.value if plan is not None and plan is not now_on else None


def _past_due_since(found: StripeSubscription) -> Any:
    """Since when money is missing: the age of the open invoice, so that every read agrees."""
    if found.status != "past_due":
        return None
    invoice = found.latest_invoice
    if isinstance(invoice, StripeInvoice):
        return instant(invoice.created)
    return instant(found.period[0])
