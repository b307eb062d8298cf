"""Deliver events to webhook endpoints: signed, retried for three days, each try on record."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from uploadm8.domain.notifications.endpoints import read_secrets
from uploadm8.domain.notifications.signing import body_of, signed_headers
from uploadm8.domain.notifications.tables import DeliveryState, WebhookDelivery, WebhookEndpoint
from uploadm8.domain.workspaces.events import EventKind, announce
from uploadm8.domain.workspaces.tables import WorkspaceEvent
from uploadm8.errors import Retry, UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import to_json
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import DELIVER_WEBHOOK
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.outbound import ForbiddenAddressError, Outbound, OutboundFailedError
from uploadm8.infra.security.cipher import Cipher

log = structlog.get_logger(__name__)

WAITS_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The pauses between tries that Standard Webhooks recommends."""
STOP_AFTER = timedelta(days=5)  # of nothing but failures
KEPT_CHARS = 300


class NotDeliveredError(UploadM8Error):
    """The endpoint did not take the event."""

    status_code = 502
    code = "webhook_not_delivered"
    retry = Retry.TRANSIENT


@dataclass(frozen=True, slots=True)
class WebhookDeliveries:
    """The job `notifications.deliver_webhook`."""

    cipher: Cipher
    outbound: Outbound

    async def deliver(self, context: JobContext) -> None:
        """Call the endpoint once and record how it went.

        Raises:
            NotDeliveredError: to be tried again at the next of WAITS_S.
        """
        row = await _pending(context.subject)
        if row is None:
            return
        event = await WorkspaceEvent.select().where(WorkspaceEvent.id == row["event"]).first()
        endpoint = (
            await WebhookEndpoint.select().where(WebhookEndpoint.id == row["endpoint"]).first()
        )
        if event is None or endpoint is None or not endpoint["active"]:
            await _settle(row["id"], DeliveryState.FAILED)
            return
        tried = await self._try(endpoint, event)
        last = context.job.attempt > len(WAITS_S)
        wait_s = None if last else WAITS_S[context.job.attempt - 1]
        async with transaction():
            await context.fence()
            await _note_health(endpoint, tried)
            await _record(row["id"], tried, wait_s)
            if tried["ok"]:
                return
            if last:
                await _settle(row["id"], DeliveryState.FAILED)
        if wait_s is not None:
            raise NotDeliveredError(str(tried["said"]), retry_after=wait_s)

    async def _try(self, endpoint: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        body, started, at = body_of(event), time.monotonic(), now()
        headers = signed_headers(event["id"], body, self._secrets(endpoint, at), at)
        status: int | None = None
        try:
            reply = await self.outbound.post(endpoint["url"], body, headers)
        except (ForbiddenAddressError, OutboundFailedError) as error:
            ok, said = False, error.detail
        else:
            status, ok, said = reply.status, reply.ok, reply.text
        ms = round((time.monotonic() - started) * 1_000)
        log.info("webhook_called", endpoint_id=str(endpoint["id"]), status=status, ms=ms)
        said = said.replace("\0", "")[:KEPT_CHARS]
        return {"at": at, "status": status, "ms": ms, "said": said, "ok": ok}

    def _secrets(self, endpoint: dict[str, Any], at: datetime) -> list[str]:
        kept = read_secrets(self.cipher, endpoint)
        both = endpoint["both_until"] is not None and endpoint["both_until"] > at
        return kept if both else kept[:1]


async def send_to(
    workspace_id: UUID, endpoint_id: UUID, event_id: UUID, replay: int = 0
) -> UUID | None:
    """Record a delivery and its job, in the caller's transaction; None if there is one already."""
    rows = await WebhookDelivery.raw(
        "INSERT INTO webhook_deliveries (id, workspace, endpoint, event, replay, tries, state)"
        " VALUES ({}, {}, {}, {}, {}, '[]', 'pending')"
        " ON CONFLICT (endpoint, event, replay) DO NOTHING RETURNING id",
        new_id(),
        workspace_id,
        endpoint_id,
        event_id,
        replay,
    )
    if not rows:
        return None
    delivery_id: UUID = rows[0]["id"]
    await enqueue(DELIVER_WEBHOOK, ref_id=delivery_id, workspace_id=workspace_id)
    return delivery_id


async def _pending(delivery_id: UUID) -> dict[str, Any] | None:
    return await (
        WebhookDelivery.select()
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.state == DeliveryState.PENDING)
        .first()
    )


async def _record(delivery_id: UUID, tried: dict[str, Any], wait_s: int | None) -> None:
    shown = {name: tried[name] for name in ("at", "status", "ms", "said")}
    state = DeliveryState.DELIVERED if tried["ok"] else DeliveryState.PENDING
    await WebhookDelivery.raw(
        "UPDATE webhook_deliveries SET tries=tries || {}::jsonb, state={}::text,"
        " settled_at=CASE WHEN {}::boolean THEN now() END,"
        " next_try_at=CASE WHEN {}::boolean THEN NULL ELSE now() + make_interval(secs => {}::float8) END"
        " WHERE id={}",
        to_json([shown]),
        state.value,
        tried["ok"],
        tried["ok"] or wait_s is None,
        float(wait_s or 0),
        delivery_id,
    )


async def _settle(delivery_id: UUID, state: DeliveryState) -> None:
    await WebhookDelivery.raw(
        "UPDATE webhook_deliveries SET state={}, settled_at=now(), next_try_at=NULL WHERE id={}",
        state.value,
        delivery_id,
    )


async def _note_health(endpoint: dict[str, Any], tried: dict[str, Any]) -> None:
    """Remember since when an endpoint fails; stop calling one that has for days, and say so."""
    if tried["ok"]:
        await WebhookEndpoint.raw(
            "UPDATE webhook_endpoints SET failing_since=NULL WHERE id={} AND failing_since IS NOT NULL",
            endpoint["id"],
        )
        return
    gone = tried["status"] == 410  # "Gone": Standard Webhooks' way to unsubscribe
    why = "it answered 410 Gone" if gone else "it has failed for five days"
    rows = await WebhookEndpoint.raw(
        "WITH judged AS (SELECT id, {}::boolean OR COALESCE(failing_since < now() - {}::interval,"
        " false) AS stop FROM webhook_endpoints WHERE id={} AND active FOR NO KEY UPDATE)"
        " UPDATE webhook_endpoints w SET failing_since=COALESCE(w.failing_since, now()),"
        " active=NOT j.stop, stopped_because=CASE WHEN j.stop THEN {}::text END"
        " FROM judged j WHERE w.id=j.id RETURNING w.active, w.failing_since",
        gone,
        STOP_AFTER,
        endpoint["id"],
        why,
    )
    if rows and not rows[0]["active"]:
        await announce(
            endpoint["workspace"],
            EventKind.WEBHOOK_STOPPED,
            f"{endpoint['id']}:{rows[0]['failing_since'].isoformat()}",
            subject=endpoint["id"],
            facts={"endpoint_id": str(endpoint["id"]), "url": endpoint["url"], "reason": why},
        )
