"""The door of /api/admin: an admin's session, or the admin key of a script."""

import hashlib
import hmac
from typing import Any, Protocol

from litestar.handlers import BaseRouteHandler

from uploadm8.api.guards import Connection, Principals, public
from uploadm8.api.limits import Limits
from uploadm8.errors import ForbiddenError, UnauthenticatedError
from uploadm8.infra.audit.origin import Actor, identify
from uploadm8.infra.audit.tables import ActorKind

HEADER = "x-admin-key"


class AdminKeys(Protocol):
    """What the guard needs of the services."""

    admin_key: str
    principals: Principals
    limits: Limits


def admin_route(**opt: Any) -> dict[str, Any]:
    """Handler arguments of an admin route: `admin_only` stands at its door instead of the usual."""
    return public("admin_only is its guard", admin=True, **opt)


def key_matches(given: str, expected: str) -> bool:
    """Compare in constant time, whatever the lengths; an unset key matches nothing."""
    digests = [hashlib.sha256(text.encode()).digest() for text in (given, expected)]
    return bool(expected) and hmac.compare_digest(*digests)


async def admin_only(connection: Connection, _: BaseRouteHandler) -> None:
    """Let admins and holders of ADMIN_API_KEY in; `scope["state"]["actor"]` tells the audit who."""
    services: AdminKeys = connection.app.state.services
    given = connection.headers.get(HEADER)
    if given is not None:
        if not key_matches(given, services.admin_key):
            await services.limits.bad_token(connection.scope["state"]["address"])
            raise UnauthenticatedError("The admin key is wrong.", code="invalid_admin_key")
        connection.scope["state"]["actor"] = "apikey"
        identify(Actor(ActorKind.ADMIN_KEY))
        return
    scheme, _sep, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError(action="Sign in as an admin, or send X-Admin-Key.")
    principal = await services.principals.of_bearer(token.strip(), None)
    if not principal.is_admin or principal.session_id is None:
        raise ForbiddenError("This is for administrators.", code="admin_required")
    connection.scope["state"]["principal"] = principal
    connection.scope["state"]["actor"] = str(principal.user_id)
    identify(Actor(ActorKind.ADMIN, principal.user_id))
