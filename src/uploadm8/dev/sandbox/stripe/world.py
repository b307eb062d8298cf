"""Everything Stripe knows: objects by kind, as plain JSON with ids for references."""

import secrets
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.stripe.replies import Json, missing, refuse

API_VERSION = "2026-10-28.endive"
_PREFIX = {
    "customer": "cus",
    "product": "prod",
    "price": "price",
    "subscription": "sub",
    "subscription_item": "si",
    "subscription_schedule": "sub_sched",
    "invoice": "in",
    "charge": "ch",
    "refund": "re",
    "dispute": "du",
    "event": "evt",
    "checkout.session": "cs_test",
    "billing_portal.session": "bps",
    "invoice_payment": "inpay",
    "request": "req",
}
# Which member of which object holds the id of what; these can be expanded.
_REFERENCES = {
    "product": "product",
    "customer": "customer",
    "latest_invoice": "invoice",
    "invoice": "invoice",
    "schedule": "subscription_schedule",
    "subscription": "subscription",
    "charge": "charge",
    "price": "price",
}


class World:
    """The tables, the clock, and the events that changes cause."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.base = ""  # scheme and host of the pages that people are sent to
        self.on_emit: Callable[[], None] = _nobody_listens
        self._moment: int | None = None

    def table(self, kind: str) -> MutableMapping[str, Json]:
        """The objects of a kind by id, oldest first."""
        return self.runtime.state.table(f"stripe.{kind}", dict)

    def private(self, name: str) -> MutableMapping[str, Any]:
        """Facts that the API never shows, such as what a card does."""
        return self.runtime.state.table(f"stripe.private.{name}", object)

    def now(self) -> int:
        """Unix seconds; within `at`, the moment at which something happens by itself."""
        return self._moment if self._moment is not None else int(self.runtime.state.now())

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Let the block happen at a moment that the clock has already passed."""
        before, self._moment = self._moment, moment
        try:
            yield
        finally:
            self._moment = before

    def new(self, kind: str, values: Json, *, object_id: str | None = None) -> Json:
        """Make and keep an object."""
        made = {
            "id": object_id or self.new_id(kind),
            "object": kind,
            "created": self.now(),
            "livemode": False,
            **values,
        }
        self.table(kind)[made["id"]] = made
        return made

    def new_id(self, kind: str) -> str:
        """An id in Stripe's style."""
        return f"{_PREFIX[kind]}_{secrets.token_hex(12)}"

    def get(self, kind: str, object_id: str, *, param: str = "id") -> Json:
        """An object, or Stripe's 404."""
        found = self.table(kind).get(object_id)
        if found is None:
            raise missing(kind, object_id, param=param)
        return found

    def newest(self, kind: str, **wanted: Any) -> list[Json]:
        """Objects with these member values, newest first."""
        rows = [
            row
            for row in reversed(list(self.table(kind).values()))
            if all(row.get(name) == value for name, value in wanted.items() if value is not None)
        ]
        return sorted(rows, key=lambda row: -row["created"])

    def emit(self, event_type: str, subject: Json, before: Json | None = None) -> Json:
        """Record an event with the object as it is now; deliveries follow by themselves."""
        data: Json = {"object": snapshot(subject)}
        if before is not None:
            data["previous_attributes"] = {
                name: value for name, value in before.items() if subject.get(name) != value
            }
        event = self.new(
            "event",
            {
                "type": event_type,
                "api_version": API_VERSION,
                "data": data,
                "pending_webhooks": 1,
                "request": {"id": None, "idempotency_key": None},
            },
        )
        self.private("undelivered")[event["id"]] = 0
        self.on_emit()
        return event

    def expanded(self, value: Json, wanted: list[str]) -> Json:
        """A copy of an answer with the asked-for references replaced by their objects."""
        answer: Json = snapshot(value)
        for path in wanted:
            parts = path.split(".")
            if len(parts) > 4:
                raise refuse("You cannot expand more than 4 levels of a property.", param="expand")
            self._expand(answer, parts, path)
        return answer

    def _expand(self, node: Any, parts: list[str], path: str) -> None:
        if isinstance(node, list):
            for inner in node:
                self._expand(inner, parts, path)
            return
        if not isinstance(node, dict) or parts[0] not in node:
            if isinstance(node, dict):
                raise refuse(f"This property cannot be expanded ({path}).", param="expand")
            return
        value = node[parts[0]]
        if isinstance(value, str) and parts[0] in _REFERENCES:
            value = node[parts[0]] = snapshot(self.get(_REFERENCES[parts[0]], value))
        if len(parts) > 1:
            self._expand(value, parts[1:], path)


def _nobody_listens() -> None:
    """Before anyone has asked to hear of events."""


def snapshot(value: Any) -> Any:
    """A deep copy of JSON."""
    if isinstance(value, dict):
        return {key: snapshot(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [snapshot(inner) for inner in value]
    return value


def a_month_after(moment: int, anchor: int, months: int = 1) -> int:
    """The same day of a later month as the anchor's, or that month's last day."""
    start, day = datetime.fromtimestamp(moment, UTC), datetime.fromtimestamp(anchor, UTC).day
    index = start.year * 12 + start.month - 1 + months
    for candidate in range(day, 27, -1):
        try:
            return int(
                start.replace(year=index // 12, month=index % 12 + 1, day=candidate).timestamp()
            )
        except ValueError:
            continue
    return int(start.replace(year=index // 12, month=index % 12 + 1, day=min(day, 28)).timestamp())
