"""The door of /api/admin: an admin's session, or the admin key of a script."""

import hashlib
import hmac
from typing import Any, Protocol

from litestar.handlers import BaseRouteHandler

from uploadm8.api.guards import Connection, Principals, public
from uploadm8.api.limits import Limits
from uploadm8.errors import ForbiddenError, UnauthenticatedError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.origin import Actor, identify
from uploadm8.infra.audit.record import record
from uploadm8.infra.audit.tables import ActorKind
from uploadm8.infra.db.transaction import transaction

HEADER = "x-admin-key"


class AdminKeys(Protocol):
    """What the guard needs of the services."""

    admin_key: str
    admins_need_two_step: bool
    principals: Principals
    limits: Limits


def admin_route(**opt: Any) -> dict[str, Any]:
    """Handler arguments of an admin route: `admin_only` stands at its door instead of the usual.

    ``person=True`` refuses the admin key; ``fresh_s=300`` wants the password given that recently.
    """
    return public("admin_only is its guard", admin=True, **opt)


def key_matches(given: str, expected: str) -> bool:
    """Compare in constant time, whatever the lengths; an unset key matches nothing."""
    digests = [hashlib.sha256(text.encode()).digest() for text in (given, expected)]
    return bool(expected) and hmac.compare_digest(*digests)


async def check_admin_key(connection: Connection) -> None:
    """Let the holder of ADMIN_API_KEY pass, ten times a minute per address, right or wrong.

    Raises:
        TooManyRequestsError: with Retry-After.
        UnauthenticatedError: code ``invalid_admin_key``.
    """
    services: AdminKeys = connection.app.state.services
    await services.limits.admin_key(connection.scope["state"]["address"])
    if not key_matches(connection.headers.get(HEADER, ""), services.admin_key):
        await services.limits.bad_token(connection.scope["state"]["address"])
        raise UnauthenticatedError("The admin key is wrong.", code="invalid_admin_key")


async def admin_only(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let admins and holders of ADMIN_API_KEY in, and record what they look at."""
    if connection.headers.get(HEADER) is not None:
        await check_admin_key(connection)
        if handler.opt.get("person"):
            raise ForbiddenError(
                "The admin key cannot do this.",
                code="person_required",
                action="Sign in as an administrator.",
            )
        identify(Actor(ActorKind.ADMIN_KEY))
    else:
        await _admin_session(connection, handler.opt)
    if connection.scope.get("method") == "GET":  # acts are recorded by whoever does them
        async with transaction():
            await record(
                Action.ADMIN_READ,
                workspace_id=None,
                subject=("route", connection.scope["path_template"]),
            )


async def _admin_session(connection: Connection, opt: dict[str, Any]) -> None:
    services: AdminKeys = connection.app.state.services
    scheme, _sep, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError(action="Sign in as an admin, or send X-Admin-Key.")
    principal = await services.principals.of_bearer(token.strip(), None)
    if not principal.is_admin or principal.session_id is None or principal.support is not None:
        raise ForbiddenError("This is for administrators.", code="admin_required")
    if services.admins_need_two_step and not principal.has_two_step:
        raise ForbiddenError(
            "Administrators need a second factor.",
            code="two_step_required",
            action="Turn it on with POST /api/auth/two-step, and sign in again.",
        )
    if opt.get("fresh_s") is not None:
        principal.require_fresh(opt["fresh_s"])
    connection.scope["state"]["principal"] = principal
    identify(Actor(ActorKind.ADMIN, principal.user_id))
