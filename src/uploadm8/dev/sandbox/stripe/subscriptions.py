"""Subscriptions and their schedules, by API."""

from typing import Literal

from uploadm8.dev.sandbox.stripe.door import Request
from uploadm8.dev.sandbox.stripe.lifecycle import Lifecycle
from uploadm8.dev.sandbox.stripe.replies import Json, listing, refuse
from uploadm8.dev.sandbox.stripe.world import World, a_month_after, snapshot

_ENDED = ("canceled", "incomplete_expired")
_CANCEL_FIELDS = ("cancel_at_period_end", "cancel_at")


class Subscriptions:
    """Reads and changes; what time does to them is in lifecycle.py."""

    def __init__(self, world: World, lifecycle: Lifecycle) -> None:
        self.world, self.lifecycle = world, lifecycle

    def retrieve(self, request: Request) -> Json:
        return self.world.get("subscription", request.id)

    def list_all(self, request: Request) -> Json:
        status = request.params.get("status")
        rows = self.world.newest("subscription", customer=request.params.get("customer"))
        if status is None:
            rows = [row for row in rows if row["status"] not in _ENDED]
        elif status == "ended":
            rows = [row for row in rows if row["status"] in _ENDED]
        elif status != "all":
            rows = [row for row in rows if row["status"] == status]
        return listing("/v1/subscriptions", rows, request.params)

    def update(self, request: Request) -> Json:
        subscription, params = self._alive(request.id), request.params
        if subscription["schedule"] and any(name in params for name in _CANCEL_FIELDS):
            raise refuse(
                "The subscription is managed by the subscription schedule"
                f" `{subscription['schedule']}`, and updating any cancelation behavior directly"
                " is not allowed."
            )
        if all(name in params for name in _CANCEL_FIELDS):
            raise refuse("Received both cancel_at and cancel_at_period_end; pass in only one.")
        before = snapshot(subscription)
        if "items" in params:
            self._change_items(subscription, params)
        self._change_end(subscription, params)
        subscription["metadata"] |= params.get("metadata") or {}
        if subscription != before:
            self.world.emit("customer.subscription.updated", subscription, before)
        return subscription

    def cancel(self, request: Request) -> Json:
        subscription = self._alive(request.id)
        self.lifecycle.cancel(subscription)
        return subscription

    def set_cancel(
        self,
        subscription: Json,
        *,
        at_period_end: bool,
        shape: Literal["both", "flag", "date"],
    ) -> None:
        """Cancel at the period's end or take that back; Stripe says so in one field or in both."""
        end = subscription["items"]["data"][0]["current_period_end"]
        subscription |= {
            "cancel_at_period_end": at_period_end and shape != "date",
            "cancel_at": end if at_period_end and shape != "flag" else None,
            "canceled_at": self.world.now() if at_period_end else None,
        }

    def preview(self, request: Request) -> Json:
        params = request.params
        subscription = self._alive(params.get("subscription", ""))
        items = params.get("subscription_details", {}).get("items", [])
        if len(items) != 1 or items[0].get("id") != subscription["items"]["data"][0]["id"]:
            raise refuse("This sandbox previews another price of the subscription's item only.")
        price = self.world.get("price", items[0].get("price", ""), param="price")
        return self.lifecycle.preview(subscription, price)

    def create_schedule(self, request: Request) -> Json:
        source = request.params.get("from_subscription")
        if source is None or set(request.params) != {"from_subscription"}:
            raise refuse("This sandbox makes schedules from subscriptions only.")
        subscription = self._alive(source)
        if subscription["schedule"]:
            raise refuse(
                "You cannot migrate a subscription that is already attached to a schedule:"
                f" {subscription['schedule']}"
            )
        if subscription["cancel_at_period_end"] or subscription["cancel_at"]:
            raise refuse("You cannot migrate a subscription that is set to cancel.")
        item = subscription["items"]["data"][0]
        phase = {
            "start_date": item["current_period_start"],
            "end_date": item["current_period_end"],
            "items": [{"price": item["price"]["id"], "quantity": 1}],
        }
        schedule = self.world.new(
            "subscription_schedule",
            {
                "customer": subscription["customer"],
                "subscription": source,
                "status": "active",
                "end_behavior": "release",
                "metadata": {},
                "phases": [phase],
                "current_phase": {k: phase[k] for k in ("start_date", "end_date")},
                "released_at": None,
                "released_subscription": None,
            },
        )
        before = snapshot(subscription)
        subscription["schedule"] = schedule["id"]
        self.world.emit("subscription_schedule.created", schedule)
        self.world.emit("customer.subscription.updated", subscription, before)
        return schedule

    def retrieve_schedule(self, request: Request) -> Json:
        return self.world.get("subscription_schedule", request.id)

    def update_schedule(self, request: Request) -> Json:
        schedule, params = self._active_schedule(request.id), request.params
        before = snapshot(schedule)
        if "phases" in params:
            schedule["phases"] = self._phases(schedule, params["phases"])
        schedule["metadata"] |= params.get("metadata") or {}
        schedule["end_behavior"] = params.get("end_behavior", schedule["end_behavior"])
        self.world.emit("subscription_schedule.updated", schedule, before)
        return schedule

    def release_schedule(self, request: Request) -> Json:
        schedule = self._active_schedule(request.id)
        self.lifecycle.release(schedule)
        return schedule

    def _change_end(self, subscription: Json, params: Json) -> None:
        """Cancel or take it back; the flag says nothing about a date that was set without it."""
        by_date = subscription["cancel_at"] and not subscription["cancel_at_period_end"]
        if "cancel_at_period_end" in params and (params["cancel_at_period_end"] or not by_date):
            wanted = params["cancel_at_period_end"]
            self.set_cancel(subscription, at_period_end=wanted, shape=self._shape())
        if "cancel_at" in params:
            if params["cancel_at"] != "":
                raise refuse("This sandbox only clears cancel_at.", param="cancel_at")
            self.set_cancel(subscription, at_period_end=False, shape="both")

    def _change_items(self, subscription: Json, params: Json) -> None:
        known = subscription["items"]["data"][0]
        for item in params["items"]:
            if item.get("id") is None:
                raise refuse("This sandbox does not add items; give the item's id.")
            if item["id"] != known["id"]:
                raise refuse(f"No such subscription item: '{item['id']}'", param="items[0][id]")
            price = self.world.get("price", item.get("price", ""), param="items[0][price]")
            self.lifecycle.change_price(
                subscription,
                price,
                params.get("proration_behavior", "create_prorations"),
                strict=params.get("payment_behavior") == "error_if_incomplete",
            )

    def _phases(self, schedule: Json, wanted: list[Json]) -> list[Json]:
        current = schedule["phases"][0]
        if not wanted or wanted[0].get("start_date") != current["start_date"]:
            raise refuse(
                "The start date of the current phase cannot be changed.",
                param="phases[0][start_date]",
            )
        phases: list[Json] = []
        start = current["start_date"]
        for index, phase in enumerate(wanted):
            for item in phase["items"]:
                self.world.get("price", item.get("price", ""), param=f"phases[{index}][items]")
            length = phase.get("duration")
            if length is not None and length["interval"] != "month":
                raise refuse("This sandbox counts phases in months.", param="phases")
            end = phase.get("end_date")
            if end is None and length is None:
                raise refuse("A phase needs an end_date or a duration.", param="phases")
            if end is None and length is not None:
                end = a_month_after(start, start, length.get("interval_count", 1))
            phases.append({"start_date": start, "end_date": end, "items": phase["items"]})
            start = end
        return phases

    def _alive(self, subscription_id: str) -> Json:
        found = self.world.get("subscription", subscription_id)
        if found["ended_at"] is not None:
            raise refuse(
                "A canceled subscription can only update its cancellation_details and metadata."
            )
        return found

    def _active_schedule(self, schedule_id: str) -> Json:
        found = self.world.get("subscription_schedule", schedule_id)
        if found["status"] not in ("active", "not_started"):
            raise refuse(f"You cannot change a schedule that is {found['status']}.")
        return found

    def _shape(self) -> Literal["both", "flag", "date"]:
        return self.world.runtime.settings.stripe_cancel_shape
