"""What a change of tier would cost and take away, before it is made."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uploadm8.domain.billing.changes import Changes, When
from uploadm8.domain.billing.entitlements import OverLimit, count_held
from uploadm8.domain.billing.gateway import translated
from uploadm8.domain.billing.plans import BY_LOOKUP_KEY, Plan, Resource
from uploadm8.domain.billing.shapes import StripePreview, read
from uploadm8.domain.billing.subscriptions import SubscriptionCopy
from uploadm8.errors import ConflictError


@dataclass(frozen=True, slots=True)
class Preview:
    """A change of tier that has not been made.

    Attributes:
        effective: now, or when the paid period ends.
        due_now_cents: charged at once; the rest of the old tier is taken off.
        next_cents: the price from `next_at` on, before tax.
        over: what the workspace has more of than the new tier allows; nothing of it is deleted.
    """

    plan: Plan
    effective: When
    due_now_cents: int
    currency: str
    next_cents: int
    next_at: datetime
    over: tuple[OverLimit, ...]


@dataclass(frozen=True, slots=True)
class Previews:
    """Asks Stripe, which alone knows the sums to the second."""

    changes: Changes

    async def of(self, workspace_id: UUID, lookup_key: str) -> Preview:
        """Preview a move to another tier.

        Raises:
            InvalidRequestError: not offered.
            ConflictError: codes ``no_subscription``, ``already_on_tier``.
        """
        price_id = await self.changes.prices.price_id(lookup_key)
        current = await self.changes.current(workspace_id)
        plan = BY_LOOKUP_KEY[lookup_key]
        if current.tier is plan.tier:
            raise ConflictError(f"You are on {plan.name} already.", code="already_on_tier")
        offers = await self.changes.prices.offers()
        offer = next(one for one in offers.offers if one.plan is plan)
        grows = current.plan is None or plan.rank > current.plan.rank
        due, currency = 0, offer.currency
        if grows:
            told = await self._ask(current, price_id)
            due, currency = told.amount_due, told.currency
        return Preview(
            plan,
            When.NOW if grows else When.PERIOD_END,
            due,
            currency,
            offer.amount_cents,
            current.period_end,
            await _over(workspace_id, plan),
        )

    async def _ask(self, current: SubscriptionCopy, price_id: str) -> StripePreview:
        with translated():
            answer = await self.changes.gateway.v1.invoices.create_preview_async(
                {
                    "customer": current.stripe_customer_id,
                    "subscription": current.stripe_id,
                    "subscription_details": {
                        "items": [{"id": current.item_id or "", "price": price_id, "quantity": 1}],
                        "proration_behavior": "always_invoice",
                    },
                }
            )
        return read(StripePreview, answer)


async def _over(workspace_id: UUID, plan: Plan) -> tuple[OverLimit, ...]:
    held = await count_held(workspace_id)
    return tuple(
        OverLimit(resource, held[resource], plan.limits.of(resource))
        for resource in (Resource.ACCOUNTS, Resource.SEATS)
        if held[resource] > plan.limits.of(resource)
    )
