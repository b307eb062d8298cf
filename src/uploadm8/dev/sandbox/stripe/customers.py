"""Customers, their invoices, and money that goes back."""

from uploadm8.dev.sandbox.stripe.door import Request
from uploadm8.dev.sandbox.stripe.lifecycle import Lifecycle
from uploadm8.dev.sandbox.stripe.replies import Json, listing, refuse
from uploadm8.dev.sandbox.stripe.world import World, snapshot


class Customers:
    """Who pays, and the papers about it."""

    def __init__(self, world: World, lifecycle: Lifecycle) -> None:
        self.world, self.lifecycle = world, lifecycle

    def create(self, request: Request) -> Json:
        made = self.world.new(
            "customer",
            {"email": None, "name": None, "metadata": {}, "balance": 0, **request.params},
        )
        self.world.emit("customer.created", made)
        return made

    def retrieve(self, request: Request) -> Json:
        found = self.world.get("customer", request.id)
        if found.get("deleted"):
            return {"id": found["id"], "object": "customer", "deleted": True}
        return found

    def delete(self, request: Request) -> Json:
        found = self.world.get("customer", request.id)
        for subscription in self.world.newest("subscription", customer=found["id"]):
            if subscription["ended_at"] is None:
                self.lifecycle.cancel(subscription)
        self.world.emit("customer.deleted", found)
        found["deleted"] = True
        return {"id": found["id"], "object": "customer", "deleted": True}

    def list_invoices(self, request: Request) -> Json:
        rows = self.world.newest(
            "invoice",
            customer=request.params.get("customer"),
            status=request.params.get("status"),
        )
        wanted = request.params.get("subscription")
        rows = [row for row in rows if wanted in (None, _subscription(row))]
        return listing("/v1/invoices", rows, request.params)

    def retrieve_invoice(self, request: Request) -> Json:
        invoice = self.world.get("invoice", request.id)
        paid = self.world.newest("invoice_payment", invoice=invoice["id"])
        listed = {"object": "list", "has_more": False, "data": paid}
        return {**invoice, "payments": listed}

    def retrieve_charge(self, request: Request) -> Json:
        return self.world.get("charge", request.id)

    def create_refund(self, request: Request) -> Json:
        charge = self.world.get("charge", request.params.get("charge", ""), param="charge")
        left = charge["amount"] - charge["amount_refunded"]
        if left == 0:
            raise refuse(
                f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
            )
        amount = request.params.get("amount", left)
        if not 0 < amount <= left:
            raise refuse(f"Refund amount ({amount}) is greater than charge amount.", param="amount")
        before = snapshot(charge)
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        made = self.world.new(
            "refund",
            {
                "amount": amount,
                "charge": charge["id"],
                "currency": charge["currency"],
                "reason": request.params.get("reason"),
                "status": "succeeded",
            },
        )
        self.world.emit("refund.created", made)
        self.world.emit("charge.refunded", charge, before)
        return made

    def list_refunds(self, request: Request) -> Json:
        rows = self.world.newest("refund", charge=request.params.get("charge"))
        return listing("/v1/refunds", rows, request.params)

    def retrieve_refund(self, request: Request) -> Json:
        return self.world.get("refund", request.id)

    def retrieve_dispute(self, request: Request) -> Json:
        return self.world.get("dispute", request.id)

    def dispute(self, charge_id: str, reason: str = "fraudulent") -> Json:
        """Let the card holder's bank dispute a charge."""
        charge = self.world.get("charge", charge_id, param="charge")
        made = self.world.new(
            "dispute",
            {
                "amount": charge["amount"],
                "charge": charge["id"],
                "currency": charge["currency"],
                "reason": reason,
                "status": "needs_response",
            },
        )
        self.world.emit("charge.dispute.created", made)
        return made

    def close_dispute(self, dispute_id: str, status: str) -> Json:
        """Decide a dispute: won or lost."""
        found = self.world.get("dispute", dispute_id)
        before = snapshot(found)
        found["status"] = status
        self.world.emit("charge.dispute.closed", found, before)
        return found


def _subscription(invoice: Json) -> str:
    return str(invoice["parent"]["subscription_details"]["subscription"])
