"""The few calls that we make to Stripe: typed by its own library, idempotent, errors translated."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import stripe
import structlog

from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.shapes import (
    StripeCharge,
    StripeCustomer,
    StripeDispute,
    StripeInvoice,
    StripeLink,
    StripePrice,
    StripeRefund,
    StripeSubscription,
    read,
)
from uploadm8.errors import (
    ConflictError,
    PaymentRequiredError,
    Retry,
    TooManyRequestsError,
    UnavailableError,
    UploadM8Error,
)

log = structlog.get_logger(__name__)

API_VERSION = "2026-10-28.endive"
TIMEOUT_S = 10  # with one retry below the 30 s that PostgreSQL lets a transaction idle
_PAGE = 100
_KEYS_PER_CALL = 10


class BillingOffError(UnavailableError):
    """Billing is not set up on this installation."""

    code = "billing_off"
    retry = Retry.PERMANENT_REQUEST


class StripeDownError(UnavailableError):
    """Stripe cannot be reached at the moment."""

    code = "stripe_unavailable"


class StripeKeyRefusedError(StripeDownError):
    """Stripe does not accept this installation's key."""

    code = "stripe_key_refused"


class StripeRefusedError(UploadM8Error):
    """Stripe refused a request of ours."""

    code = "stripe_refused"


class CardDeclinedError(PaymentRequiredError):
    """The payment was declined."""

    code = "payment_declined"


@contextmanager
def translated() -> Iterator[None]:
    """Turn the library's exceptions into ours."""
    try:
        yield
    except stripe.CardError as error:
        raise CardDeclinedError(
            error.user_message or None, action="Use another card in the billing portal."
        ) from error
    except stripe.RateLimitError as error:
        raise TooManyRequestsError("Stripe asks us to slow down.", retry_after=5) from error
    except stripe.InvalidRequestError as error:
        log.warning("stripe_refused", code=error.code, param=error.param, request=error.request_id)
        raise StripeRefusedError(
            f"Stripe refused: {error.user_message or error.code}",
            retry=Retry.PERMANENT_REQUEST,
            extra={"stripe_code": error.code},
        ) from error
    except stripe.IdempotencyError as error:
        raise ConflictError("The same request is being made with other values.") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.error("stripe_key_refused", request=error.request_id)  # noqa: TRY400  no secret in it
        raise StripeKeyRefusedError from error
    except stripe.StripeError as error:
        raise StripeDownError(retry_after=10) from error


@dataclass(frozen=True, slots=True)
class StripeGateway:
    """Reads and writes at Stripe; every write carries an idempotency key."""

    client: stripe.StripeClient | None

    @property
    def is_on(self) -> bool:
        """Whether there is a key."""
        return self.client is not None

    @property
    def v1(self) -> stripe.V1Services:
        """Stripe's services.

        Raises:
            BillingOffError: there is no key.
        """
        if self.client is None:
            raise BillingOffError(action="Set STRIPE_SECRET_KEY, or ask whoever runs this.")
        return self.client.v1

    async def prices(self, lookup_keys: tuple[str, ...]) -> list[StripePrice]:
        """The active prices with these lookup keys, with their products."""
        found: list[StripePrice] = []
        for start in range(0, len(lookup_keys), _KEYS_PER_CALL):
            with translated():
                answer = await self.v1.prices.list_async(
                    {
                        "lookup_keys": list(lookup_keys[start : start + _KEYS_PER_CALL]),
                        "active": True,
                        "expand": ["data.product"],
                        "limit": _PAGE,
                    }
                )
            found.extend(read(StripePrice, price) for price in answer.data)
        return found

    async def subscriptions(self, customer_id: str) -> list[StripeSubscription]:
        """Every subscription a customer ever had, newest first."""
        with translated():
            answer = await self.v1.subscriptions.list_async(
                {
                    "customer": customer_id,
                    "status": "all",
                    "limit": _PAGE,
                    "expand": ["data.latest_invoice", "data.schedule"],
                }
            )
        return [read(StripeSubscription, found) for found in answer.data]

    async def invoice(self, invoice_id: str) -> StripeInvoice:
        """One invoice."""
        with translated():
            return read(StripeInvoice, await self.v1.invoices.retrieve_async(invoice_id))

    async def customer(self, customer_id: str) -> StripeCustomer:
        """One customer, perhaps a deleted one."""
        with translated():
            return read(StripeCustomer, await self.v1.customers.retrieve_async(customer_id))

    async def refunds(self, charge_id: str) -> list[StripeRefund]:
        """The refunds of a charge."""
        with translated():
            answer = await self.v1.refunds.list_async(
                {"charge": charge_id, "limit": _PAGE, "expand": ["data.charge"]}
            )
        return [read(StripeRefund, found) for found in answer.data]

    async def refund(self, refund_id: str) -> StripeRefund:
        """One refund with its charge."""
        with translated():
            answer = await self.v1.refunds.retrieve_async(refund_id, {"expand": ["charge"]})
        return read(StripeRefund, answer)

    async def dispute(self, dispute_id: str) -> StripeDispute:
        """One dispute with its charge."""
        with translated():
            answer = await self.v1.disputes.retrieve_async(dispute_id, {"expand": ["charge"]})
        return read(StripeDispute, answer)

    async def undelivered(self, since: int) -> AsyncIterator[Mapping[str, Any]]:
        """Events since then (Unix seconds) that our webhook has not taken, newest first."""
        after: str | None = None
        while True:
            params: stripe.params.EventListParams = {
                "delivery_success": False,
                "created": {"gte": since},
                "limit": _PAGE,
            }
            if after is not None:
                params["starting_after"] = after
            with translated():
                answer = await self.v1.events.list_async(params)
            for event in answer.data:
                yield event.to_dict()
            if not answer.has_more or not answer.data:
                return
            after = answer.data[-1].id


def page_url(made: stripe.StripeObject) -> str:
    """The URL of a page at Stripe.

    Raises:
        ConflictError: code ``checkout_finished``; the page was made before and has been used.
    """
    url = read(StripeLink, made).url
    if url is None:
        raise ConflictError(
            "This page at Stripe has been used already.",
            code="checkout_finished",
            action="Look at your subscription, or start again.",
        )
    return url


def charge_customer(charge: StripeCharge | str | None) -> str | None:
    """Who paid an expanded charge."""
    return charge.customer if isinstance(charge, StripeCharge) else None


@asynccontextmanager
async def open_gateway(options: BillingOptions) -> AsyncIterator[StripeGateway]:
    """A gateway for the lifetime of the process; off without a secret key."""
    if not options.secret_key:
        yield StripeGateway(None)
        return
    stripe.enable_telemetry = False  # it sends timings, and keeps an id in the home folder
    http = stripe.HTTPXClient(timeout=TIMEOUT_S)
    base = options.api_base_url.rstrip("/")
    client = stripe.StripeClient(
        options.secret_key,
        stripe_version=API_VERSION,
        base_addresses={"api": base, "connect": base, "files": base, "meter_events": base},
        max_network_retries=1,
        http_client=http,
    )
    try:
        yield StripeGateway(client)
    finally:
        await http.close_async()  # type: ignore[no-untyped-call]
