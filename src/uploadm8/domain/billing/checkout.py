"""Becoming and being a customer at Stripe: checkout and the customer portal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import stripe

from uploadm8.domain.billing.calls import DOUBLE_CLICK_S, forget, once
from uploadm8.domain.billing.gateway import StripeGateway, page_url, translated
from uploadm8.domain.billing.intent import intend
from uploadm8.domain.billing.open_pages import close_older, is_open
from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.prices import Prices
from uploadm8.domain.billing.subscriptions import (
    customer_of,
    had_subscription,
    live_subscription,
)
from uploadm8.domain.billing.tables import Customer
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import ConflictError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.ids import new_id


@dataclass(frozen=True, slots=True)
class Checkout:
    """Sends people to Stripe's pages; nothing is believed until Stripe confirms it."""

    gateway: StripeGateway
    prices: Prices
    options: BillingOptions

    async def start(
        self, workspace_id: UUID, lookup_key: str | None = None, *, request_key: str | None = None
    ) -> str:
        """The URL of a checkout page for a first or a new subscription.

        Args:
            workspace_id: who subscribes.
            lookup_key: what to; the installation's default price when absent.
            request_key: the caller's Idempotency-Key; the same key gives the same page.

        Raises:
            ConflictError: code ``already_subscribed``.
        """
        chosen = lookup_key or self.options.default_lookup_key
        price_id = await self.prices.price_id(chosen)
        if await live_subscription(workspace_id) is not None:
            raise ConflictError(
                "This workspace has a subscription already.",
                code="already_subscribed",
                action="Change it at POST /api/billing/subscription/change, or in the portal.",
            )
        await intend(Action.CHECKOUT_STARTED, workspace_id, lookup_key=chosen)
        customer = await self._customer(workspace_id)
        params = await self._session(workspace_id, customer, chosen, price_id)

        async def create(key: str) -> stripe.checkout.Session:
            return await self.gateway.v1.checkout.sessions.create_async(
                params, {"idempotency_key": key}
            )

        purpose = f"checkout:{request_key or chosen}"
        made = await once(workspace_id, purpose, params, create, again_within_s=DOUBLE_CLICK_S)
        if not await is_open(self.gateway, made):
            await forget(workspace_id, purpose)
            made = await once(workspace_id, purpose, params, create, again_within_s=DOUBLE_CLICK_S)
        await close_older(self.gateway, customer, made)
        return page_url(made)

    async def portal(self, workspace_id: UUID) -> str:
        """The URL of the customer portal: cards, invoices, cancellation.

        Raises:
            ConflictError: code ``no_customer``.
        """
        v1 = self.gateway.v1
        customer = await customer_of(workspace_id)
        if customer is None:
            raise ConflictError(
                "This workspace has never bought anything.",
                code="no_customer",
                action="Start with POST /api/billing/checkout.",
            )
        await intend(Action.PORTAL_OPENED, workspace_id)
        with translated():
            made = await v1.billing_portal.sessions.create_async(
                {"customer": customer, "return_url": self.options.portal_return_url}
            )
        return page_url(made)

    async def _session(
        self, workspace_id: UUID, customer: str, lookup_key: str, price_id: str
    ) -> "stripe.params.checkout.SessionCreateParams":
        about = {"workspace_id": str(workspace_id), "lookup_key": lookup_key}
        params: stripe.params.checkout.SessionCreateParams = {
            "mode": "subscription",
            "customer": customer,
            "client_reference_id": str(workspace_id),
            "line_items": [{"price": price_id, "quantity": 1}],
            "success_url": self.options.success_url,
            "cancel_url": self.options.cancel_url,
            "allow_promotion_codes": True,
            "metadata": about,
            "subscription_data": {"metadata": about},  # a session's own are not copied
        }
        if self.options.trial_days > 0 and not await had_subscription(workspace_id):
            params["subscription_data"]["trial_period_days"] = self.options.trial_days
        if self.options.automatic_tax:
            params["automatic_tax"] = {"enabled": True}
            params["billing_address_collection"] = "required"
            params["tax_id_collection"] = {"enabled": True}
            params["customer_update"] = {"address": "auto", "name": "auto"}
        return params

    async def _customer(self, workspace_id: UUID) -> str:
        known = await customer_of(workspace_id)
        if known is not None:
            return known
        owner = await _owner(workspace_id)
        params: stripe.params.CustomerCreateParams = {
            "name": owner["name"] or owner["email"],
            "email": owner["email"],
            "metadata": {"workspace_id": str(workspace_id)},
        }

        async def create(key: str) -> stripe.Customer:
            return await self.gateway.v1.customers.create_async(params, {"idempotency_key": key})

        made = await once(workspace_id, "customer", params, create)
        rows = await Customer.raw(
            "INSERT INTO billing_customers (id, workspace, stripe_id) VALUES ({}, {}, {})"
            " ON CONFLICT (workspace) DO UPDATE SET"
            " stripe_id=CASE WHEN billing_customers.deleted_at IS NULL"
            " THEN billing_customers.stripe_id ELSE EXCLUDED.stripe_id END, deleted_at=NULL"
            " RETURNING stripe_id",
            new_id(),
            workspace_id,
            made.id,
        )
        return str(rows[0]["stripe_id"])


async def _owner(workspace_id: UUID) -> Mapping[str, Any]:
    rows: list[dict[str, Any]] = await Workspace.raw(
        "SELECT w.name, u.email FROM workspaces w JOIN memberships m ON m.workspace=w.id"
        " JOIN users u ON u.id=m.\"user\" WHERE w.id={} AND m.role='owner'"
        " ORDER BY m.created_at LIMIT 1",
        workspace_id,
    )
    return rows[0]
