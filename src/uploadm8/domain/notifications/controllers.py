"""/api/webhooks: endpoints, their secrets, and the log of what was delivered."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from uploadm8.api.guards import given, needs
from uploadm8.api.pages import Cursor, Limit, Page, by_id, page
from uploadm8.api.principal import Principal
from uploadm8.domain.notifications.deliveries import Deliveries
from uploadm8.domain.notifications.endpoints import Endpoints
from uploadm8.domain.notifications.schemas import (
    DeliveryDetail,
    DeliveryView,
    EndpointChange,
    EndpointList,
    EndpointSecret,
    EndpointView,
    NewEndpoint,
)
from uploadm8.domain.notifications.tables import DeliveryState


class WebhooksController(Controller):
    """Signed calls of your own servers."""

    path = "/api/webhooks"
    tags = ["Webhooks"]
    dependencies = {
        "endpoints": given("webhook_endpoints"),
        "deliveries": given("webhook_deliveries"),
    }

    @get("/", summary="List webhook endpoints", **needs("admin"))
    async def listing(
        self, principal: NamedDependency[Principal], endpoints: NamedDependency[Endpoints]
    ) -> EndpointList:
        """Every one, oldest first, without secrets."""
        return EndpointList(await endpoints.list(principal.workspace_id))

    @post("/", summary="Add a webhook endpoint", **needs("admin"))
    async def create(
        self,
        data: JSONBody[NewEndpoint],
        principal: NamedDependency[Principal],
        endpoints: NamedDependency[Endpoints],
    ) -> EndpointSecret:
        """Signed by Standard Webhooks; the secret is in this answer only (Studio and up)."""
        endpoint, secret = await endpoints.create(principal.workspace_id, data)
        return EndpointSecret(endpoint=endpoint, secret=secret)

    @get("/{endpoint_id:uuid}", summary="Show a webhook endpoint", **needs("admin"))
    async def show(
        self,
        endpoint_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        endpoints: NamedDependency[Endpoints],
    ) -> EndpointView:
        """Whether it works, and since when it does not."""
        return await endpoints.get(principal.workspace_id, endpoint_id)

    @patch("/{endpoint_id:uuid}", summary="Change a webhook endpoint", **needs("admin"))
    async def change(
        self,
        endpoint_id: FromPath[UUID],
        data: JSONBody[EndpointChange],
        principal: NamedDependency[Principal],
        endpoints: NamedDependency[Endpoints],
    ) -> EndpointView:
        """Its address, its kinds; stop it or start it again."""
        return await endpoints.change(principal.workspace_id, endpoint_id, data)

    @delete("/{endpoint_id:uuid}", summary="Remove a webhook endpoint", **needs("admin"))
    async def remove(
        self,
        endpoint_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        endpoints: NamedDependency[Endpoints],
    ) -> None:
        """With its log of deliveries."""
        await endpoints.remove(principal.workspace_id, endpoint_id)

    @post(
        "/{endpoint_id:uuid}/secret",
        status_code=200,
        summary="Renew a webhook's secret",
        **needs("admin"),
    )
    async def renew_secret(
        self,
        endpoint_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        endpoints: NamedDependency[Endpoints],
    ) -> EndpointSecret:
        """For 24 hours deliveries carry a signature by the old secret too."""
        endpoint, secret = await endpoints.renew_secret(principal.workspace_id, endpoint_id)
        return EndpointSecret(endpoint=endpoint, secret=secret)

    @post("/{endpoint_id:uuid}/test", status_code=202, summary="Test a webhook", **needs("admin"))
    async def test(
        self,
        endpoint_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        deliveries: NamedDependency[Deliveries],
    ) -> DeliveryDetail:
        """Sends an event of the type `webhook.test`."""
        return await deliveries.test(principal.workspace_id, endpoint_id)

    @get("/deliveries", summary="List webhook deliveries", **needs("admin"))
    async def log(
        self,
        principal: NamedDependency[Principal],
        deliveries: NamedDependency[Deliveries],
        limit: Limit = 20,
        cursor: Cursor = None,
        endpoint_id: FromQuery[UUID | None] = None,
        in_state: Annotated[DeliveryState | None, QueryParameter(name="state")] = None,
    ) -> Page[DeliveryView]:
        """Newest first, with every try."""
        rows = await deliveries.list(
            principal.workspace_id,
            limit + 1,
            by_id(cursor),
            endpoint_id=endpoint_id,
            state=in_state,
        )
        return page(rows, limit, lambda row: (row.id,))

    @get("/deliveries/{delivery_id:uuid}", summary="Show a webhook delivery", **needs("admin"))
    async def delivery(
        self,
        delivery_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        deliveries: NamedDependency[Deliveries],
    ) -> DeliveryDetail:
        """With the body that is sent."""
        return await deliveries.get(principal.workspace_id, delivery_id)

    @post(
        "/deliveries/{delivery_id:uuid}/replay",
        status_code=202,
        summary="Send a webhook again",
        **needs("admin"),
    )
    async def replay(
        self,
        delivery_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        deliveries: NamedDependency[Deliveries],
    ) -> DeliveryDetail:
        """The same event with the same id, as a delivery of its own."""
        return await deliveries.replay(principal.workspace_id, delivery_id)
