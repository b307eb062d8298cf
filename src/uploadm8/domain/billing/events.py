"""What each kind of Stripe event makes us look at; looking is all that an event does."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from uploadm8.domain.billing.gateway import charge_customer
from uploadm8.domain.billing.money import keep_dispute, keep_invoice, keep_refund
from uploadm8.domain.billing.shapes import StripeEventBody
from uploadm8.domain.billing.subscriptions import SubscriptionCopy
from uploadm8.domain.billing.sync import Sync, lock_customer
from uploadm8.domain.billing.tables import Customer, StripeEvent
from uploadm8.errors import NotFoundError
from uploadm8.infra.db.transaction import transaction


@dataclass(frozen=True, slots=True)
class Found:
    """What is known when an event's own action runs: the customer is locked and freshly read."""

    event: StripeEventBody
    workspace_id: UUID
    copies: list[SubscriptionCopy]


@dataclass(frozen=True, slots=True)
class Events:
    """Applies recorded events; any number of times, in any order, with the same end."""

    sync: Sync

    async def apply(self, event_id: str) -> str:
        """Apply a recorded event; the outcome, as recorded with it.

        Raises:
            NotFoundError: no such event was recorded.
            CustomerBusyError: another event of this customer is being applied.
        """
        event = await _load(event_id)
        action = _action(event.type)
        if action is None:
            return await _done(event_id, "ignored")
        customer_id = await self._customer_id(event)
        if customer_id is None:
            return await _done(event_id, "no_customer")
        async with transaction():
            await lock_customer(customer_id, patient=False)
            workspace_id = await self.sync.workspace_of(customer_id)
            if workspace_id is None:
                return await _done(event_id, "not_ours")
            copies = await self.sync.subscriptions(workspace_id, customer_id)
            await action(self.sync, Found(event, workspace_id, copies))
            return await _done(event_id, "applied")

    async def _customer_id(self, event: StripeEventBody) -> str | None:
        """Whom it is about; refunds, disputes and invoice payments name someone who knows."""
        if event.customer_id is not None:
            return event.customer_id
        gateway, subject = self.sync.gateway, event.subject
        kind, subject_id = subject.get("object"), str(subject.get("id"))
        if kind == "refund":
            return charge_customer((await gateway.refund(subject_id)).charge)
        if kind == "dispute":
            return charge_customer((await gateway.dispute(subject_id)).charge)
        if kind == "invoice_payment":
            return (await gateway.invoice(str(subject["invoice"]))).customer
        return None


Action = Callable[[Sync, Found], Awaitable[None]]


async def _subscriptions_only(_sync: Sync, _found: Found) -> None:
    """The subscriptions have been read already."""


async def _trial_will_end(sync: Sync, found: Found) -> None:
    for copy in found.copies:
        if copy.stripe_id == found.event.subject.get("id"):
            await sync.reactions.to_trial_ending(copy)


async def _invoice(sync: Sync, found: Found) -> None:
    subject = found.event.subject
    invoice_id = subject.get("invoice" if subject.get("object") == "invoice_payment" else "id")
    if not isinstance(invoice_id, str):  # invoice.upcoming is about one that does not exist yet
        return
    invoice = await sync.gateway.invoice(invoice_id)
    await keep_invoice(found.workspace_id, invoice)
    await sync.reactions.to_invoice(found.copies, found.workspace_id, invoice)


async def _action_required(sync: Sync, found: Found) -> None:
    invoice = await sync.gateway.invoice(str(found.event.subject["id"]))
    await keep_invoice(found.workspace_id, invoice)
    await sync.reactions.to_action_required(found.workspace_id, invoice)


async def _charge(sync: Sync, found: Found) -> None:
    for refund in await sync.gateway.refunds(str(found.event.subject["id"])):
        await keep_refund(found.workspace_id, refund)


async def _refund(sync: Sync, found: Found) -> None:
    await keep_refund(found.workspace_id, await sync.gateway.refund(str(found.event.subject["id"])))


async def _dispute(sync: Sync, found: Found) -> None:
    await keep_dispute(
        found.workspace_id, await sync.gateway.dispute(str(found.event.subject["id"]))
    )


async def _customer(sync: Sync, found: Found) -> None:
    customer_id = str(found.event.subject["id"])
    if (await sync.gateway.customer(customer_id)).deleted:
        await Customer.raw(
            "UPDATE billing_customers SET deleted_at=COALESCE(deleted_at, now()) WHERE stripe_id={}",
            customer_id,
        )


# By exact type first, then by the longest prefix.
ACTIONS: Mapping[str, Action] = {
    "checkout.session.": _subscriptions_only,
    "customer.subscription.": _subscriptions_only,
    "customer.subscription.trial_will_end": _trial_will_end,
    "subscription_schedule.": _subscriptions_only,
    "invoice.": _invoice,
    "invoice.payment_action_required": _action_required,
    "invoice_payment.": _invoice,
    "charge.refunded": _charge,
    "refund.": _refund,
    "charge.dispute.": _dispute,
    "customer.updated": _customer,
    "customer.deleted": _customer,
}


def _action(event_type: str) -> Action | None:
    names = [name for name in ACTIONS if name == event_type or _covers(name, event_type)]
    return ACTIONS[max(names, key=len)] if names else None


def _covers(name: str, event_type: str) -> bool:
    return name.endswith(".") and event_type.startswith(name)


async def _load(event_id: str) -> StripeEventBody:
    rows = await StripeEvent.raw("SELECT payload FROM stripe_events WHERE event_id={}", event_id)
    if not rows:
        raise NotFoundError("No such event was recorded.")
    return msgspec.json.decode(rows[0]["payload"], type=StripeEventBody)


async def _done(event_id: str, outcome: str) -> str:
    await StripeEvent.raw(
        "UPDATE stripe_events SET handled_at=COALESCE(handled_at, now()), outcome={}"
        " WHERE event_id={}",
        outcome,
        event_id,
    )
    return outcome
