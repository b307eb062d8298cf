"""Checkout pages that are open at Stripe: of one workspace at most one stays so."""

import stripe
import structlog

from uploadm8.domain.billing.gateway import StripeGateway, StripeRefusedError, translated
from uploadm8.domain.billing.shapes import StripePage, read
from uploadm8.errors import ConflictError, UploadM8Error

log = structlog.get_logger(__name__)


async def is_open(gateway: StripeGateway, made: stripe.checkout.Session) -> bool:
    """Whether a page can still be paid on; Stripe repeats the answer about one it made before.

    Raises:
        ConflictError: code ``checkout_finished``; it has been paid on.
    """
    with translated():
        page = read(StripePage, await gateway.v1.checkout.sessions.retrieve_async(made.id))
    if page.status == "complete":
        raise ConflictError(
            "This checkout has been completed; the subscription is on its way.",
            code="checkout_finished",
            action="Look at your subscription in a moment.",
        )
    return page.status == "open"


async def close_older(gateway: StripeGateway, customer: str, kept: stripe.checkout.Session) -> None:
    """Expire the customer's older open pages, so that two of them cannot both be paid on.

    A failure is no reason to refuse the new page: should both be paid on, the second subscription
    is ended and paid back (`duplicates`).
    """
    sessions = gateway.v1.checkout.sessions
    mine = read(StripePage, kept)
    try:
        with translated():
            answer = await sessions.list_async(
                {"customer": customer, "status": "open", "limit": 100}
            )
        for page in (read(StripePage, found) for found in answer.data):
            if page.created <= mine.created and page.id != mine.id:
                await _expire(gateway, page.id)
    except UploadM8Error as error:
        log.warning("older_checkouts_not_closed", error_code=error.code)


async def _expire(gateway: StripeGateway, page_id: str) -> None:
    try:
        with translated():
            await gateway.v1.checkout.sessions.expire_async(page_id)
    except StripeRefusedError:  # paid on or expired in this moment
        log.info("checkout_not_open", session=page_id)
