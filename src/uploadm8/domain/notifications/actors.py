"""Pass events on: to webhook endpoints, to Discord, by mail; each way is a job of its own."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.notifications.choices import Channel, Choices
from uploadm8.domain.notifications.delivery import WebhookDeliveries, send_to
from uploadm8.domain.notifications.messages import embed_of, letter_of, message_of
from uploadm8.domain.notifications.tables import WebhookEndpoint
from uploadm8.domain.workspaces.events import EventKind, announce
from uploadm8.domain.workspaces.recipients import managers_of
from uploadm8.domain.workspaces.tables import WorkspaceEvent
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.discord import Discord, DiscordWebhookGoneError
from uploadm8.infra.jobs.catalog import ALERT, DELIVER_WEBHOOK, PASS_ON_EVENT
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.mail.letter import render
from uploadm8.infra.mail.mailer import Mailer

# A workspace's own affairs; what they say is for people, not for programs.
_NOT_SENT = (EventKind.WEBHOOK_STOPPED, EventKind.DISCORD_WEBHOOK_REMOVED)


@dataclass(frozen=True, slots=True)
class NotificationJobs:
    """Handlers of the notifications' jobs."""

    choices: Choices
    deliveries: WebhookDeliveries
    discord: Discord
    mailer: Mailer
    frontend_url: str

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (
            Handler(PASS_ON_EVENT, self.pass_on),
            Handler(ALERT, self.alert),
            Handler(DELIVER_WEBHOOK, self.deliveries.deliver),
        )

    async def pass_on(self, context: JobContext) -> None:
        """Record a job for everybody who is to be told of an event. Idempotent."""
        event = await WorkspaceEvent.select().where(WorkspaceEvent.id == context.subject).first()
        if event is None:
            return
        channels = await self.choices.channels(event)
        endpoints = await self._endpoints(event)
        async with transaction():
            await context.fence()
            for endpoint_id in endpoints:
                await send_to(event["workspace"], endpoint_id, event["id"])
            if Channel.EMAIL in channels:
                for user_id in await managers_of(event["workspace"]):
                    await _enqueue_alert(event, Channel.EMAIL, user_id)
            if Channel.DISCORD in channels:
                await _enqueue_alert(event, Channel.DISCORD)

    async def alert(self, context: JobContext) -> None:
        """Tell one person, or one Discord channel."""
        event = await WorkspaceEvent.select().where(WorkspaceEvent.id == context.subject).first()
        if event is None:
            return
        kind = EventKind(event["kind"])
        message = message_of(kind, json_of(event["facts"]))
        workspace_id: UUID = event["workspace"]
        if context.job.args["channel"] == Channel.EMAIL:
            address = (await managers_of(workspace_id)).get(UUID(context.job.args["user_id"]))
            if address is not None:
                letter = letter_of(message, self.frontend_url)
                await self.mailer.send(render(letter, address, kind.value.replace(".", "-")))
            return
        webhook = (await self.choices.of(workspace_id))[1]
        if webhook is None:
            return
        try:
            await self.discord.send(webhook, embed_of(message, event["at"]))
        except DiscordWebhookGoneError:
            await self._forget_discord(workspace_id, webhook, event["id"])

    async def _endpoints(self, event: dict[str, Any]) -> list[UUID]:
        if EventKind(event["kind"]) in _NOT_SENT:
            return []
        rows = await WebhookEndpoint.raw(
            "SELECT id FROM webhook_endpoints WHERE workspace={} AND active"
            " AND (cardinality(kinds)=0 OR {} = ANY(kinds)) ORDER BY id",
            event["workspace"],
            event["kind"],
        )
        if not rows:
            return []
        entitlement = await self.choices.entitlements.of(event["workspace"])
        return [row["id"] for row in rows] if Feature.WEBHOOKS in entitlement.features else []

    async def _forget_discord(self, workspace_id: UUID, webhook: str, event_id: UUID) -> None:
        """Discord asks never to call a deleted webhook again."""
        async with transaction():
            if await self.choices.settings.forget_discord_webhook(workspace_id, webhook):
                await announce(workspace_id, EventKind.DISCORD_WEBHOOK_REMOVED, str(event_id))


async def _enqueue_alert(
    event: dict[str, Any], channel: Channel, user_id: UUID | None = None
) -> None:
    to = {} if user_id is None else {"user_id": str(user_id)}
    await enqueue(
        ALERT,
        ref_id=event["id"],
        workspace_id=event["workspace"],
        args={"channel": channel.value, **to},
        unique_key=f"alert:{event['id']}:{channel.value}:{user_id or ''}",
    )
