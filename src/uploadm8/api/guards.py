"""The order at the door: who are you, may your key do this, may your role, how often."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import UUID

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from uploadm8.api.limits import Limits
from uploadm8.api.principal import Principal
from uploadm8.errors import ForbiddenError, InvalidRequestError, UnauthenticatedError
from uploadm8.infra.audit import origin

Connection = ASGIConnection[Any, Any, Any, Any]
ANY_SCOPE = "any"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Seats(Protocol):
    """What a workspace's tier says about its people."""

    async def require_seat(self, workspace_id: UUID, place: int) -> None:
        """Refuse a member who has no seat (after a downgrade)."""


class Principals(Protocol):
    """Turns credentials into a principal."""

    async def of_bearer(self, token: str, workspace: UUID | None) -> Principal:
        """The caller behind an access token or API key."""


def public(reason: str, **opt: Any) -> dict[str, Any]:
    """Handler arguments of a route that needs no credential; the reason is listed by a test.

    ``opt`` may hold a ``limit`` of its own. ``security=[{}]`` and not ``[]``, which Litestar drops.
    """
    return {"opt": {"public": reason, **opt}, "security": [{}]}


def needs(
    role: str = "viewer",
    *,
    session: bool = False,
    fresh_s: int | None = None,
    scope: str = "",
    **opt: Any,
) -> dict[str, Any]:
    """Handler arguments that change the defaults of `authenticate`.

    Args:
        role: lowest role in the workspace (default: viewer to read, editor to change).
        session: API keys are refused.
        fresh_s: the password (or second factor) must have been given this recently.
        scope: what an API key must hold, instead of ``<first path segment>:read|write``;
            ANY_SCOPE asks for none.
        opt: ``limit="10/minute"`` beside the general limit, and the like.
    """
    return {"opt": {"role": role, "session": session, "fresh_s": fresh_s, "scope": scope, **opt}}


async def authenticate(connection: Connection, handler: BaseRouteHandler) -> None:
    """App-wide guard: find the principal, count the request, check role and scope.

    It runs before the body is read, so an anonymous caller never learns what the body should be.
    """
    method = str(connection.scope.get("method", "GET"))
    opt = handler.opt
    if method == "OPTIONS":
        return
    limits: Limits = connection.app.state.services.limits
    if "public" in opt:
        await limits.check(connection, None, opt)
        return
    principal = await _principal(connection, limits)
    connection.scope["state"]["principal"] = principal
    origin.identify(principal.actor)
    await limits.check(connection, principal, opt)
    _check_support(principal, method, opt)
    if principal.session_id is None:
        _check_key(principal, connection.scope["path"], method, opt)
    role = opt.get("role") or ("viewer" if method in _SAFE else "editor")
    principal.require(role)
    await _require_seat(connection, principal, role)
    if opt.get("fresh_s") is not None:
        principal.require_fresh(opt["fresh_s"])


async def _require_seat(connection: Connection, principal: Principal, role: str) -> None:
    """Whoever has no seat reads like a viewer; an owner, who can put it right, always acts."""
    if principal.place == 0 or role == "viewer" or principal.role == "owner":
        return
    seats: Seats = connection.app.state.services.seats
    await seats.require_seat(principal.workspace_id, principal.place)


async def _principal(connection: Connection, limits: Limits) -> Principal:
    principals: Principals = connection.app.state.services.principals
    try:
        return await principals.of_bearer(_bearer(connection), _workspace(connection))
    except UnauthenticatedError:
        await limits.bad_token(connection.scope["state"]["address"])
        raise


def _check_support(principal: Principal, method: str, opt: dict[str, Any]) -> None:
    """Support sees what the user sees; it never touches credentials, and changes only by leave."""
    if principal.support is None:
        return
    if opt.get("session"):
        raise ForbiddenError(
            "Only the user may do this, not support in the user's place.",
            code="not_for_support",
        )
    if method not in _SAFE and not principal.support.writes:
        raise ForbiddenError(
            "This access is for looking only.",
            code="support_is_read_only",
            action="Ask for access with changes, and say why.",
        )


def _check_key(principal: Principal, path: str, method: str, opt: dict[str, Any]) -> None:
    if opt.get("session"):
        raise ForbiddenError(
            "An API key cannot do this.",
            code="session_required",
            action="Sign in and use the access token.",
        )
    if opt.get("scope") == ANY_SCOPE:
        return
    verb = "read" if method in _SAFE else "write"
    principal.require_scope(opt.get("scope") or f"{subject_of(path)}:{verb}")


def subject_of(path: str) -> str:
    """The subject in a path: ``/api/uploads/...`` is about uploads."""
    words = [word for word in path.split("/") if word]
    return words[1] if len(words) > 1 and words[0] == "api" else (words or ["root"])[0]


def _bearer(connection: Connection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError(action="Sign in, and send Authorization: Bearer <token>.")
    return token.strip()


def _workspace(connection: Connection) -> UUID | None:
    given = connection.headers.get("x-workspace-id")
    if given is None:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise InvalidRequestError(
            "X-Workspace-Id is not an id.", code="invalid_workspace"
        ) from None


def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    """The dependency ``principal`` of every controller."""
    principal: Principal = request.scope["state"]["principal"]
    return principal


def given(name: str) -> Provide:
    """A dependency on a service, by its field of Services.

    A controller says ``dependencies = {"uploads": given("uploads")}``.
    """

    def provide(state: State) -> Any:
        return getattr(state.services, name)

    return Provide(provide, sync_to_thread=False)


def without_tasks(app: Litestar) -> Litestar:
    """Let an application get its dependencies one after the other.

    Litestar starts a task for each of them. Ours only look something up, and three tasks cost
    more than the rest of the framework.
    """
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                model.dependency_batches = [
                    {one} for batch in model.dependency_batches for one in batch
                ]
    return app


Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
