"""A subscription's life as Stripe lives it: begin, renew, fall behind, recover, change, end."""

from collections.abc import Awaitable, Callable

from uploadm8.dev.sandbox.stripe.invoices import DAY, FINALIZE_S, Invoices, line
from uploadm8.dev.sandbox.stripe.replies import Json, declined
from uploadm8.dev.sandbox.stripe.world import World, a_month_after, snapshot

TRIAL_WARNING_S = 3 * DAY
PERIOD, COLLECT, RETRY, TRIAL = "stripe.period", "stripe.collect", "stripe.retry", "stripe.trial"


class Lifecycle:
    """Moves subscriptions through time; what happens by itself is on the sandbox's timeline."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.invoices = Invoices(world)
        for kind, step in (
            (PERIOD, self._period_over),
            (COLLECT, self._collect),
            (RETRY, self._retry),
            (TRIAL, self._warn_of_trial),
        ):
            world.runtime.on_due[kind] = self._at_its_moment(step)

    def begin(self, customer: str, price: Json, trial_days: int | None, metadata: Json) -> Json:
        """A new subscription; without a trial its first invoice is paid at once, or nothing is."""
        now = self.world.now()
        trial_end = now + trial_days * DAY if trial_days else None
        pays = self.invoices.cards.pays(customer, present=True)
        if trial_end is None and price["unit_amount"] and not pays:
            raise declined()
        end = trial_end or a_month_after(now, now)
        subscription = self.world.new(
            "subscription",
            {
                "customer": customer,
                "currency": price["currency"],
                "status": "trialing" if trial_end else "active",
                "billing_cycle_anchor": end if trial_end else now,
                "billing_mode": {"type": "flexible"},
                "cancel_at": None,
                "cancel_at_period_end": False,
                "canceled_at": None,
                "collection_method": "charge_automatically",
                "ended_at": None,
                "discounts": [],
                "items": {"object": "list", "has_more": False, "data": []},
                "latest_invoice": None,
                "metadata": metadata,
                "schedule": None,
                "start_date": now,
                "trial_start": now if trial_end else None,
                "trial_end": trial_end,
            },
        )
        item = {
            "id": self.world.new_id("subscription_item"),
            "object": "subscription_item",
            "created": now,
            "current_period_start": now,
            "current_period_end": end,
            "metadata": {},
            "price": snapshot(price),
            "quantity": 1,
            "subscription": subscription["id"],
        }
        subscription["items"]["data"].append(item)
        self.world.emit("customer.subscription.created", subscription)
        amount = 0 if trial_end else price["unit_amount"]
        invoice = self.invoices.draft(
            subscription, "subscription_create", [line(subscription, amount)]
        )
        self.invoices.finalize(invoice, self.world.base)
        self.invoices.attempt(invoice, present=True)
        if trial_end:
            self._plan(TRIAL, subscription, max(now, trial_end - TRIAL_WARNING_S))
        self._plan(PERIOD, subscription, end)
        return subscription

    def cancel(self, subscription: Json) -> None:
        """End it now."""
        subscription |= {
            "status": "canceled",
            "ended_at": self.world.now(),
            "canceled_at": subscription["canceled_at"] or self.world.now(),
        }
        self.world.emit("customer.subscription.deleted", subscription)

    def change_price(
        self, subscription: Json, price: Json, proration: str, *, strict: bool
    ) -> None:
        """Another price from now on.

        Args:
            subscription: the one to change.
            price: the new price.
            proration: always_invoice, create_prorations or none.
            strict: a payment that fails undoes the change (402).
        """
        item = subscription["items"]["data"][0]
        old = item["price"]
        lines = self._proration(subscription, old, price)
        owed = sum(entry["amount"] for entry in lines)
        collects = proration == "always_invoice" and subscription["status"] != "trialing"
        if (
            collects
            and strict
            and owed > 0
            and not self.invoices.cards.pays(subscription["customer"])
        ):
            raise declined()
        item["price"] = snapshot(price)
        if subscription["status"] == "trialing" or proration == "none":
            return
        if collects:
            invoice = self.invoices.draft(subscription, "subscription_update", lines)
            self.invoices.finalize(invoice, self.world.base)
            self.invoices.attempt(invoice)
        else:
            self.world.private("pending").setdefault(subscription["id"], []).extend(lines)

    def pay(self, invoice: Json) -> bool:
        """Collect an open invoice once more, as the customer does after changing the card."""
        paid = self.invoices.attempt(invoice, present=True)
        self._after_attempt(invoice, paid=paid)
        return paid

    def preview(self, subscription: Json, price: Json) -> Json:
        """The invoice that a change of price would make now; it is not kept."""
        old = subscription["items"]["data"][0]["price"]
        trial = subscription["status"] == "trialing"
        lines = [] if trial else self._proration(subscription, old, price)
        total = sum(entry["amount"] for entry in lines)
        return {
            "id": self.world.new_id("invoice").replace("in_", "upcoming_in_"),
            "object": "invoice",
            "created": self.world.now(),
            "customer": subscription["customer"],
            "currency": subscription["currency"],
            "billing_reason": "upcoming",
            "status": "draft",
            "lines": {"object": "list", "data": lines, "has_more": False},
            "subtotal": total,
            "total": total,
            "amount_due": max(0, total),
        }

    def _proration(self, subscription: Json, old: Json, new: Json) -> list[Json]:
        item = subscription["items"]["data"][0]
        start, end = item["current_period_start"], item["current_period_end"]
        left = max(0.0, (end - self.world.now()) / (end - start))
        credit = line(subscription, -round(old["unit_amount"] * left), proration=True)
        return [credit, line(subscription, round(new["unit_amount"] * left), proration=True)]

    def _period_over(self, subscription: Json) -> None:
        item = subscription["items"]["data"][0]
        now = self.world.now()
        if subscription["ended_at"] is not None or item["current_period_end"] != now:
            return
        if subscription["cancel_at_period_end"] or (subscription["cancel_at"] or now + 1) <= now:
            self.cancel(subscription)
            return
        before = snapshot(subscription)
        self._enter_phase(subscription)
        anchor = subscription["billing_cycle_anchor"]
        item |= {"current_period_start": now, "current_period_end": a_month_after(now, anchor)}
        if subscription["status"] == "trialing":
            subscription["status"] = "active"
        invoice = self.invoices.draft(
            subscription, "subscription_cycle", [line(subscription, item["price"]["unit_amount"])]
        )
        self.world.emit("customer.subscription.updated", subscription, before)
        self._plan(COLLECT, invoice, now + FINALIZE_S)
        self._plan(PERIOD, subscription, item["current_period_end"])

    def _enter_phase(self, subscription: Json) -> None:
        """Do what the subscription's schedule has planned for this moment."""
        schedule = self.world.table("subscription_schedule").get(subscription["schedule"] or "")
        if schedule is None:
            return
        now = self.world.now()
        phase = next((p for p in schedule["phases"] if p["start_date"] == now), None)
        if phase is None:
            if schedule["phases"][-1]["end_date"] <= now:
                self.release(schedule)
            return
        price = self.world.get("price", phase["items"][0]["price"])
        subscription["items"]["data"][0]["price"] = snapshot(price)
        schedule["current_phase"] = {"start_date": now, "end_date": phase["end_date"]}
        self.world.emit("subscription_schedule.updated", schedule)

    def release(self, schedule: Json) -> None:
        """Let go of the subscription, which runs on as it is."""
        subscription = self.world.get("subscription", schedule["subscription"])
        before = snapshot(subscription)
        subscription["schedule"] = None
        schedule |= {
            "status": "released",
            "released_at": self.world.now(),
            "released_subscription": subscription["id"],
        }
        self.world.emit("subscription_schedule.released", schedule)
        self.world.emit("customer.subscription.updated", subscription, before)

    def _collect(self, invoice: Json) -> None:
        self.invoices.finalize(invoice, self.world.base)
        self._after_attempt(invoice, paid=self.invoices.attempt(invoice))

    def _retry(self, invoice: Json) -> None:
        if invoice["status"] == "open" and invoice["next_payment_attempt"] == self.world.now():
            self._after_attempt(invoice, paid=self.invoices.attempt(invoice))

    def _after_attempt(self, invoice: Json, *, paid: bool) -> None:
        found = invoice["parent"]["subscription_details"]["subscription"]
        subscription = self.world.get("subscription", found)
        if subscription["ended_at"] is not None:
            return
        before = snapshot(subscription)
        if not paid and invoice["next_payment_attempt"] is None:
            self.invoices.void(invoice)
            self.cancel(subscription)
            return
        subscription["status"] = "active" if paid else "past_due"
        if subscription["status"] != before["status"]:
            self.world.emit("customer.subscription.updated", subscription, before)
        if not paid:
            self._plan(RETRY, invoice, invoice["next_payment_attempt"])

    def _warn_of_trial(self, subscription: Json) -> None:
        if subscription["status"] == "trialing":
            self.world.emit("customer.subscription.trial_will_end", subscription)

    def _plan(self, kind: str, subject: Json, at: int) -> None:
        key = f"{subject['object']}|{subject['id']}|{at}"
        self.world.runtime.state.schedule_at(at, kind, key)

    def _at_its_moment(self, step: Callable[[Json], None]) -> Callable[[str], Awaitable[None]]:
        async def happen(key: str) -> None:
            kind, object_id, at = key.split("|")
            subject = self.world.table(kind).get(object_id)
            if subject is not None:
                with self.world.at(int(at)):
                    step(subject)

        return happen
