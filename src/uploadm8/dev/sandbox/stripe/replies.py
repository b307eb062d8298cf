"""Stripe's answers: objects, lists, and the error envelope."""

from collections.abc import Sequence
from typing import Any

from uploadm8.dev.sandbox.kit.wire import RefusedError, Reply, json_reply

Json = dict[str, Any]


def refuse(
    message: str,
    *,
    status: int = 400,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    **extra: Any,
) -> RefusedError:
    """An error in Stripe's envelope."""
    error = {"type": kind, "message": message, "code": code, "param": param, **extra}
    return RefusedError(
        json_reply({"error": {k: v for k, v in error.items() if v is not None}}, status)
    )


def missing(kind: str, object_id: str, *, param: str = "id") -> RefusedError:
    """No such object."""
    return refuse(
        f"No such {kind}: '{object_id}'", status=404, code="resource_missing", param=param
    )


def declined(code: str = "card_declined") -> RefusedError:
    """The bank says no."""
    return refuse(
        "Your card was declined.",
        status=402,
        kind="card_error",
        code=code,
        decline_code="generic_decline",
    )


def listing(url: str, rows: Sequence[Json], params: Json) -> Json:
    """A page of a list, newest first as given."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise refuse("Invalid limit: must be between 1 and 100", param="limit")
    ids = [row["id"] for row in rows]
    after = params.get("starting_after")
    if after is not None and after not in ids:
        raise missing("object", after, param="starting_after")
    start = ids.index(after) + 1 if after is not None else 0
    data = list(rows[start : start + limit])
    return {
        "object": "list",
        "url": url,
        "has_more": start + limit < len(rows),
        "data": data,
    }


CANNED = {
    "429": json_reply(
        {
            "error": {
                "type": "invalid_request_error",
                "code": "rate_limit",
                "message": "Request rate limit exceeded.",
            }
        },
        429,
    ),
    "5xx": json_reply({"error": {"type": "api_error", "message": "An error occurred."}}, 500),
}


def unknown_route(method: str, path: str) -> Reply:
    """The answer for an address that is none of Stripe's."""
    return refuse(f"Unrecognized request URL ({method}: {path}).", status=404).reply
