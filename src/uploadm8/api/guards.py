"""The order at the door: who are you, may your key do this, may your role, how often."""

from typing import Any, Protocol
from uuid import UUID

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

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
    support: bool = True,
    fresh_s: int | None = None,
    scope: str = "",
    **opt: Any,
) -> dict[str, Any]:
    """Handler arguments that change the defaults of the `Door`.

    Args:
        role: lowest role in the workspace (default: viewer to read, editor to change).
        session: API keys are refused, and so is support in a user's place.
        support: whether the latter may at all, as far as it may read or write.
        fresh_s: the password (or second factor) must have been given this recently.
        scope: what an API key must hold, instead of ``<first path segment>:read|write``;
            ANY_SCOPE asks for none.
        opt: ``limit="10/minute"`` beside the general limit, and the like.
    """
    named = {"role": role, "session": session, "support": support}
    return {"opt": {**named, "fresh_s": fresh_s, "scope": scope, **opt}}


class Door:
    """The middleware of every route: nobody gets to a handler, or has a body read, without it.

    A middleware and not one of Litestar's guards, which get a copy of the route's handler on every
    request: copying alone cost more than all that is done here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _admit(scope, scope["route_handler"].opt)
        await self._app(scope, receive, send)


async def _admit(scope: Any, opt: dict[str, Any]) -> None:
    """Find the principal, count the request, check role and scope."""
    method: str = scope["method"]
    if method == "OPTIONS":
        return
    services = scope["litestar_app"].state.services
    limits: Limits = services.limits
    if "public" in opt:
        await limits.check(scope, None, opt)
        return
    principal = await _principal(scope, services.principals, limits)
    scope["state"]["principal"] = principal
    origin.identify(principal.actor)
    await limits.check(scope, principal, opt)
    _check_support(principal, method, opt)
    if principal.session_id is None:
        _check_key(principal, scope["path"], method, opt)
    role = opt.get("role") or ("viewer" if method in _SAFE else "editor")
    principal.require(role)
    await _require_seat(services.seats, principal, role)
    if opt.get("fresh_s") is not None:
        principal.require_fresh(opt["fresh_s"])


async def _require_seat(seats: Seats, principal: Principal, role: str) -> None:
    """Whoever has no seat reads like a viewer; an owner, who can put it right, always acts."""
    if principal.place == 0 or role == "viewer" or principal.role == "owner":
        return
    await seats.require_seat(principal.workspace_id, principal.place)


async def _principal(scope: Any, principals: Principals, limits: Limits) -> Principal:
    try:
        return await principals.of_bearer(_bearer(scope), _workspace(scope))
    except UnauthenticatedError:
        await limits.bad_token(scope["state"]["address"])
        raise


def _check_support(principal: Principal, method: str, opt: dict[str, Any]) -> None:
    """Support sees what the user sees; it never touches credentials, and changes only by leave."""
    if principal.support is None:
        return
    if opt.get("session") or not opt.get("support", True):
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


def header(scope: Any, name: bytes) -> str | None:
    """The first header of that name (in lower case), without building a collection of all."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None


def _bearer(scope: Any) -> str:
    scheme, _, token = (header(scope, b"authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError(action="Sign in, and send Authorization: Bearer <token>.")
    return token.strip()


def _workspace(scope: Any) -> UUID | None:
    given = header(scope, b"x-workspace-id")
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
