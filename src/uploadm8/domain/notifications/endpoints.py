"""Webhook endpoints: made, changed, given new secrets; the secret is shown when it is made."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.billing.gate import Gate
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.notifications.schemas import EndpointChange, EndpointView, NewEndpoint
from uploadm8.domain.notifications.tables import WebhookEndpoint
from uploadm8.domain.workspaces.events import EventKind
from uploadm8.domain.workspaces.locks import lock_workspace
from uploadm8.errors import ConflictError, FieldError, InvalidRequestError, NotFoundError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.outbound import ForbiddenAddressError, Outbound, OutboundFailedError
from uploadm8.infra.security.cipher import Cipher

MAX_ENDPOINTS = 10
SECRET_PREFIX = "whsec_"  # noqa: S105  the prefix that Standard Webhooks gives to secrets
OLD_SECRET_LIFE = timedelta(days=1)
BOUND_TO = {"table": "webhook_endpoints", "field": "secrets"}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """A workspace's webhook endpoints."""

    gate: Gate
    cipher: Cipher
    outbound: Outbound

    async def list(self, workspace_id: UUID) -> list[EndpointView]:
        """Every one, oldest first; readable on any tier."""
        rows = await (
            WebhookEndpoint.select()
            .where(WebhookEndpoint.workspace == workspace_id)
            .order_by(WebhookEndpoint.id)
        )
        return [endpoint_view(row) for row in rows]

    async def create(self, workspace_id: UUID, new: NewEndpoint) -> tuple[EndpointView, str]:
        """Make one; returns it with its secret.

        Raises:
            PaymentRequiredError: the tier has no webhooks.
            InvalidRequestError: the URL is not a public https address.
            ConflictError: the workspace has too many.
        """
        await self.gate.require(workspace_id, Feature.WEBHOOKS)
        await self._check_url(new.url)
        endpoint_id, secret = new_id(), _new_secret()
        async with transaction():
            await lock_workspace(workspace_id)
            count = await WebhookEndpoint.count().where(WebhookEndpoint.workspace == workspace_id)
            if count >= MAX_ENDPOINTS:
                raise ConflictError(
                    f"There are {MAX_ENDPOINTS} webhook endpoints already.",
                    code="too_many_webhooks",
                    action="Remove one that is not used.",
                )
            await WebhookEndpoint.insert(
                WebhookEndpoint(
                    id=endpoint_id,
                    workspace=workspace_id,
                    url=new.url,
                    description=new.description,
                    kinds=[kind.value for kind in new.kinds],
                    secrets_enc=self._seal(endpoint_id, [secret]),
                )
            )
            await _note(workspace_id, endpoint_id, "added")
        return await self.get(workspace_id, endpoint_id), secret

    async def get(self, workspace_id: UUID, endpoint_id: UUID) -> EndpointView:
        """One endpoint.

        Raises:
            NotFoundError: there is no such one in the workspace.
        """
        return endpoint_view(await own_endpoint(workspace_id, endpoint_id))

    async def change(
        self, workspace_id: UUID, endpoint_id: UUID, change: EndpointChange
    ) -> EndpointView:
        """Change what is given.

        Raises:
            NotFoundError: there is no such one in the workspace.
            PaymentRequiredError: started again on a tier without webhooks.
            InvalidRequestError: the URL is not a public https address.
        """
        await self.get(workspace_id, endpoint_id)
        if change.url is not None:
            await self._check_url(change.url)
        changes: dict[Any, Any] = {
            name: value
            for name, value in (("url", change.url), ("description", change.description))
            if value is not None
        }
        if change.kinds is not None:
            changes["kinds"] = [kind.value for kind in change.kinds]
        if change.active is not None:
            if change.active:
                await self.gate.require(workspace_id, Feature.WEBHOOKS)
            changes |= {"active": change.active, "stopped_because": None, "failing_since": None}
        if changes:
            async with transaction():
                await WebhookEndpoint.update(changes).where(
                    WebhookEndpoint.id == endpoint_id, WebhookEndpoint.workspace == workspace_id
                )
                await _note(workspace_id, endpoint_id, "changed")
        return await self.get(workspace_id, endpoint_id)

    async def renew_secret(self, workspace_id: UUID, endpoint_id: UUID) -> tuple[EndpointView, str]:
        """Give it a new secret; for a day, deliveries are signed with the old one as well.

        Raises:
            NotFoundError: there is no such one in the workspace.
        """
        secret = _new_secret()
        async with transaction():
            row = await own_endpoint(workspace_id, endpoint_id, lock=True)
            both = [secret, read_secrets(self.cipher, row)[0]]
            await WebhookEndpoint.raw(
                "UPDATE webhook_endpoints SET secrets_enc={}, both_until=now() + {} WHERE id={}",
                self._seal(endpoint_id, both),
                OLD_SECRET_LIFE,
                endpoint_id,
            )
            await _note(workspace_id, endpoint_id, "secret renewed")
        return endpoint_view(row), secret

    async def remove(self, workspace_id: UUID, endpoint_id: UUID) -> None:
        """Remove it with its deliveries; one that is under way may still arrive.

        Raises:
            NotFoundError: there is no such one in the workspace.
        """
        async with transaction():
            await own_endpoint(workspace_id, endpoint_id, lock=True)
            await WebhookEndpoint.delete().where(WebhookEndpoint.id == endpoint_id)
            await _note(workspace_id, endpoint_id, "removed")

    async def _check_url(self, url: str) -> None:
        try:
            await self.outbound.check(url)
        except (ForbiddenAddressError, OutboundFailedError) as error:
            raise InvalidRequestError(
                f"url: {error.detail}",
                code="invalid_webhook_url",
                action="Give an https address that is reachable from the internet.",
                fields=[FieldError("url", error.detail)],
            ) from error

    def _seal(self, endpoint_id: UUID, kept: Sequence[str]) -> str:
        return self.cipher.encrypt(msgspec.json.encode(kept).decode(), row=endpoint_id, **BOUND_TO)


async def own_endpoint(
    workspace_id: UUID, endpoint_id: UUID, *, lock: bool = False
) -> dict[str, Any]:
    """The row of a workspace's endpoint, held until the end of the transaction if asked for.

    Raises:
        NotFoundError: there is no such one in the workspace.
    """
    query = (
        WebhookEndpoint.select()
        .where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.workspace == workspace_id)
        .first()
    )
    row = await (query.lock_rows("NO KEY UPDATE") if lock else query)
    if row is None:
        raise NotFoundError("There is no such webhook endpoint.")
    return row


async def _note(workspace_id: UUID, endpoint_id: UUID, what: str) -> None:
    await record(
        Action.WEBHOOK_CHANGED,
        workspace_id=workspace_id,
        subject=("webhook", endpoint_id),
        details={"what": what},
    )


def read_secrets(cipher: Cipher, row: Mapping[str, Any]) -> list[str]:
    """The signing secrets of an endpoint's row, the current one first."""
    text = cipher.decrypt(row["secrets_enc"], row=row["id"], **BOUND_TO)
    return msgspec.json.decode(text, type=list[str])


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def endpoint_view(row: Mapping[str, Any]) -> EndpointView:
    """An endpoint's row as clients see it."""
    return EndpointView(
        id=row["id"],
        url=row["url"],
        description=row["description"],
        kinds=[EventKind(kind) for kind in row["kinds"]],
        active=row["active"],
        stopped_because=row["stopped_because"],
        failing_since=row["failing_since"],
        created_at=row["created_at"],
    )
