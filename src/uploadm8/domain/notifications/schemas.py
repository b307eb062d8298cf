"""What goes over the wire about webhooks."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, field

from uploadm8.domain.notifications.tables import DeliveryState
from uploadm8.domain.workspaces.events import EventKind

Url = Annotated[
    str,
    Meta(min_length=10, max_length=2000, examples=["https://example.com/hooks/uploadm8"]),
]
Description = Annotated[str, Meta(max_length=120)]
Kinds = Annotated[list[EventKind], Meta(max_length=40)]


class NewEndpoint(Struct, kw_only=True, forbid_unknown_fields=True):
    """An endpoint to make.

    Attributes:
        url: https, on a public address.
        kinds: which events are sent; empty means every kind, those to come included.
    """

    url: Url
    description: Description = ""
    kinds: Kinds = field(default_factory=list)


class EndpointChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What to change of an endpoint; `active: true` also starts one again that was stopped."""

    url: Url | None = None
    description: Description | None = None
    kinds: Kinds | None = None
    active: bool | None = None


class EndpointView(Struct, kw_only=True):
    """An endpoint, without its secret."""

    id: UUID
    url: str
    description: str
    kinds: list[EventKind]
    active: bool
    stopped_because: str | None
    failing_since: datetime | None
    created_at: datetime


class EndpointList(Struct):
    """Every endpoint of the workspace, oldest first."""

    items: list[EndpointView]


class EndpointSecret(Struct, kw_only=True):
    """An endpoint with its signing secret, which is shown this once."""

    endpoint: EndpointView
    secret: str


class Try(Struct, kw_only=True):
    """One call of an endpoint: its HTTP status, or null and what went wrong instead."""

    at: datetime
    status: int | None
    ms: int
    said: str


class DeliveryView(Struct, kw_only=True):
    """One event on its way to one endpoint."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    type: EventKind
    state: DeliveryState
    tries: list[Try]
    next_try_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


class DeliveryDetail(DeliveryView, kw_only=True):
    """A delivery with the body that is sent."""

    body: dict[str, Any]
