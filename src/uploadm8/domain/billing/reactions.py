"""What a change of a subscription or an invoice means to the people: which notice, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from uploadm8.domain.billing.entitlements import (
    PAST_DUE_GRACE,
    Clock,
    Entitlements,
    OverLimit,
)
from uploadm8.domain.billing.notices import NoticeKind, record_notice
from uploadm8.domain.billing.shapes import StripeInvoice, instant
from uploadm8.domain.billing.subscriptions import SubscriptionCopy
from uploadm8.domain.billing.tables import BillingNotice
from uploadm8.infra.clock import now

TRIAL_NOTICE = timedelta(days=3)
_IN_FORCE = ("trialing", "active", "past_due")


@dataclass(frozen=True, slots=True)
class Reactions:
    """Decides by state, not by event, so that a late or repeated event tells nothing stale."""

    entitlements: Entitlements
    clock: Clock = now

    async def to_change(self, before: SubscriptionCopy | None, after: SubscriptionCopy) -> None:
        """React to a subscription that was read again."""
        if before is None or before.plan is None:
            return
        if before.status in _IN_FORCE and after.status not in _IN_FORCE:
            await self._tell_ended(before, after)
        elif after.plan is not None and after.plan.rank < before.plan.rank:
            await self._tell_smaller(after)

    async def to_trial_ending(self, copy: SubscriptionCopy) -> None:
        """A trial that will turn into a paid subscription unless it is canceled."""
        if copy.status != "trialing" or copy.cancel_at is not None or copy.trial_end is None:
            return
        plan = copy.plan
        await record_notice(
            copy.workspace,
            NoticeKind.TRIAL_ENDING,
            about=f"{copy.stripe_id}:{_stamp(copy.trial_end)}",
            facts={
                "tier": plan.name if plan else "paid",
                "trial_end": copy.trial_end,
                "price_cents": plan.price_cents if plan else None,
            },
        )

    async def to_due_trial(self, copy: SubscriptionCopy) -> None:
        """The same by the clock, should Stripe's own warning be lost."""
        if copy.trial_end is not None and copy.trial_end - self.clock() <= TRIAL_NOTICE:
            await self.to_trial_ending(copy)

    async def to_grace_ending(self, copy: SubscriptionCopy) -> None:
        """The last day on which a missing payment costs nothing."""
        if copy.status != "past_due" or copy.past_due_since is None:
            return
        ends = copy.past_due_since + PAST_DUE_GRACE
        if timedelta(0) < ends - self.clock() <= timedelta(days=1):
            await record_notice(
                copy.workspace,
                NoticeKind.GRACE_ENDING,
                about=f"{copy.stripe_id}:{_stamp(ends)}",
                facts={"tier": copy.plan.name if copy.plan else "paid", "grace_ends": ends},
            )

    async def to_invoice(
        self, copies: list[SubscriptionCopy], workspace_id: UUID, invoice: StripeInvoice
    ) -> None:
        """A payment that failed, needs a hand, or came through after all."""
        facts = {
            "amount_cents": invoice.amount_due,
            "currency": invoice.currency,
            "number": invoice.number,
            "pay_url": invoice.hosted_invoice_url,
        }
        if invoice.status == "open" and invoice.attempt_count > 0:
            copy = next((c for c in copies if c.stripe_id == invoice.subscription_id), None)
            since = instant(invoice.created)
            await record_notice(
                workspace_id,
                NoticeKind.PAYMENT_FAILED,
                about=f"{invoice.id}:{invoice.attempt_count}",
                facts={
                    **facts,
                    "attempt": invoice.attempt_count,
                    "next_attempt": instant(invoice.next_payment_attempt),
                    "tier": copy.plan.name if copy and copy.plan else "paid",
                    "grace_ends": since + PAST_DUE_GRACE if since else None,
                },
            )
        elif invoice.status == "paid" and await _was_told_of(invoice.id):
            await record_notice(
                workspace_id, NoticeKind.PAYMENT_RECOVERED, about=invoice.id, facts=facts
            )

    async def to_action_required(self, workspace_id: UUID, invoice: StripeInvoice) -> None:
        """The bank wants the customer to confirm a payment."""
        if invoice.status == "open":
            await record_notice(
                workspace_id,
                NoticeKind.PAYMENT_ACTION_REQUIRED,
                about=invoice.id,
                facts={
                    "amount_cents": invoice.amount_due,
                    "currency": invoice.currency,
                    "pay_url": invoice.hosted_invoice_url,
                },
            )

    async def _tell_ended(self, before: SubscriptionCopy, after: SubscriptionCopy) -> None:
        over = await self.entitlements.over_limits(after.workspace)
        await record_notice(
            after.workspace,
            NoticeKind.SUBSCRIPTION_ENDED,
            about=f"{after.stripe_id}:{_stamp(after.ended_at or after.period_end)}",
            facts={
                "tier": before.plan.name if before.plan else "paid",
                "unpaid": before.status == "past_due",
                "over": [_as_fact(entry) for entry in over],
            },
        )

    async def _tell_smaller(self, after: SubscriptionCopy) -> None:
        over = await self.entitlements.over_limits(after.workspace)
        if over:
            await record_notice(
                after.workspace,
                NoticeKind.OVER_LIMIT,
                about=f"{after.stripe_id}:{after.tier}:{_stamp(after.period_start)}",
                facts={
                    "tier": after.plan.name if after.plan else "paid",
                    "over": [_as_fact(entry) for entry in over],
                },
            )


def _stamp(at: datetime) -> int:
    return int(at.timestamp())


def _as_fact(entry: OverLimit) -> dict[str, Any]:
    return {"resource": entry.resource.value, "used": entry.used, "limit": entry.limit}


async def _was_told_of(invoice_id: str) -> bool:
    rows = await BillingNotice.raw(
        "SELECT 1 FROM billing_notices WHERE kind={} AND unique_key LIKE {} LIMIT 1",
        NoticeKind.PAYMENT_FAILED.value,
        f"%:{invoice_id}:%",
    )
    return bool(rows)
