"""The parts of Stripe's objects that we read, as of API version 2026-10-28.endive."""

from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import stripe

from uploadm8.errors import UploadM8Error

T = TypeVar("T")


class StripeUnexpectedError(UploadM8Error):
    """Stripe answered in a shape that this version does not know."""

    code = "stripe_unexpected"


class _Shape(msgspec.Struct, frozen=True, kw_only=True):
    id: str


class StripeProduct(_Shape, frozen=True, kw_only=True):
    """What a price is for."""

    name: str = ""
    active: bool = True
    metadata: dict[str, str] = {}


class StripePrice(_Shape, frozen=True, kw_only=True):
    """An amount per month; `unit_amount` in cents, None when it is finer than a cent."""

    currency: str
    active: bool = True
    lookup_key: str | None = None
    unit_amount: int | None = None
    product: StripeProduct | str = ""
    metadata: dict[str, str] = {}


class StripeInvoice(_Shape, frozen=True, kw_only=True):
    """A bill; amounts in cents, times in Unix seconds."""

    created: int
    currency: str
    status: str | None = None
    customer: str | None = None
    number: str | None = None
    billing_reason: str | None = None
    total: int = 0
    amount_paid: int = 0
    amount_due: int = 0
    attempt_count: int = 0
    next_payment_attempt: int | None = None
    hosted_invoice_url: str | None = None
    invoice_pdf: str | None = None
    period_start: int | None = None
    period_end: int | None = None
    parent: dict[str, Any] | None = None

    @property
    def subscription_id(self) -> str | None:
        """The subscription that it bills, if any."""
        details = (self.parent or {}).get("subscription_details") or {}
        found = details.get("subscription")
        return found if isinstance(found, str) or found is None else str(found["id"])


class StripeItem(_Shape, frozen=True, kw_only=True):
    """A price within a subscription; only here does Stripe say which period is running."""

    price: StripePrice
    current_period_start: int
    current_period_end: int


class StripeItems(msgspec.Struct, frozen=True):
    """The items of a subscription."""

    data: list[StripeItem]


class StripeSchedule(_Shape, frozen=True, kw_only=True):
    """Changes planned for later; ours carry the next lookup key in their metadata."""

    status: str = "active"
    metadata: dict[str, str] = {}
    phases: list[dict[str, Any]] = []


class StripeSubscription(_Shape, frozen=True, kw_only=True):
    """A subscription, asked for with `latest_invoice` and `schedule` expanded."""

    customer: str
    status: str
    created: int
    items: StripeItems
    cancel_at: int | None = None
    cancel_at_period_end: bool = False
    ended_at: int | None = None
    trial_end: int | None = None
    latest_invoice: StripeInvoice | str | None = None
    schedule: StripeSchedule | str | None = None
    metadata: dict[str, str] = {}

    @property
    def period(self) -> tuple[int, int]:
        """Start and end of the running period, over all items."""
        items = self.items.data
        if not items:
            return self.created, self.created
        starts = [item.current_period_start for item in items]
        return max(starts), max(item.current_period_end for item in items)

    @property
    def ends_at(self) -> int | None:
        """When it will end by cancellation; Stripe says so in one of two fields, or both."""
        if self.cancel_at is not None:
            return self.cancel_at
        return self.period[1] if self.cancel_at_period_end else None


class StripeCustomer(_Shape, frozen=True, kw_only=True):
    """A payer; a deleted one has nothing but its id."""

    deleted: bool = False
    email: str | None = None
    metadata: dict[str, str] = {}


class StripeCharge(_Shape, frozen=True, kw_only=True):
    """A payment."""

    customer: str | None = None


class StripeRefund(_Shape, frozen=True, kw_only=True):
    """Money that went back, asked for with `charge` expanded."""

    amount: int
    currency: str
    created: int
    status: str | None = None
    reason: str | None = None
    charge: StripeCharge | str | None = None


class StripeDispute(_Shape, frozen=True, kw_only=True):
    """Money that a bank takes back, asked for with `charge` expanded."""

    amount: int
    currency: str
    created: int
    status: str
    reason: str
    charge: StripeCharge | str | None = None


class StripeLink(_Shape, frozen=True, kw_only=True):
    """A page at Stripe that the customer is sent to; no URL once it is used up."""

    url: str | None = None


class StripePreview(msgspec.Struct, frozen=True, kw_only=True):
    """The invoice that a change would make; it does not exist."""

    currency: str
    amount_due: int


class StripePage(_Shape, frozen=True, kw_only=True):
    """A checkout page: open, complete or expired."""

    created: int
    status: str | None = None


class StripePaidWith(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice was paid with."""

    payment_intent: str | None = None
    charge: str | None = None


class StripeInvoicePayment(_Shape, frozen=True, kw_only=True):
    """A payment on an invoice."""

    status: str
    payment: StripePaidWith


class StripeInvoicePayments(msgspec.Struct, frozen=True):
    """The payments on an invoice."""

    data: list[StripeInvoicePayment]


class StripePaidInvoice(_Shape, frozen=True, kw_only=True):
    """A bill asked for with `payments` expanded."""

    amount_paid: int = 0
    payments: StripeInvoicePayments | None = None


class StripeEventBody(_Shape, frozen=True, kw_only=True):
    """An event; `data.object` is not believed, only which object it is about."""

    type: str
    created: int
    livemode: bool
    data: dict[str, Any]

    @property
    def subject(self) -> dict[str, Any]:
        """The object of the event, as it was then."""
        found = self.data.get("object")
        return found if isinstance(found, dict) else {}

    @property
    def customer_id(self) -> str | None:
        """The customer that it is about, when the object says so."""
        if self.type.startswith("customer.") and self.subject.get("object") == "customer":
            return str(self.subject.get("id"))
        found = self.subject.get("customer")
        return found if isinstance(found, str) else None


def read(shape: type[T], answer: stripe.StripeObject) -> T:
    """Take the known parts out of an answer of Stripe; null is as good as absent.

    Raises:
        StripeUnexpectedError: a part is missing or of another type.
    """
    try:
        return msgspec.convert(_without_nulls(answer.to_dict()), shape)
    except msgspec.ValidationError as error:
        raise StripeUnexpectedError(f"Stripe answered in an unknown shape: {error}.") from error


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def instant(seconds: int | None) -> datetime | None:
    """Stripe's Unix seconds as an aware time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
