"""Calls to Stripe that change something: each under an idempotency key recorded before it is made."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from uploadm8.domain.billing.gateway import StripeDownError, translated
from uploadm8.domain.billing.tables import StripeCall
from uploadm8.errors import TooManyRequestsError, UploadM8Error
from uploadm8.infra.ids import new_id

T = TypeVar("T")

# How long a call that was not answered keeps its key: enough for retries, and not so long that
# people are shown an error of Stripe's own again and again (it repeats those for a key too).
_KEEP_S = 900
DOUBLE_CLICK_S = 600


# The row keeps its key for the same body while unanswered, or shortly after the answer.
_KEPT = (
    "c.body_hash=EXCLUDED.body_hash AND c.created_at > now() - make_interval(secs =>"
    " CASE WHEN c.answered_at IS NULL THEN {}::float8 ELSE {}::float8 END)"
)
_TAKE = (
    "INSERT INTO stripe_calls AS c (id, workspace, purpose, key, body_hash)"  # noqa: S608
    " VALUES ({}, {}, {}, {}, {}) ON CONFLICT (workspace, purpose) DO UPDATE SET"
    f" key=CASE WHEN {_KEPT} THEN c.key ELSE EXCLUDED.key END,"
    f" created_at=CASE WHEN {_KEPT} THEN c.created_at ELSE now() END,"
    f" answered_at=CASE WHEN {_KEPT} THEN c.answered_at END,"
    " body_hash=EXCLUDED.body_hash RETURNING key"
)


async def once(
    workspace_id: UUID,
    purpose: str,
    params: Mapping[str, Any],
    call: Callable[[str], Awaitable[T]],
    *,
    again_within_s: float = 0,
) -> T:
    """Make a call under its key, the same one for a call that may not have been answered.

    So a crash or a timeout between the call and its answer repeats the call under its old key,
    and Stripe gives the old answer instead of doing it twice. A refusal is an answer: the next
    try gets a new key.

    Args:
        workspace_id: on whose behalf.
        purpose: what the call is for; one call per purpose is under way at a time.
        params: its parameters; other parameters make another call.
        call: makes it, given the key.
        again_within_s: an answered call too keeps its key this long, against double clicks.
    """
    key = await _take_key(workspace_id, purpose, params, again_within_s)
    try:
        with translated():
            answer = await call(key)
    except (StripeDownError, TooManyRequestsError):
        raise
    except UploadM8Error:
        await StripeCall.raw("DELETE FROM stripe_calls WHERE key={}", key)
        raise
    await StripeCall.raw("UPDATE stripe_calls SET answered_at=now() WHERE key={}", key)
    return answer


async def forget(workspace_id: UUID, purpose: str) -> None:
    """Let the next call for a purpose be a new one: what the last one made is of no use any more."""
    await StripeCall.raw(
        "DELETE FROM stripe_calls WHERE workspace={} AND purpose={}", workspace_id, purpose[:200]
    )


async def _take_key(
    workspace_id: UUID, purpose: str, params: Mapping[str, Any], again_within_s: float
) -> str:
    digest = hashlib.sha256(msgspec.json.encode(params, order="deterministic")).hexdigest()
    rows = await StripeCall.raw(
        _TAKE,
        *(new_id(), workspace_id, purpose[:200], str(new_id()), digest),
        *(_KEEP_S, again_within_s) * 3,
    )
    return str(rows[0]["key"])
