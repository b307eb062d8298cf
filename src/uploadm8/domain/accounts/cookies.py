"""The refresh token as a browser cookie, and what guards it against other sites."""

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from uploadm8.domain.accounts.sessions import Pair
from uploadm8.errors import ForbiddenError

# The __Host- prefix makes browsers insist on Secure, Path=/ and no Domain, so that a sibling
# subdomain can neither read nor plant it.
NAME = "__Host-um8_rt"
_CSRF_HEADER = "x-um8-csrf"


def refresh_cookie(pair: Pair, days: int) -> Cookie:
    """The cookie that carries a new refresh token."""
    return _cookie(pair.refresh, days * 86_400)


def cleared_cookie() -> Cookie:
    """The cookie that ends it."""
    return _cookie("", 0)


def _cookie(value: str, max_age: int) -> Cookie:
    return Cookie(
        NAME, value=value, max_age=max_age, path="/", secure=True, httponly=True, samesite="strict"
    )


def token_from_cookie(request: Request[Any, Any, Any], origins: tuple[str, ...]) -> str | None:
    """The refresh token in the cookie, if any.

    Raises:
        ForbiddenError: there is one, but the request may have been made by another site.
    """
    token = request.cookies.get(NAME)
    if not token:
        return None
    if request.headers.get("origin") not in origins or request.headers.get(_CSRF_HEADER) != "1":
        raise ForbiddenError(
            "This request did not come from the front end.",
            code="csrf",
            action="Send Origin and X-UM8-CSRF: 1 from an allowed origin.",
        )
    return token
