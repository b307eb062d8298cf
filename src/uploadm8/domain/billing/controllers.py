"""/api/billing: prices, checkout, portal, subscription, usage, invoices, and Stripe's webhook."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody

from uploadm8.api.guards import given, needs, public
from uploadm8.api.pages import Cursor, Limit, Page, by_time, page
from uploadm8.api.principal import Principal
from uploadm8.domain.billing.schemas import (
    BillingOut,
    ChangedOut,
    ChangeRequest,
    CheckoutRequest,
    EventReceived,
    InvoiceOut,
    MoneyNoteOut,
    PreviewOut,
    PricesOut,
    Redirect,
    UsageOut,
)
from uploadm8.domain.billing.service import Billing

RequestKey = Annotated[str | None, HeaderParameter(name="Idempotency-Key", max_length=128)]


class BillingController(Controller):
    """Money: changing anything needs the role admin in the workspace."""

    path = "/api/billing"
    tags = ["Billing"]
    dependencies = {"billing": given("billing")}

    @get("/prices", summary="Tiers and their prices", **public("a price list is for everyone"))
    async def prices(self, billing: NamedDependency[Billing]) -> PricesOut:
        """From Stripe where it is configured, else from the table of tiers; `source` says which."""
        return billing.overview.prices(await billing.prices.offers())

    @post("/checkout", summary="Start a subscription", **needs("admin"))
    async def checkout(
        self,
        data: JSONBody[CheckoutRequest],
        principal: NamedDependency[Principal],
        billing: NamedDependency[Billing],
        request_key: RequestKey = None,
    ) -> Redirect:
        """The address of Stripe's checkout page; the same Idempotency-Key gives the same page."""
        url = await billing.checkout.start(
            principal.workspace_id, data.lookup_key, request_key=request_key
        )
        return Redirect(url=url)

    @post("/portal", summary="Open the customer portal", **needs("admin"))
    async def portal(
        self, principal: NamedDependency[Principal], billing: NamedDependency[Billing]
    ) -> Redirect:
        """Cards, invoices and cancellation at Stripe; the address is good for a short while."""
        return Redirect(url=await billing.checkout.portal(principal.workspace_id))

    @get("/subscription", summary="How the workspace stands")
    async def subscription(
        self, principal: NamedDependency[Principal], billing: NamedDependency[Billing]
    ) -> BillingOut:
        """What it may do and why, its subscription, and what is over the tier's limits."""
        return await billing.overview.billing(principal.workspace_id)

    @post("/subscription/change", summary="Change the tier", status_code=200, **needs("admin"))
    async def change(
        self,
        data: JSONBody[ChangeRequest],
        principal: NamedDependency[Principal],
        billing: NamedDependency[Billing],
    ) -> ChangedOut:
        """Up at once, with the difference charged now; down when the paid period ends."""
        when = await billing.changes.change(principal.workspace_id, data.lookup_key)
        standing = await billing.overview.billing(principal.workspace_id)
        return ChangedOut(effective=when.value, billing=standing)

    @post(
        "/subscription/preview",
        summary="Preview a change of tier",
        status_code=200,
        **needs("admin"),
    )
    async def preview(
        self,
        data: JSONBody[ChangeRequest],
        principal: NamedDependency[Principal],
        billing: NamedDependency[Billing],
    ) -> PreviewOut:
        """What it would cost now and later, and what would be over the new tier's limits."""
        found = await billing.previews.of(principal.workspace_id, data.lookup_key)
        return billing.overview.preview(found)

    @post("/subscription/cancel", summary="Cancel", status_code=200, **needs("admin"))
    async def cancel(
        self, principal: NamedDependency[Principal], billing: NamedDependency[Billing]
    ) -> BillingOut:
        """It ends with the paid period; until then everything stays, and it can be resumed."""
        await billing.changes.cancel(principal.workspace_id)
        return await billing.overview.billing(principal.workspace_id)

    @post("/subscription/resume", summary="Take a change back", status_code=200, **needs("admin"))
    async def resume(
        self, principal: NamedDependency[Principal], billing: NamedDependency[Billing]
    ) -> BillingOut:
        """Take back a cancellation or a planned downgrade."""
        await billing.changes.resume(principal.workspace_id)
        return await billing.overview.billing(principal.workspace_id)

    @get("/usage", summary="Uploads used this period")
    async def usage(
        self, principal: NamedDependency[Principal], billing: NamedDependency[Billing]
    ) -> UsageOut:
        """Used, on their way, left, and when the count starts again."""
        return await billing.overview.usage(principal.workspace_id)

    @get("/invoices", summary="Invoices", **needs("admin"))
    async def invoices(
        self,
        principal: NamedDependency[Principal],
        billing: NamedDependency[Billing],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[InvoiceOut]:
        """Newest first."""
        rows = await billing.overview.invoices(principal.workspace_id, limit + 1, by_time(cursor))
        return page(rows, limit, lambda row: (row.created_at, row.id))

    @get("/notes", summary="Refunds and disputes", **needs("admin"))
    async def notes(
        self,
        principal: NamedDependency[Principal],
        billing: NamedDependency[Billing],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[MoneyNoteOut]:
        """Newest first, each with its latest status."""
        rows = await billing.overview.notes(principal.workspace_id, limit + 1, by_time(cursor))
        return page(rows, limit, lambda row: (row.created_at, row.id))

    @post(
        "/webhook",
        summary="Stripe's events",
        status_code=200,
        **public("Stripe signs what it sends", limit=None),
    )
    async def webhook(
        self, request: Request[Any, Any, Any], billing: NamedDependency[Billing]
    ) -> EventReceived:
        """Verify the raw bytes, record, answer; 404 where no webhook secret is set."""
        signature = request.headers.get("stripe-signature", "")
        await billing.webhook.receive(await request.body(), signature)
        return EventReceived()
