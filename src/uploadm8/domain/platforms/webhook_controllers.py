"""/api/webhooks: where TikTok and Meta call us."""

from typing import Any
from urllib.parse import parse_qs

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from uploadm8.api.guards import given, public
from uploadm8.domain.platforms.schemas import DeletionAccepted, DeletionStatus, Received
from uploadm8.domain.platforms.service import Platforms
from uploadm8.errors import InvalidRequestError

_SIGNED = public("signed by the platform over the raw body")


class PlatformWebhooksController(Controller):
    """Signed callbacks of the platforms."""

    path = "/api/webhooks"
    tags = ["Platforms"]
    dependencies = {"platforms": given("platforms")}

    @post("/tiktok", status_code=200, summary="TikTok's webhook", **_SIGNED)
    async def tiktok(
        self, request: Request[Any, Any, Any], platforms: NamedDependency[Platforms]
    ) -> Received:
        """Makes us look at the account's posts, or park it when the access was removed."""
        header = request.headers.get("tiktok-signature", "")
        await platforms.signals.from_tiktok(header, await request.body())
        return Received(received=True)

    @get(
        "/meta",
        media_type="text/plain",
        summary="Meta's subscription request",
        **public("the verify token that we told Meta"),
    )
    async def subscribe(
        self, request: Request[Any, Any, Any], platforms: NamedDependency[Platforms]
    ) -> str:
        """Repeats `hub.challenge` when `hub.verify_token` is ours."""
        query = request.query_params
        return platforms.signals.challenge(
            query.get("hub.mode", ""),
            query.get("hub.verify_token", ""),
            query.get("hub.challenge", ""),
        )

    @post("/meta", status_code=200, summary="Meta's webhook", **_SIGNED)
    async def meta(
        self, request: Request[Any, Any, Any], platforms: NamedDependency[Platforms]
    ) -> Received:
        """Makes us look at a page's or Instagram account's posts, or at a person's permissions."""
        header = request.headers.get("x-hub-signature-256", "")
        await platforms.signals.from_meta(header, await request.body())
        return Received(received=True)

    @post("/meta/deauthorize", status_code=200, summary="Meta's deauthorize callback", **_SIGNED)
    async def deauthorize(
        self, request: Request[Any, Any, Any], platforms: NamedDependency[Platforms]
    ) -> Received:
        """A person removed our app on Facebook: their accounts must be reconnected."""
        await platforms.signals.meta_deauthorized(await _signed_request(request))
        return Received(received=True)

    @post(
        "/meta/data-deletion", status_code=200, summary="Meta's data deletion callback", **_SIGNED
    )
    async def delete_data(
        self, request: Request[Any, Any, Any], platforms: NamedDependency[Platforms]
    ) -> DeletionAccepted:
        """Erases what we hold of a person from Meta, and says where to look that up."""
        code = await platforms.signals.meta_delete(await _signed_request(request))
        base = platforms.flows.base_url.rstrip("/")
        return DeletionAccepted(
            url=f"{base}/api/webhooks/meta/data-deletion/{code}", confirmation_code=code
        )

    @get(
        "/meta/data-deletion/{code:str}",
        summary="Status of a data deletion",
        **public("the unguessable code given to the person"),
    )
    async def deletion_status(
        self, code: FromPath[str], platforms: NamedDependency[Platforms]
    ) -> DeletionStatus:
        """Whether the deletion with this code is complete."""
        platforms.signals.deletion_done(code)
        return DeletionStatus(confirmation_code=code, status="complete")


async def _signed_request(request: Request[Any, Any, Any]) -> str:
    try:
        form = parse_qs((await request.body()).decode("ascii"), max_num_fields=10)
    except ValueError as error:
        raise InvalidRequestError("The body is not a form.") from error
    return form.get("signed_request", [""])[0]
