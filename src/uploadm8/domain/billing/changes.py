"""Changing a subscription: up at once, down and out at the end of the paid period, and back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import stripe
import structlog

from uploadm8.domain.billing.calls import once
from uploadm8.domain.billing.gateway import StripeGateway, translated
from uploadm8.domain.billing.intent import intend
from uploadm8.domain.billing.plans import BY_LOOKUP_KEY
from uploadm8.domain.billing.prices import Prices
from uploadm8.domain.billing.subscriptions import (
    SubscriptionCopy,
    customer_of,
    live_subscription,
    subscription_in_force,
)
from uploadm8.domain.billing.sync import NEXT_LOOKUP_KEY, Sync
from uploadm8.errors import ConflictError, UploadM8Error
from uploadm8.infra.audit.actions import Action

log = structlog.get_logger(__name__)
T = TypeVar("T")


class When(StrEnum):
    """When a change takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"


@dataclass(frozen=True, slots=True)
class Changes:
    """Each change is made at Stripe and then read back; our copy is never written from hope."""

    gateway: StripeGateway
    prices: Prices
    sync: Sync

    async def change(self, workspace_id: UUID, lookup_key: str) -> When:
        """Move to another tier; tells when it takes effect.

        A higher tier starts at once and the difference is charged at once; when that payment
        fails nothing changes. A lower tier starts when the paid period ends.

        Raises:
            ConflictError: codes ``no_subscription``, ``already_on_tier``, ``payment_overdue``.
            PaymentRequiredError: code ``payment_declined``.
        """
        price_id = await self.prices.price_id(lookup_key)
        current = await self.current(workspace_id)
        wanted = BY_LOOKUP_KEY[lookup_key]
        if current.status not in ("active", "trialing"):
            raise ConflictError(
                f"The subscription is {current.status.replace('_', ' ')}.",
                code="payment_overdue",
                action="Settle the open invoice in the billing portal first.",
            )
        if current.tier is wanted.tier and current.cancel_at is None and current.next_tier is None:
            raise ConflictError(f"You are on {wanted.name} already.", code="already_on_tier")
        await intend(Action.PLAN_CHANGED, workspace_id, lookup_key=lookup_key)
        await self._release(current)
        if current.tier is wanted.tier:
            await self._go_on(current)
            when = When.NOW
        elif current.plan is None or wanted.rank > current.plan.rank:
            await self._upgrade(current, price_id)
            when = When.NOW
        else:
            await self._downgrade(current, price_id, lookup_key)
            when = When.PERIOD_END
        await self._read_back(current)
        return when

    async def cancel(self, workspace_id: UUID) -> None:
        """End the subscription when the paid period (or trial) ends; a second time is no error."""
        current = await self.current(workspace_id)
        await intend(Action.PLAN_CANCELED, workspace_id)
        await self._release(current)
        await self._update(current, {"cancel_at_period_end": True})
        await self._read_back(current)

    async def end_now(self, workspace_id: UUID) -> bool:
        """End every subscription at once, for a workspace that is being deleted.

        Nothing is paid back by itself. Returns whether there was one.
        """
        ended: set[str] = set()
        current = await live_subscription(workspace_id)
        while current is not None and current.stripe_id not in ended:
            ended.add(current.stripe_id)
            with translated():
                await self.gateway.v1.subscriptions.cancel_async(current.stripe_id)
            await self.sync.customer(current.stripe_customer_id)
            current = await live_subscription(workspace_id)
        return bool(ended)

    async def resume(self, workspace_id: UUID) -> None:
        """Take back a cancellation or a planned downgrade that has not taken effect.

        Raises:
            ConflictError: code ``not_canceled``.
        """
        current = await self.current(workspace_id)
        if current.cancel_at is None and current.schedule_id is None:
            raise ConflictError("The subscription is not canceled.", code="not_canceled")
        await intend(Action.PLAN_RESUMED, workspace_id)
        await self._release(current)
        await self._go_on(current)
        await self._read_back(current)

    async def current(self, workspace_id: UUID) -> SubscriptionCopy:
        """The subscription as Stripe has it now: the portal may have changed it a second ago."""
        customer = await customer_of(workspace_id)
        if customer is not None:
            await self.sync.customer(customer)
        return await subscription_in_force(workspace_id)

    async def _read_back(self, current: SubscriptionCopy) -> None:
        try:
            await self.sync.customer(current.stripe_customer_id)
        except UploadM8Error as error:  # done at Stripe all the same; its event will tell us
            log.warning("read_back_failed", error_code=error.code)

    async def _upgrade(self, current: SubscriptionCopy, price_id: str) -> None:
        params: stripe.params.SubscriptionUpdateParams = {
            "items": [{"id": current.item_id or "", "price": price_id, "quantity": 1}],
            "proration_behavior": "always_invoice",
            "payment_behavior": "error_if_incomplete",
            **await self._uncanceled(current),
        }
        await self._update(current, params)

    async def _downgrade(self, current: SubscriptionCopy, price_id: str, lookup_key: str) -> None:
        await self._go_on(current)  # a schedule cannot be made of a canceled subscription
        v1 = self.gateway.v1
        started: stripe.params.SubscriptionScheduleCreateParams = {
            "from_subscription": current.stripe_id
        }

        async def start(key: str) -> stripe.SubscriptionSchedule:
            return await v1.subscription_schedules.create_async(started, {"idempotency_key": key})

        schedule = await _once(current, "schedule", dict(started), start)
        phase = schedule.phases[0]
        planned: stripe.params.SubscriptionScheduleUpdateParams = {
            "end_behavior": "release",
            "metadata": {NEXT_LOOKUP_KEY: lookup_key},
            "proration_behavior": "none",
            "phases": [
                {
                    "items": [{"price": current.price_id or "", "quantity": 1}],
                    "start_date": phase.start_date,
                    "end_date": phase.end_date,
                },
                {
                    "items": [{"price": price_id, "quantity": 1}],
                    "duration": {"interval": "month", "interval_count": 1},
                    "proration_behavior": "none",
                },
            ],
        }

        async def plan(key: str) -> stripe.SubscriptionSchedule:
            return await v1.subscription_schedules.update_async(
                schedule.id, planned, {"idempotency_key": key}
            )

        await _once(current, f"plan:{schedule.id}", dict(planned), plan)

    async def _go_on(self, current: SubscriptionCopy) -> None:
        """Take a cancellation back, if there is one."""
        if params := await self._uncanceled(current):
            await self._update(current, params)

    async def _uncanceled(
        self, current: SubscriptionCopy
    ) -> stripe.params.SubscriptionUpdateParams:
        """What takes a cancellation back: one of two fields, whichever Stripe wrote it into."""
        if current.cancel_at is None:
            return {}
        everything = await self.gateway.subscriptions(current.stripe_customer_id)
        found = next((one for one in everything if one.id == current.stripe_id), None)
        by_date = found is not None and found.cancel_at and not found.cancel_at_period_end
        return {"cancel_at": ""} if by_date else {"cancel_at_period_end": False}

    async def _release(self, current: SubscriptionCopy) -> None:
        """Let go of a planned downgrade; Stripe refuses other changes while there is one."""
        schedule_id = current.schedule_id
        if schedule_id is None:
            return

        async def release(key: str) -> stripe.SubscriptionSchedule:
            return await self.gateway.v1.subscription_schedules.release_async(
                schedule_id, {}, {"idempotency_key": key}
            )

        await _once(current, f"release:{schedule_id}", {}, release)

    async def _update(
        self,
        current: SubscriptionCopy,
        params: stripe.params.SubscriptionUpdateParams,
    ) -> None:
        async def update(key: str) -> stripe.Subscription:
            return await self.gateway.v1.subscriptions.update_async(
                current.stripe_id, params, {"idempotency_key": key}
            )

        await _once(current, "update", dict(params), update)


async def _once(
    current: SubscriptionCopy,
    call_name: str,
    params: dict[str, object],
    call: Callable[[str], Awaitable[T]],
) -> T:
    # One purpose for all calls about a subscription: whatever came between them, a later call
    # never finds the key of an earlier one and with it the answer of another time.
    told = {"call": call_name, "params": params}
    return await once(current.workspace, f"subscription:{current.stripe_id}", told, call)
