"""/api/platforms and /oauth/{platform}: connect, look at and disconnect accounts."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect

from uploadm8.api.guards import given, needs, public
from uploadm8.api.principal import Principal
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.flows import Callback, Started
from uploadm8.domain.platforms.limits import limits_out
from uploadm8.domain.platforms.schemas import (
    AccountOut,
    AuthorizeOut,
    Choose,
    Connected,
    LimitsOut,
    PlatformsOut,
)
from uploadm8.domain.platforms.service import Platforms
from uploadm8.domain.platforms.views import account_out
from uploadm8.errors import NotFoundError

STATE_COOKIE = "um8_oauth_state"


class PlatformsController(Controller):
    """Connected accounts."""

    path = "/api/platforms"
    tags = ["Platforms"]
    dependencies = {"platforms": given("platforms")}

    @get("/", summary="List platforms and connected accounts")
    async def overview(
        self, principal: NamedDependency[Principal], platforms: NamedDependency[Platforms]
    ) -> PlatformsOut:
        """Every platform, its connected accounts, and sign-ins that wait for a choice."""
        return await platforms.views.overview(principal.workspace_id)

    @get("/accounts/{account_id:uuid}", summary="Show a connected account")
    async def show(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        platforms: NamedDependency[Platforms],
    ) -> AccountOut:
        """State, permissions and warnings of one account."""
        return account_out(await platforms.accounts.one(principal.workspace_id, account_id))

    @get(
        "/accounts/{account_id:uuid}/limits",
        summary="Ask a platform what an account may post now",
    )
    async def limits(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        platforms: NamedDependency[Platforms],
    ) -> LimitsOut:
        """Asked live: privacy values on offer, longest video, posts left. Ask before a form."""
        row = await platforms.accounts.one(principal.workspace_id, account_id)
        return limits_out(await platforms.limits.of(account_id, Platform(row["platform"])))

    @delete(
        "/accounts/{account_id:uuid}",
        status_code=204,
        summary="Disconnect an account",
        **needs("admin", scope="platforms:write"),
    )
    async def disconnect(
        self,
        account_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        platforms: NamedDependency[Platforms],
    ) -> None:
        """It is not used from now on; the access is given back to the platform right after."""
        await platforms.accounts.disconnect(principal.workspace_id, account_id)

    @post(
        "/choices/{choice_id:uuid}",
        status_code=201,
        summary="Choose among the accounts a sign-in found",
        **needs("admin", scope="platforms:write"),
    )
    async def choose(
        self,
        choice_id: FromPath[UUID],
        data: JSONBody[Choose],
        principal: NamedDependency[Principal],
        platforms: NamedDependency[Platforms],
    ) -> Connected:
        """Connect the picked pages or Instagram accounts; a choice can be made once."""
        ids = await platforms.flows.choose(principal.workspace_id, choice_id, data.external_ids)
        return Connected(account_ids=ids)


class OAuthController(Controller):
    """The way to a platform's consent screen and back."""

    path = "/oauth/{platform:str}"
    tags = ["Platforms"]
    dependencies = {"platforms": given("platforms")}

    @get(
        "/start",
        summary="Start to connect an account",
        **needs("admin", session=True),
    )
    async def start(
        self,
        platform: FromPath[str],
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        platforms: NamedDependency[Platforms],
        reconnect: FromQuery[UUID | None] = None,
    ) -> Response[Any]:
        """Returns the address of the consent screen; browsers that navigate here are sent there.

        The browser that goes there must be the one that called this: it gets a cookie.
        """
        started = await platforms.flows.start(
            principal.workspace_id, principal.user_id, _platform(platform), reconnect=reconnect
        )
        cookie = _cookie(started, secure=platforms.flows.base_url.startswith("https://"))
        if "text/html" in request.headers.get("accept", ""):
            return Redirect(started.authorize_url, status_code=302, cookies=[cookie])
        answer = AuthorizeOut(authorize_url=started.authorize_url, expires_at=started.expires_at)
        return Response(answer, cookies=[cookie], headers={"Cache-Control": "no-store"})

    @get(
        "/callback",
        status_code=302,
        summary="Where a platform sends the browser back to",
        **public("the platform's redirect; a one-use state stands in for a credential"),
    )
    async def callback(
        self,
        platform: FromPath[str],
        request: Request[Any, Any, Any],
        platforms: NamedDependency[Platforms],
    ) -> Redirect:
        """Redirects to the front end with `?connected=<platform>` or `?error=<code>`."""
        # By hand, since a parameter named `state` is Litestar's application state.
        query = request.query_params
        target = await platforms.flows.finish(
            _platform(platform),
            Callback(
                state=query.get("state"),
                code=query.get("code"),
                error=query.get("error"),
                cookie=request.cookies.get(STATE_COOKIE),
            ),
        )
        gone = Cookie(STATE_COOKIE, value="", max_age=0, path="/oauth", httponly=True)
        return Redirect(
            target,
            status_code=302,
            cookies=[gone],
            headers={"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"},
        )


def _platform(name: str) -> Platform:
    try:
        return Platform(name)
    except ValueError:
        raise NotFoundError(
            f"There is no platform {name[:40]!r}.",
            code="unknown_platform",
            action=f"Choose among {', '.join(Platform)}.",
        ) from None


def _cookie(started: Started, *, secure: bool) -> Cookie:
    # Lax, not Strict: the platform's redirect is a navigation from another site.
    return Cookie(
        STATE_COOKIE,
        value=started.state,
        max_age=600,
        path="/oauth",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
