"""/api/auth: register, sign in and out, refresh."""

from typing import Any

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from uploadm8.api.addresses import limit_key
from uploadm8.api.guards import given, needs, public
from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.cookies import cleared_cookie, refresh_cookie, token_from_cookie
from uploadm8.domain.accounts.schemas import (
    CheckMail,
    CodeSignIn,
    Credentials,
    RefreshRequest,
    Registration,
    SignedIn,
    Tokens,
    Transport,
    UserView,
)
from uploadm8.domain.accounts.service import Accounts
from uploadm8.domain.accounts.sessions import Client, Pair
from uploadm8.errors import InvalidRequestError


def provide_client(request: Request[Any, Any, Any]) -> Client:
    """Where the request comes from."""
    address = request.scope["state"]["address"]
    agent = request.headers.get("user-agent", "")
    return Client(address=address, network=limit_key(address), user_agent=agent)


class AuthController(Controller):
    """Sign up, in and out."""

    path = "/api/auth"
    tags = ["Authentication"]
    dependencies = {"accounts": given("accounts")}

    @post(
        "/register",
        summary="Register",
        **public("a new user has no credential"),
    )
    async def register(
        self,
        data: JSONBody[Registration],
        accounts: NamedDependency[Accounts],
        client: NamedDependency[Client],
    ) -> Response[SignedIn | CheckMail]:
        """Make an account with its own workspace.

        201 signs in at once. When addresses must be verified first the answer is 202, alike for
        new and for known addresses.
        """
        made = await accounts.register(data, client)
        if made is None:
            return Response(CheckMail(), status_code=202)
        return signed_in(accounts, *made, data.transport, status_code=201)

    @post(
        "/login",
        status_code=200,
        summary="Sign in",
        **public("the credentials are in the body"),
    )
    async def log_in(
        self,
        data: JSONBody[Credentials],
        accounts: NamedDependency[Accounts],
        client: NamedDependency[Client],
    ) -> Response[SignedIn]:
        """Exchange address and password for tokens."""
        user, pair = await accounts.log_in(data, client)
        return signed_in(accounts, user, pair, data.transport)

    @post(
        "/login/code",
        status_code=200,
        summary="Sign in, second step",
        **public("the challenge and the code are in the body"),
    )
    async def log_in_with_code(
        self,
        data: JSONBody[CodeSignIn],
        accounts: NamedDependency[Accounts],
        client: NamedDependency[Client],
    ) -> Response[SignedIn]:
        """Finish signing in with a code of the authenticator app, or a recovery code."""
        user, pair = await accounts.log_in_with_code(data.challenge, data.code, client)
        return signed_in(accounts, user, pair, data.transport)

    @post(
        "/refresh",
        status_code=200,
        summary="Refresh the tokens",
        **public("the refresh token is the credential"),
    )
    async def refresh(
        self,
        request: Request[Any, Any, Any],
        accounts: NamedDependency[Accounts],
        client: NamedDependency[Client],
        data: JSONBody[RefreshRequest | None] = None,
    ) -> Response[Tokens]:
        """Exchange the refresh token for the next pair; each works once (and 10 s of grace)."""
        token, transport = _refresh_token(request, data)
        pair = await accounts.sessions.refresh(token, client)
        body = Tokens(pair.access, _in_body(pair, transport), pair.expires_in)
        return Response(body, status_code=200, cookies=_cookies(accounts, pair, transport))

    @post(
        "/logout",
        status_code=204,
        summary="Sign out",
        **public("the refresh token is the credential"),
    )
    async def log_out(
        self,
        request: Request[Any, Any, Any],
        accounts: NamedDependency[Accounts],
        data: JSONBody[RefreshRequest | None] = None,
    ) -> Response[None]:
        """End the session of the refresh token; its access tokens stop working at once."""
        token, transport = _refresh_token(request, data)
        await accounts.sessions.revoke_token(token)
        cookies = [cleared_cookie()] if transport == "cookie" else []
        return Response(None, status_code=204, cookies=cookies)

    @post(
        "/logout-all",
        status_code=204,
        summary="Sign out everywhere",
        **needs(session=True),
    )
    async def log_out_all(
        self, principal: NamedDependency[Principal], accounts: NamedDependency[Accounts]
    ) -> None:
        """End every session of the caller, this one included."""
        await accounts.sessions.revoke_all(principal.user_id, "logout_all")


def _refresh_token(
    request: Request[Any, Any, Any], data: RefreshRequest | None
) -> tuple[str, Transport]:
    if data is not None and data.refresh_token is not None:
        return data.refresh_token, "body"
    token = token_from_cookie(request, request.app.state.services.config.origins)
    if token is None:
        raise InvalidRequestError("Send refresh_token in the body.", code="refresh_token_missing")
    return token, "cookie"


def signed_in(
    accounts: Accounts, user: UserView, pair: Pair, transport: Transport, status_code: int = 200
) -> Response[Any]:
    """The answer to someone who has signed in, with the refresh token where it was asked for."""
    body = SignedIn(pair.access, _in_body(pair, transport), pair.expires_in, user)
    cookies = _cookies(accounts, pair, transport)
    return Response(body, status_code=status_code, cookies=cookies)


def _in_body(pair: Pair, transport: Transport) -> str | None:
    return pair.refresh if transport == "body" else None


def _cookies(accounts: Accounts, pair: Pair, transport: Transport) -> list[Any]:
    if transport == "body":
        return []
    return [refresh_cookie(pair, accounts.sessions.idle_days)]
