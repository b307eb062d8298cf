"""What people see of Stripe, and the switches that tests turn."""

import json
from typing import Any

from uploadm8.dev.sandbox.kit.pages import render_page
from uploadm8.dev.sandbox.kit.wire import (
    Call,
    Handler,
    RefusedError,
    Reply,
    Route,
    html_reply,
    json_reply,
)
from uploadm8.dev.sandbox.stripe.checkout import CARDS, Checkout, Portal
from uploadm8.dev.sandbox.stripe.customers import Customers
from uploadm8.dev.sandbox.stripe.events import Events
from uploadm8.dev.sandbox.stripe.lifecycle import Lifecycle


class Pages:
    """The hosted pages, and the same acts as JSON under /_."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        events: Events,
        checkout: Checkout,
        portal: Portal,
        customers: Customers,
    ) -> None:
        self.lifecycle, self.events = lifecycle, events
        self.checkout, self.portal, self.customers = checkout, portal, customers
        self.world = lifecycle.world

    def routes(self) -> list[Route]:
        """The pages first, then the switches."""
        pages: list[tuple[str, str, Handler]] = [
            ("/c/{id}", "checkout_page", self.checkout.page),
            ("/p/{id}", "portal_page", self.portal.page),
        ]
        switches: list[tuple[str, str, Handler]] = [
            ("/_flush", "flush", self.flush),
            ("/_pay", "pay", self.pay),
            ("/_portal", "portal_act", self.act),
            ("/_card", "card", self.card),
            ("/_dispute", "dispute_open", self.dispute),
            ("/_dispute/{id}", "dispute_close", self.close_dispute),
        ]
        return [
            *(Route(m, path, name, h) for path, name, h in pages for m in ("GET", "POST")),
            Route("GET", "/i/{id}", "invoice_page", self.invoice),
            *(Route("POST", path, name, handler) for path, name, handler in switches),
        ]

    async def invoice(self, call: Call) -> Reply:
        """A bill on paper."""
        invoice = self.world.get("invoice", call.params["id"])
        return html_reply(render_page("stripe_invoice.html", invoice=invoice))

    async def flush(self, _call: Call) -> Reply:
        """Wait for deliveries under way."""
        return json_reply({"undelivered": await self.events.flush()})

    async def pay(self, call: Call) -> Reply:
        """Fill in a checkout page: {"session": id, "card": number}."""
        sent = await _json(call)
        session = self.world.get("checkout.session", sent.get("session", ""))
        return json_reply(self.checkout.pay(session, sent.get("card", "4242424242424242")))

    async def act(self, call: Call) -> Reply:
        """Press a button of the portal: {"customer": id, "do": ...}."""
        sent = await _json(call)
        self.portal.act(sent.pop("customer", ""), sent)
        return json_reply({})

    async def card(self, call: Call) -> Reply:
        """Change what the customer's card does: {"customer": id, "card": number}."""
        sent = await _json(call)
        behaviour = CARDS.get(sent.get("card", ""), "decline")
        self.lifecycle.invoices.cards.set(sent.get("customer", ""), behaviour)
        return json_reply({"card": behaviour})

    async def dispute(self, call: Call) -> Reply:
        """Let a bank dispute a charge: {"charge": id}."""
        return json_reply(self.customers.dispute((await _json(call)).get("charge", "")))

    async def close_dispute(self, call: Call) -> Reply:
        """Decide a dispute: {"status": "won" or "lost"}."""
        sent = await _json(call)
        return json_reply(
            self.customers.close_dispute(call.params["id"], sent.get("status", "lost"))
        )


async def _json(call: Call) -> dict[str, Any]:
    try:
        sent = json.loads(await call.body() or b"{}")
    except ValueError as error:
        raise RefusedError(json_reply({"error": "send JSON"}, 400)) from error
    if not isinstance(sent, dict):
        raise RefusedError(json_reply({"error": "send a JSON object"}, 400))
    return sent
