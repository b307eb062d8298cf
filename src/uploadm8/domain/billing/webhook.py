"""Stripe's webhook: believe the signature, record event and job together, answer at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import stripe

from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.shapes import StripeEventBody, instant
from uploadm8.domain.billing.tables import StripeEvent
from uploadm8.errors import InvalidRequestError, NotFoundError
from uploadm8.infra.db.json_columns import to_json
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import STRIPE_EVENT
from uploadm8.infra.jobs.queue import enqueue

TOLERANCE_S = 300  # Stripe's own recommendation against replays


@dataclass(frozen=True, slots=True)
class Webhook:
    """Takes deliveries; what they mean is found out by a job."""

    options: BillingOptions

    async def receive(self, body: bytes, signature: str) -> bool:
        """Take one delivery; tells whether the event is new.

        Args:
            body: the raw bytes, exactly as sent.
            signature: the Stripe-Signature header.

        Raises:
            NotFoundError: no webhook secret is set, so nothing can be believed.
            InvalidRequestError: codes ``invalid_signature``, ``invalid_event``, ``wrong_mode``.
        """
        if not self.options.webhook_secret:
            raise NotFoundError("There is nothing at this address.")
        _verify(body, signature, self.options.webhook_secret)
        try:
            payload = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise InvalidRequestError("The event is not JSON.", code="invalid_event") from error
        return await self.record(payload)

    async def record(self, payload: Mapping[str, Any]) -> bool:
        """Record an event and its job in one transaction.

        The job is asked for whether or not the event is new: its unique key keeps it single, and
        an event whose job was lost gets one at the next delivery.

        Raises:
            InvalidRequestError: codes ``invalid_event``, ``wrong_mode``.
        """
        try:
            event = msgspec.convert(payload, StripeEventBody)
        except msgspec.ValidationError as error:
            raise InvalidRequestError("This is not an event.", code="invalid_event") from error
        if event.livemode != self.options.is_live:
            raise InvalidRequestError(
                "This event is of Stripe's other mode (test or live).",
                code="wrong_mode",
                action="Use the webhook secret and the key of the same mode.",
            )
        async with transaction():
            rows = await StripeEvent.raw(
                "INSERT INTO stripe_events (id, event_id, type, stripe_customer_id, livemode,"
                " payload, stripe_created_at) VALUES ({}, {}, {}, {}, {}, {}, {})"
                " ON CONFLICT (event_id) DO NOTHING RETURNING id",
                new_id(),
                event.id[:64],
                event.type[:80],
                event.customer_id,
                event.livemode,
                to_json(_without_nul(payload)),
                instant(event.created),
            )
            await enqueue(
                STRIPE_EVENT,
                args={"event_id": event.id[:64]},
                unique_key=f"stripe_event:{event.id[:64]}",
            )
        return bool(rows)


def _without_nul(value: Any) -> Any:
    """The same without NUL characters, which PostgreSQL stores in no column."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(one) for name, one in value.items()}
    return [_without_nul(one) for one in value] if isinstance(value, list) else value


def _verify(body: bytes, signature: str, secret: str) -> None:
    try:
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, TOLERANCE_S)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise InvalidRequestError(
            "The signature does not fit this body, or it is too old.",
            code="invalid_signature",
            action="Check STRIPE_WEBHOOK_SECRET and the clock of this machine.",
        ) from error
