"""Webhook endpoints and what was delivered to them."""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from uploadm8.domain.workspaces.tables import Workspace, WorkspaceEvent
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId, one_of


class DeliveryState(StrEnum):
    """Where the delivery of an event to an endpoint is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class WebhookEndpoint(Table, tablename="webhook_endpoints", db=DB):
    """Where a workspace wants its events sent."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade, index=True)
    url = Text()
    description = Varchar(length=120)
    kinds = Array(base_column=Varchar(length=40), default=list)  # empty: every kind
    secrets_enc = Text()  # a JSON list: the secret, and the one before it
    both_until = Timestamptz(null=True, default=None)  # until when the one before signs as well
    active = Boolean(default=True)
    stopped_because = Varchar(length=200, null=True, default=None)
    failing_since = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class WebhookDelivery(Table, tablename="webhook_deliveries", db=DB):
    """One event on its way to one endpoint."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade)
    endpoint = ForeignKey(WebhookEndpoint, null=False, on_delete=OnDelete.cascade, index=True)
    event = ForeignKey(WorkspaceEvent, null=False, on_delete=OnDelete.cascade)
    replay = Integer(default=0)  # raised by an explicit replay
    state = Varchar(length=12, default=DeliveryState.PENDING)
    tries = JSONB(default="[]")  # one object for each: at, status, ms, said
    next_try_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    settled_at = Timestamptz(null=True, default=None)

    check_webhook_deliveries_state = one_of("state", DeliveryState)
    unique_webhook_deliveries = Unique([endpoint, event, replay])
