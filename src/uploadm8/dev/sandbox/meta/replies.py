"""The Graph API's error envelope and its common refusals."""

import secrets
from collections.abc import Mapping
from typing import Any

from uploadm8.dev.sandbox.kit.wire import Call, RefusedError, Reply, json_reply


def failure(
    code: int,
    message: str,
    subcode: int | None = None,
    *,
    status: int = 400,
    kind: str = "OAuthException",
    transient: bool = False,
    data: Mapping[str, Any] | None = None,
) -> Reply:
    """A failure in the Graph envelope."""
    error: dict[str, Any] = {
        "message": message,
        "type": kind,
        "code": code,
        "is_transient": transient,
        "fbtrace_id": f"A{secrets.token_urlsafe(8)}",
    }
    if subcode is not None:
        error |= {"error_subcode": subcode, "error_user_title": message, "error_user_msg": message}
    if data:
        error["error_data"] = dict(data)
    return json_reply({"error": error}, status)


def refuse(code: int, message: str, subcode: int | None = None, **options: Any) -> RefusedError:
    """The exception that answers with `failure`."""
    return RefusedError(failure(code, message, subcode, **options))


def missing_object(name: str) -> RefusedError:
    """What Graph says about an id that does not exist or that this token may not see."""
    message = (
        f"Unsupported request. Object with ID '{name}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation"
    )
    return refuse(100, message, 33, kind="GraphMethodException")


def invalid(message: str) -> RefusedError:
    """Code 100: an invalid parameter."""
    return refuse(100, f"(#100) {message}")


def rupload_failure(kind: str, message: str, status: int, *, retriable: bool) -> Reply:
    """A failure of the host that takes bytes, which has a shape of its own."""
    info = {"retriable": retriable, "type": kind, "message": message}
    return json_reply({"debug_info": info}, status)


CANNED = {
    "429": failure(4, "(#4) Application request limit reached", status=429, transient=True),
    "5xx": failure(2, "An unexpected error has occurred.", status=500, transient=True),
    "quota": failure(9, "The daily publishing limit was reached.", 2207042),
}


def unknown_route(call: Call) -> Reply:
    """What Graph says about a path it does not have."""
    return failure(2500, f"Unknown path components: {call.path}")
