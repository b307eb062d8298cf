"""What the customer sees: standing, usage, invoices, prices; read from our own tables only."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from uploadm8.domain.billing.entitlements import (
    PAST_DUE_GRACE,
    Entitlement,
    Entitlements,
    OverLimit,
)
from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.plans import PLANS, Feature, Limits, Plan
from uploadm8.domain.billing.preview import Preview
from uploadm8.domain.billing.prices import Offer, PriceList
from uploadm8.domain.billing.quota import Quota
from uploadm8.domain.billing.schemas import (
    BillingOut,
    EntitlementOut,
    InvoiceOut,
    LimitsOut,
    MoneyNoteOut,
    OverLimitOut,
    PreviewOut,
    PriceOut,
    PricesOut,
    SubscriptionOut,
    UsageOut,
)
from uploadm8.domain.billing.subscriptions import SubscriptionCopy, live_subscription
from uploadm8.domain.billing.tables import Invoice, MoneyNote


@dataclass(frozen=True, slots=True)
class Overview:
    """Answers of the billing pages."""

    entitlements: Entitlements
    quota: Quota
    options: BillingOptions

    async def billing(self, workspace_id: UUID) -> BillingOut:
        """Entitlement, subscription, and what is over the limits of the tier."""
        entitlement = await self.entitlements.of(workspace_id)
        usage = await self.quota.usage(workspace_id)
        over = await self.entitlements.over_limits(workspace_id, usage.used)
        copy = await live_subscription(workspace_id)
        return BillingOut(
            entitlement=_entitlement(entitlement),
            subscription=_subscription(copy) if copy else None,
            over_limits=[_over(one) for one in over],
        )

    async def usage(self, workspace_id: UUID) -> UsageOut:
        """The uploads of the current period, and when the next begins."""
        found = await self.quota.usage(workspace_id)
        return UsageOut(
            tier=found.tier.value,
            limit=found.limit,
            used=found.used,
            reserved=found.reserved,
            remaining=found.remaining,
            period_start=found.starts_at,
            resets_at=found.resets_at,
        )

    async def invoices(
        self, workspace_id: UUID, limit: int, after: tuple[datetime, UUID] | None
    ) -> list[InvoiceOut]:
        """Invoices, newest first, from after a (time, id); drafts are not shown."""
        rows = await Invoice.raw(
            "SELECT id, number, status, billing_reason, total_cents, paid_cents, due_cents,"
            " currency, period_start, period_end, next_attempt_at, hosted_url, pdf_url,"
            " stripe_created_at AS created_at FROM billing_invoices"
            " WHERE workspace={} AND status<>'draft'"
            " AND ({}::timestamptz IS NULL OR (stripe_created_at, id) < ({}, {}))"
            " ORDER BY stripe_created_at DESC, id DESC LIMIT {}",
            workspace_id,
            *((after[0], *after) if after else (None, None, None)),
            limit,
        )
        return msgspec.convert(rows, list[InvoiceOut])

    async def notes(
        self, workspace_id: UUID, limit: int, after: tuple[datetime, UUID] | None
    ) -> list[MoneyNoteOut]:
        """Refunds and disputes, newest first, from after a (time, id)."""
        rows = await MoneyNote.raw(
            "SELECT id, kind, amount_cents, currency, status, reason,"
            " stripe_created_at AS created_at FROM billing_notes WHERE workspace={}"
            " AND ({}::timestamptz IS NULL OR (stripe_created_at, id) < ({}, {}))"
            " ORDER BY stripe_created_at DESC, id DESC LIMIT {}",
            workspace_id,
            *((after[0], *after) if after else (None, None, None)),
            limit,
        )
        return msgspec.convert(rows, list[MoneyNoteOut])

    def preview(self, found: Preview) -> PreviewOut:
        """A preview as clients get it."""
        return PreviewOut(
            tier=found.plan.tier.value,
            effective=found.effective.value,
            due_now_cents=found.due_now_cents,
            currency=found.currency,
            next_cents=found.next_cents,
            next_at=found.next_at,
            over_limits=[_over(one) for one in found.over],
        )

    def prices(self, found: PriceList) -> PricesOut:
        """The price list as clients get it."""
        return PricesOut(
            items=[self._price(offer) for offer in found.offers],
            source=found.source.value,
            note=found.note,
        )

    def _price(self, offer: Offer) -> PriceOut:
        plan = offer.plan
        return PriceOut(
            tier=plan.tier.value,
            name=plan.name,
            lookup_key=plan.lookup_key,
            price_id=offer.price_id,
            amount_cents=offer.amount_cents,
            currency=offer.currency,
            interval="month",
            limits=_limits(plan.limits),
            features=_names(plan.features),
            adds=_names(plan.features - _below(plan)),
            preselected=plan.lookup_key == self.options.default_lookup_key,
        )


def _over(found: OverLimit) -> OverLimitOut:
    return OverLimitOut(resource=found.resource.value, used=found.used, limit=found.limit)


def _below(plan: Plan) -> frozenset[Feature]:
    return next((p.features for p in PLANS.values() if p.rank == plan.rank - 1), frozenset())


def _names(features: frozenset[Feature]) -> list[str]:
    return [feature.value for feature in Feature if feature in features]


def _limits(limits: Limits) -> LimitsOut:
    return LimitsOut(uploads=limits.uploads, accounts=limits.accounts, seats=limits.seats)


def _entitlement(found: Entitlement) -> EntitlementOut:
    return EntitlementOut(
        tier=found.tier.value,
        source=found.source.value,
        reason=found.reason,
        until=found.until,
        limits=_limits(found.limits),
        features=_names(found.features),
    )


def _subscription(copy: SubscriptionCopy) -> SubscriptionOut:
    since = copy.past_due_since
    return SubscriptionOut(
        status=copy.status,
        tier=copy.tier.value if copy.tier else None,
        period_start=copy.period_start,
        period_end=copy.period_end,
        trial_end=copy.trial_end,
        cancel_at=copy.cancel_at,
        next_tier=copy.next_tier.value if copy.next_tier else None,
        grace_ends=since + PAST_DUE_GRACE if since else None,
    )
