"""Bills: what is on them, paying them, failing to, and what follows from either."""

from typing import Any

from uploadm8.dev.sandbox.stripe.replies import Json
from uploadm8.dev.sandbox.stripe.world import World, snapshot

DAY = 86_400
RETRY_AFTER_DAYS = (3, 5, 7)  # since the first attempt
FINALIZE_S = 3600  # a renewal's invoice stays a draft this long


class Cards:
    """What the customer's card does: pays, is declined, or there is none."""

    def __init__(self, world: World) -> None:
        self._cards = world.private("cards")

    def set(self, customer: str, behaviour: str) -> None:
        self._cards[customer] = behaviour

    def pays(self, customer: str, *, present: bool = False) -> bool:
        """Whether a payment succeeds; some cards want their holder present to confirm it."""
        return self._cards.get(customer) == "ok" or (present and self.wants_holder(customer))

    def wants_holder(self, customer: str) -> bool:
        return bool(self._cards.get(customer) == "confirm")


class Invoices:
    """Makes, finalises and collects invoices."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.cards = Cards(world)

    def draft(self, subscription: Json, reason: str, lines: list[Json]) -> Json:
        """A draft with these lines and the pending ones of the subscription."""
        pending = self.world.private("pending")
        lines = [*pending.pop(subscription["id"], []), *lines]
        total = sum(line["amount"] for line in lines)
        item = subscription["items"]["data"][0]
        invoice = self.world.new(
            "invoice",
            {
                "customer": subscription["customer"],
                "currency": subscription["currency"],
                "billing_reason": reason,
                "status": "draft",
                "number": None,
                "attempt_count": 0,
                "attempted": False,
                "auto_advance": True,
                "next_payment_attempt": None,
                "hosted_invoice_url": None,
                "invoice_pdf": None,
                "lines": {"object": "list", "data": lines, "has_more": False},
                "metadata": {},
                "parent": {
                    "type": "subscription_details",
                    "quote_details": None,
                    "subscription_details": {
                        "subscription": subscription["id"],
                        "metadata": subscription["metadata"],
                    },
                },
                "period_start": item["current_period_start"],
                "period_end": item["current_period_end"],
                "subtotal": total,
                "total": total,
                "amount_due": max(0, total),
                "amount_paid": 0,
                "amount_remaining": max(0, total),
                "status_transitions": {"finalized_at": None, "paid_at": None, "voided_at": None},
                "total_taxes": [],
            },
        )
        subscription["latest_invoice"] = invoice["id"]
        self.world.emit("invoice.created", invoice)
        return invoice

    def finalize(self, invoice: Json, base: str) -> None:
        """Number it and open it for payment."""
        counter = self.world.private("counters")
        counter["invoice"] = counter.get("invoice", 0) + 1
        invoice |= {
            "status": "open",
            "number": f"SANDBOX-{counter['invoice']:04d}",
            "hosted_invoice_url": f"{base}/stripe-web/i/{invoice['id']}",
            "invoice_pdf": f"{base}/stripe-web/i/{invoice['id']}",
        }
        invoice["status_transitions"]["finalized_at"] = self.world.now()
        self.world.emit("invoice.finalized", invoice)

    def attempt(self, invoice: Json, *, present: bool = False) -> bool:
        """Try to collect, perhaps with the card's holder present; whether it is paid now."""
        invoice["attempted"] = True
        if invoice["amount_due"] == 0:
            self._paid(invoice)
            return True
        invoice["attempt_count"] += 1
        if self.cards.pays(invoice["customer"], present=present):
            self._charge(invoice)
            self._paid(invoice)
            return True
        first = invoice["status_transitions"]["finalized_at"] or self.world.now()
        left = invoice["attempt_count"] - 1
        more = left < len(RETRY_AFTER_DAYS)
        invoice["next_payment_attempt"] = first + RETRY_AFTER_DAYS[left] * DAY if more else None
        self.world.emit("invoice.payment_failed", invoice)
        if self.cards.wants_holder(invoice["customer"]):
            self.world.emit("invoice.payment_action_required", invoice)
        return False

    def void(self, invoice: Json) -> None:
        """Nobody owes it any more."""
        invoice |= {"status": "void", "next_payment_attempt": None}
        invoice["status_transitions"]["voided_at"] = self.world.now()
        self.world.emit("invoice.voided", invoice)

    def _charge(self, invoice: Json) -> None:
        charge = self.world.new(
            "charge",
            {
                "amount": invoice["amount_due"],
                "amount_refunded": 0,
                "currency": invoice["currency"],
                "customer": invoice["customer"],
                "paid": True,
                "refunded": False,
                "status": "succeeded",
            },
        )
        payment = self.world.new(
            "invoice_payment",
            {
                "invoice": invoice["id"],
                "status": "paid",
                "amount_paid": invoice["amount_due"],
                "payment": {"type": "charge", "charge": charge["id"]},
            },
        )
        self.world.private("charges")[invoice["id"]] = charge["id"]
        self.world.emit("charge.succeeded", charge)
        self.world.emit("invoice_payment.paid", payment)

    def _paid(self, invoice: Json) -> None:
        invoice |= {
            "status": "paid",
            "amount_paid": invoice["amount_due"],
            "amount_remaining": 0,
            "next_payment_attempt": None,
        }
        invoice["status_transitions"]["paid_at"] = self.world.now()
        self.world.emit("invoice.paid", invoice)
        self.world.emit("invoice.payment_succeeded", invoice)


def line(subscription: Json, amount: int, *, proration: bool = False) -> Json:
    """A line for the subscription's item."""
    item: Any = subscription["items"]["data"][0]
    price = snapshot(item["price"])
    return {
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": price.get("nickname") or "Subscription",
        "period": {"start": item["current_period_start"], "end": item["current_period_end"]},
        "pricing": {
            "type": "price_details",
            "price_details": {"price": price["id"], "product": price["product"]},
        },
        "parent": {
            "type": "subscription_item_details",
            "subscription_item_details": {
                "proration": proration,
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
        },
    }
