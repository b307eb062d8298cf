"""Checkout and the customer portal: sessions by API, and the pages that people see."""

from typing import Any
from urllib.parse import parse_qsl

from uploadm8.dev.sandbox.kit.pages import render_page
from uploadm8.dev.sandbox.kit.wire import Call, RefusedError, Reply, html_reply, redirect_reply
from uploadm8.dev.sandbox.stripe.door import Request
from uploadm8.dev.sandbox.stripe.lifecycle import Lifecycle
from uploadm8.dev.sandbox.stripe.replies import Json, listing, refuse
from uploadm8.dev.sandbox.stripe.subscriptions import Subscriptions
from uploadm8.dev.sandbox.stripe.world import World, snapshot

CARDS = {
    "4242424242424242": "ok",
    "4000002500003155": "confirm",  # its holder must be present
    "4000000000000341": "decline",  # can be saved, never pays
    "4000000000000002": "refuse",  # cannot even be saved
}
_DAY = 86_400


class Checkout:
    """Sessions that sell a subscription."""

    def __init__(self, world: World, lifecycle: Lifecycle) -> None:
        self.world, self.lifecycle = world, lifecycle

    def create(self, request: Request) -> Json:
        params = request.params
        self._check(params)
        customer = self.world.get("customer", params["customer"], param="customer")
        item = params["line_items"][0]
        price = self.world.get("price", item.get("price", ""), param="line_items[0][price]")
        now = self.world.now()
        session_id = self.world.new_id("checkout.session")
        made = self.world.new(
            "checkout.session",
            {
                "url": f"{request.base}/stripe-web/c/{session_id}",
                "mode": params["mode"],
                "status": "open",
                "payment_status": "unpaid",
                "customer": customer["id"],
                "client_reference_id": params.get("client_reference_id"),
                "subscription": None,
                "invoice": None,
                "currency": price["currency"],
                "amount_total": price["unit_amount"],
                "automatic_tax": params.get("automatic_tax", {"enabled": False}),
                "success_url": params.get("success_url"),
                "cancel_url": params.get("cancel_url"),
                "metadata": params.get("metadata", {}),
                "expires_at": params.get("expires_at", now + _DAY),
            },
            object_id=session_id,
        )
        self.world.private("sessions")[session_id] = {
            "price": price["id"],
            "data": params.get("subscription_data", {}),
        }
        return made

    def retrieve(self, request: Request) -> Json:
        return self.world.get("checkout.session", request.id)

    def list_all(self, request: Request) -> Json:
        rows = self.world.newest(
            "checkout.session",
            customer=request.params.get("customer"),
            status=request.params.get("status"),
        )
        return listing("/v1/checkout/sessions", rows, request.params)

    def expire(self, request: Request) -> Json:
        session = self.world.get("checkout.session", request.id)
        if session["status"] != "open":
            raise refuse(
                'Only Checkout Sessions with a status in ["open"] can be expired.'
                f" This Checkout Session has a status of `{session['status']}`."
            )
        session |= {"status": "expired", "url": None}
        self.world.emit("checkout.session.expired", session)
        return session

    def pay(self, session: Json, card: str) -> Json:
        """What the form of the page does."""
        if session["status"] != "open":
            raise refuse("This Checkout Session is not open any more.")
        behaviour = CARDS.get(card.replace(" ", ""), "refuse")
        if behaviour == "refuse":
            raise refuse("Your card was declined.", status=402, kind="card_error")
        hidden: Any = self.world.private("sessions")[session["id"]]
        self.lifecycle.invoices.cards.set(session["customer"], behaviour)
        data = hidden["data"]
        subscription = self.lifecycle.begin(
            session["customer"],
            self.world.get("price", hidden["price"]),
            data.get("trial_period_days"),
            data.get("metadata", {}),
        )
        trial = subscription["status"] == "trialing"
        session |= {
            "status": "complete",
            "payment_status": "no_payment_required" if trial else "paid",
            "subscription": subscription["id"],
            "invoice": subscription["latest_invoice"],
            "url": None,
        }
        self.world.emit("checkout.session.completed", session)
        return session

    async def page(self, call: Call) -> Reply:
        """Show the form, or take it."""
        session = self.world.get("checkout.session", call.params["id"])
        error = None
        if call.method == "POST":
            form = dict(parse_qsl((await call.body()).decode()))
            try:
                paid = self.pay(session, form.get("card", ""))
            except RefusedError:
                error = "Your card was declined."
            else:
                back = str(paid["success_url"]).replace("{CHECKOUT_SESSION_ID}", paid["id"])
                return redirect_reply(back)
        hidden: Any = self.world.private("sessions")[session["id"]]
        price = self.world.get("price", hidden["price"])
        return html_reply(
            render_page(
                "stripe_checkout.html",
                session=session,
                price=price,
                product=self.world.get("product", price["product"]),
                trial_days=hidden["data"].get("trial_period_days"),
                cards=CARDS,
                error=error,
            )
        )

    def _check(self, params: Json) -> None:
        if params.get("mode") != "subscription":
            raise refuse("This sandbox sells subscriptions only.", param="mode")
        if "customer" not in params or "customer_email" in params:
            raise refuse("This sandbox wants a customer, and no customer_email.", param="customer")
        if len(params.get("line_items", [])) != 1:
            raise refuse("Give exactly one line item.", param="line_items")
        if "success_url" not in params:
            raise refuse("Missing required param: success_url.", param="success_url")
        if params.get("allow_promotion_codes") and "discounts" in params:
            raise refuse("You may only specify one of these parameters: discounts.")
        days = params.get("subscription_data", {}).get("trial_period_days")
        if days is not None and days < 1:
            raise refuse(
                "The minimum number of trial period days is 1.",
                param="subscription_data[trial_period_days]",
            )
        update = params.get("customer_update", {})
        if params.get("automatic_tax", {}).get("enabled") and update.get("address") != "auto":
            raise refuse(
                "Automatic tax needs the customer's address: set `customer_update[address]` to"
                " 'auto'.",
                code="customer_tax_location_invalid",
            )
        if params.get("tax_id_collection", {}).get("enabled") and update.get("name") != "auto":
            raise refuse("Tax ID collection needs `customer_update[name]` to be 'auto'.")


class Portal:
    """The page on which customers look after themselves."""

    def __init__(self, world: World, lifecycle: Lifecycle, subscriptions: Subscriptions) -> None:
        self.world, self.lifecycle, self.subscriptions = world, lifecycle, subscriptions

    def create(self, request: Request) -> Json:
        customer = self.world.get("customer", request.params.get("customer", ""), param="customer")
        session_id = self.world.new_id("billing_portal.session")
        return self.world.new(
            "billing_portal.session",
            {
                "customer": customer["id"],
                "url": f"{request.base}/stripe-web/p/{session_id}",
                "return_url": request.params.get("return_url"),
                "configuration": "bpc_sandbox",
                "flow": None,
            },
            object_id=session_id,
        )

    async def page(self, call: Call) -> Reply:
        """Show the customer's subscription, or do what a button says."""
        session = self.world.get("billing_portal.session", call.params["id"])
        if call.method == "POST":
            self.act(session["customer"], dict(parse_qsl((await call.body()).decode())))
            return redirect_reply(f"{call.base}/stripe-web/p/{session['id']}")
        found = self.world.newest("subscription", customer=session["customer"])
        prices = sorted(self.world.newest("price", active=True), key=lambda p: p["unit_amount"])
        return html_reply(
            render_page(
                "stripe_portal.html",
                session=session,
                subscriptions=found,
                invoices=self.world.newest("invoice", customer=session["customer"]),
                prices=[p for p in prices if p["lookup_key"] and p["unit_amount"]],
                cards=CARDS,
            )
        )

    def act(self, customer: str, form: dict[str, str]) -> None:
        """Cancel, resume, switch, change the card, or pay what is open."""
        do = form.get("do")
        if do == "card":
            self.lifecycle.invoices.cards.set(customer, CARDS.get(form.get("card", ""), "decline"))
        elif do == "pay":
            for invoice in self.world.newest("invoice", customer=customer, status="open"):
                self.lifecycle.pay(invoice)
        elif do in ("cancel", "resume", "switch"):
            subscription = self.world.get("subscription", form.get("subscription", ""))
            before = snapshot(subscription)
            if do == "switch":
                price = self.world.get("price", form.get("price", ""))
                self.lifecycle.change_price(subscription, price, "create_prorations", strict=False)
            else:
                self.subscriptions.set_cancel(
                    subscription, at_period_end=do == "cancel", shape="date"
                )
            self.world.emit("customer.subscription.updated", subscription, before)
