"""The log of webhook deliveries: read, and send again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.billing.gate import Gate
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.notifications.delivery import send_to
from uploadm8.domain.notifications.endpoints import own_endpoint
from uploadm8.domain.notifications.schemas import DeliveryDetail, DeliveryView, Try
from uploadm8.domain.notifications.signing import body_of
from uploadm8.domain.notifications.tables import DeliveryState, WebhookDelivery
from uploadm8.domain.workspaces.events import EventKind, record_event
from uploadm8.errors import ConflictError, NotFoundError
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.db.transaction import transaction

_VIEW = (
    "SELECT d.*, e.kind, e.facts, e.at FROM webhook_deliveries d"
    " JOIN workspace_events e ON e.id = d.event WHERE d.workspace={}"
)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What was sent to a workspace's endpoints."""

    gate: Gate

    async def list(
        self,
        workspace_id: UUID,
        limit: int,
        before: UUID | None,
        *,
        endpoint_id: UUID | None,
        state: DeliveryState | None,
    ) -> list[DeliveryView]:
        """Newest first."""
        rows = await WebhookDelivery.raw(
            f"{_VIEW} AND ({{}}::uuid IS NULL OR d.id < {{}}::uuid)"
            " AND ({}::uuid IS NULL OR d.endpoint = {}::uuid)"
            " AND ({}::text IS NULL OR d.state = {}::text) ORDER BY d.id DESC LIMIT {}",
            workspace_id,
            before,
            before,
            endpoint_id,
            endpoint_id,
            state and state.value,
            state and state.value,
            limit,
        )
        return [DeliveryView(**_columns(row)) for row in rows]

    async def get(self, workspace_id: UUID, delivery_id: UUID) -> DeliveryDetail:
        """One delivery with its body.

        Raises:
            NotFoundError: there is no such one in the workspace.
        """
        rows = await WebhookDelivery.raw(f"{_VIEW} AND d.id={{}}", workspace_id, delivery_id)
        if not rows:
            raise NotFoundError("There is no such delivery.")
        body: dict[str, Any] = msgspec.json.decode(body_of(rows[0]))
        return DeliveryDetail(**_columns(rows[0]), body=body)

    async def replay(self, workspace_id: UUID, delivery_id: UUID) -> DeliveryDetail:
        """Send an event to its endpoint once more, as a delivery of its own.

        Raises:
            NotFoundError: there is no such one in the workspace.
            ConflictError: the endpoint is stopped, or the delivery still under way.
            PaymentRequiredError: the tier has no webhooks.
        """
        async with transaction():
            rows = await WebhookDelivery.raw(
                "SELECT d.endpoint, d.event, d.state, w.active FROM webhook_deliveries d"
                " JOIN webhook_endpoints w ON w.id = d.endpoint"
                " WHERE d.id={} AND d.workspace={} FOR NO KEY UPDATE OF w",
                delivery_id,
                workspace_id,
            )
            if not rows:
                raise NotFoundError("There is no such delivery.")
            await self.gate.require(workspace_id, Feature.WEBHOOKS)
            _check_replay(rows[0])
            last = await WebhookDelivery.raw(
                "SELECT max(replay) AS n FROM webhook_deliveries WHERE endpoint={} AND event={}",
                rows[0]["endpoint"],
                rows[0]["event"],
            )
            again = await send_to(
                workspace_id, rows[0]["endpoint"], rows[0]["event"], last[0]["n"] + 1
            )
        return await self.get(workspace_id, again or delivery_id)

    async def test(self, workspace_id: UUID, endpoint_id: UUID) -> DeliveryDetail:
        """Send a `webhook.test` event to one endpoint, whatever kinds it wants.

        Raises:
            NotFoundError: there is no such endpoint in the workspace.
            ConflictError: it is stopped.
            PaymentRequiredError: the tier has no webhooks.
        """
        async with transaction():
            row = await own_endpoint(workspace_id, endpoint_id)
            await self.gate.require(workspace_id, Feature.WEBHOOKS)
            _check_active(row["active"])
            event_id = await record_event(
                workspace_id,
                EventKind.WEBHOOK_TEST,
                f"{endpoint_id}:{now().isoformat()}",
                facts={"endpoint_id": str(endpoint_id), "says": "It works."},
            )
            delivery_id = event_id and await send_to(workspace_id, endpoint_id, event_id)
        if delivery_id is None:
            raise ConflictError("A test is being sent already.", code="test_under_way")
        return await self.get(workspace_id, delivery_id)


def _check_replay(row: Mapping[str, Any]) -> None:
    _check_active(row["active"])
    if row["state"] == DeliveryState.PENDING:
        raise ConflictError(
            "This delivery is still being tried.",
            code="delivery_pending",
            action="Wait until it is settled.",
        )


def _check_active(active: bool) -> None:
    if not active:
        raise ConflictError(
            "The endpoint is stopped.",
            code="webhook_stopped",
            action='Start it again with PATCH {"active": true}.',
        )


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "endpoint_id": row["endpoint"],
        "event_id": row["event"],
        "type": EventKind(row["kind"]),
        "state": DeliveryState(row["state"]),
        "tries": msgspec.convert(json_of(row["tries"]), list[Try]),
        "next_try_at": row["next_try_at"],
        "created_at": row["created_at"],
        "settled_at": row["settled_at"],
    }
