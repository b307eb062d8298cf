"""What clients send about billing, and what they get; money in integer cents."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

LookupKey = Annotated[str, Meta(min_length=1, max_length=200)]


class CheckoutRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """A wish to subscribe; without a lookup key to the tier that is preselected here."""

    lookup_key: LookupKey | None = None


class ChangeRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """A wish to move to another tier."""

    lookup_key: LookupKey


class Redirect(Struct, kw_only=True):
    """A page at Stripe; send the person's browser there."""

    url: str


class EventReceived(Struct, kw_only=True):
    """The event is recorded."""

    received: bool = True


class LimitsOut(Struct, kw_only=True):
    """Uploads per period, connected accounts, people."""

    uploads: int
    accounts: int
    seats: int


class PriceOut(Struct, kw_only=True):
    """A tier as it is sold.

    Attributes:
        price_id: Stripe's id; null when it cannot be bought here.
        adds: features that the tier below does not have.
    """

    tier: str
    name: str
    lookup_key: str
    price_id: str | None
    amount_cents: int
    currency: str
    interval: str
    limits: LimitsOut
    features: list[str]
    adds: list[str]
    preselected: bool


class PricesOut(Struct, kw_only=True):
    """The price list.

    Attributes:
        source: `stripe`, or `table` when Stripe is not configured or cannot be asked.
        note: says which of the two, when the source is the table.
    """

    items: list[PriceOut]
    source: str
    note: str | None


class EntitlementOut(Struct, kw_only=True):
    """What the workspace may do now, and why.

    Attributes:
        source: grant, subscription or default.
        until: when it ends unless something happens before.
    """

    tier: str
    source: str
    reason: str
    until: datetime | None
    limits: LimitsOut
    features: list[str]


class OverLimitOut(Struct, kw_only=True):
    """Something the workspace has more of than its tier allows."""

    resource: str
    used: int
    limit: int


class SubscriptionOut(Struct, kw_only=True):
    """The subscription at Stripe.

    Attributes:
        next_tier: what a planned downgrade changes to at `period_end`.
        cancel_at: when it ends, if it was canceled.
        grace_ends: when a missing payment costs the tier.
    """

    status: str
    tier: str | None
    period_start: datetime
    period_end: datetime
    trial_end: datetime | None
    cancel_at: datetime | None
    next_tier: str | None
    grace_ends: datetime | None


class BillingOut(Struct, kw_only=True):
    """Everything about the workspace's billing on one page."""

    entitlement: EntitlementOut
    subscription: SubscriptionOut | None
    over_limits: list[OverLimitOut]


class ChangedOut(Struct, kw_only=True):
    """A change of tier: `now` or `period_end`, and how things stand."""

    effective: str
    billing: BillingOut


class PreviewOut(Struct, kw_only=True):
    """What a change of tier would cost.

    Attributes:
        effective: `now` or `period_end`.
        due_now_cents: charged at once, with what is left of the current tier taken off.
        next_cents: the monthly price from `next_at` on, before tax.
        over_limits: what the workspace has more of than that tier allows; nothing is deleted.
    """

    tier: str
    effective: str
    due_now_cents: int
    currency: str
    next_cents: int
    next_at: datetime
    over_limits: list[OverLimitOut]


class MoneyNoteOut(Struct, kw_only=True):
    """Money that went back (`refund`) or may have to (`dispute`), with its latest status."""

    id: UUID
    kind: str
    amount_cents: int
    currency: str
    status: str | None
    reason: str | None
    created_at: datetime


class UsageOut(Struct, kw_only=True):
    """The uploads of the current period."""

    tier: str
    limit: int
    used: int
    reserved: int
    remaining: int
    period_start: datetime
    resets_at: datetime


class InvoiceOut(Struct, kw_only=True):
    """A bill; `hosted_url` is where it can be paid or looked at."""

    id: UUID
    number: str | None
    status: str
    billing_reason: str | None
    total_cents: int
    paid_cents: int
    due_cents: int
    currency: str
    period_start: datetime | None
    period_end: datetime | None
    next_attempt_at: datetime | None
    hosted_url: str | None
    pdf_url: str | None
    created_at: datetime
