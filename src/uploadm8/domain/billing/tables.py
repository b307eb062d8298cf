"""Billing's record: customers, subscriptions, grants, quota, and what Stripe has told us."""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from uploadm8.domain.accounts.tables import User
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId, one_of


class SubscriptionStatus(StrEnum):
    """Stripe's own words."""

    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELED = "canceled"
    UNPAID = "unpaid"
    PAUSED = "paused"


class LedgerKind(StrEnum):
    """What happened to the upload's place in the quota."""

    RESERVE = "reserve"
    COMMIT = "commit"
    RELEASE = "release"


class NoteKind(StrEnum):
    """Money that went back, or may have to."""

    REFUND = "refund"
    DISPUTE = "dispute"


class Customer(Table, tablename="billing_customers", db=DB):
    """The workspace's customer in Stripe."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.restrict, unique=True)
    stripe_id = Varchar(length=64, default=None, unique=True)
    deleted_at = Timestamptz(null=True, default=None)  # deleted in Stripe's dashboard
    created_at = Timestamptz(default=TimestamptzNow())


class Subscription(Table, tablename="billing_subscriptions", db=DB):
    """A copy of Stripe's subscription, rewritten as a whole from Stripe on every event."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.restrict, index=True)
    stripe_id = Varchar(length=64, default=None, unique=True)
    stripe_customer_id = Varchar(length=64, default=None, index=True)
    status = Varchar(length=24, default=None)
    tier = Varchar(length=16, null=True, default=None)  # none when the price is not one of ours
    lookup_key = Varchar(length=200, null=True, default=None)
    price_id = Varchar(length=64, null=True, default=None)
    item_id = Varchar(length=64, null=True, default=None)
    period_start = Timestamptz(default=None)
    period_end = Timestamptz(default=None)
    trial_end = Timestamptz(null=True, default=None)
    cancel_at = Timestamptz(null=True, default=None)  # also when canceled at the period's end
    ended_at = Timestamptz(null=True, default=None)
    past_due_since = Timestamptz(null=True, default=None)
    schedule_id = Varchar(length=64, null=True, default=None)
    next_tier = Varchar(length=16, null=True, default=None)  # a downgrade at the period's end
    latest_invoice_id = Varchar(length=64, null=True, default=None)
    stripe_created_at = Timestamptz(default=None)
    synced_at = Timestamptz(default=TimestamptzNow())

    check_billing_subscriptions_status = one_of("status", SubscriptionStatus)


class Grant(Table, tablename="entitlement_grants", db=DB):
    """A tier given by an administrator; never deleted, only revoked."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade, index=True)
    tier = Varchar(length=16, default=None)
    reason = Text(default=None)
    granted_by = ForeignKey(User, null=True, default=None, on_delete=OnDelete.set_null)
    ends_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())

    check_entitlement_grants_tier = one_of("tier", Tier)


class QuotaPeriod(Table, tablename="quota_periods", db=DB):
    """How many uploads a workspace has reserved and used in one period."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade)
    starts_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None)
    upload_limit = Integer(default=None)  # of the tier at the last reservation
    reserved = Integer(default=0)
    used = Integer(default=0)

    check_quota_periods_reserved = Check("reserved >= 0")
    check_quota_periods_used = Check("used >= 0")
    unique_quota_periods_start = Unique([workspace, starts_at])


class QuotaEntry(Table, tablename="quota_ledger", db=DB):
    """Append-only: each upload reserves, commits and releases at most once."""

    id = UUID(primary_key=True, default=RowId())
    period = ForeignKey(QuotaPeriod, null=False, on_delete=OnDelete.cascade, index=True)
    upload_id = UUID(default=None)
    kind = Varchar(length=8, default=None)
    at = Timestamptz(default=TimestamptzNow())

    check_quota_ledger_kind = one_of("kind", LedgerKind)
    unique_quota_ledger_upload = Unique([upload_id, kind])


class StripeEvent(Table, tablename="stripe_events", db=DB):
    """An event as delivered; what it says is never believed, only what it is about."""

    id = UUID(primary_key=True, default=RowId())
    event_id = Varchar(length=64, default=None, unique=True)
    type = Varchar(length=80, default=None)
    stripe_customer_id = Varchar(length=64, null=True, default=None)
    livemode = Boolean(default=False)
    payload = JSONB(default="{}")
    stripe_created_at = Timestamptz(default=None)
    received_at = Timestamptz(default=TimestamptzNow())
    handled_at = Timestamptz(null=True, default=None)
    outcome = Varchar(length=40, null=True, default=None)


class Invoice(Table, tablename="billing_invoices", db=DB):
    """A copy of Stripe's invoice, for the list and for dunning."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.restrict, index=True)
    stripe_id = Varchar(length=64, default=None, unique=True)
    stripe_subscription_id = Varchar(length=64, null=True, default=None)
    number = Varchar(length=64, null=True, default=None)
    status = Varchar(length=16, default=None)
    billing_reason = Varchar(length=60, null=True, default=None)
    currency = Varchar(length=3, default=None)
    total_cents = BigInt(default=0)
    paid_cents = BigInt(default=0)
    due_cents = BigInt(default=0)
    attempts = Integer(default=0)
    next_attempt_at = Timestamptz(null=True, default=None)
    hosted_url = Text(null=True, default=None)
    pdf_url = Text(null=True, default=None)
    period_start = Timestamptz(null=True, default=None)
    period_end = Timestamptz(null=True, default=None)
    stripe_created_at = Timestamptz(default=None)
    synced_at = Timestamptz(default=TimestamptzNow())


class MoneyNote(Table, tablename="billing_notes", db=DB):
    """A refund or a dispute, with its latest status."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=8, default=None)
    stripe_id = Varchar(length=64, default=None, unique=True)
    charge_id = Varchar(length=64, null=True, default=None)
    amount_cents = BigInt(default=0)
    currency = Varchar(length=3, default=None)
    status = Varchar(length=40, null=True, default=None)
    reason = Varchar(length=60, null=True, default=None)
    stripe_created_at = Timestamptz(default=None)
    synced_at = Timestamptz(default=TimestamptzNow())

    check_billing_notes_kind = one_of("kind", NoteKind)


class StripeCall(Table, tablename="stripe_calls", db=DB):
    """The idempotency key of a call that creates something, kept from before it is made."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade)
    purpose = Varchar(length=200, default=None)
    key = Varchar(length=255, default=None, unique=True)
    body_hash = Varchar(length=64, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    answered_at = Timestamptz(null=True, default=None)

    unique_stripe_calls_purpose = Unique([workspace, purpose])


class BillingNotice(Table, tablename="billing_notices", db=DB):
    """Something the workspace was told about its money or quota, once."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=40, default=None)
    unique_key = Varchar(length=200, default=None, unique=True)
    facts = JSONB(default="{}")
    created_at = Timestamptz(default=TimestamptzNow())
    sent_at = Timestamptz(null=True, default=None)
