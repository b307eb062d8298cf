"""Idempotency keys of our calls to Stripe, recorded before the call is made."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.billing.tables import StripeCall
from uploadm8.infra.ids import new_id

# Stripe keeps an answer for at least 24 hours.
_KEEP_S = 23 * 3600
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


async def idempotency_key(
    workspace_id: UUID, purpose: str, params: Mapping[str, Any], *, again_within_s: float = 0
) -> str:
    """The key for a call: the same one for a call that may not have been answered.

    So a crash or a timeout between the call and its answer repeats the call under its old key,
    and Stripe gives the old answer instead of doing it twice.

    Args:
        workspace_id: on whose behalf.
        purpose: what the call is for; one call per purpose is under way at a time.
        params: its parameters; other parameters make another call.
        again_within_s: an answered call too keeps its key this long, against double clicks.
    """
    digest = hashlib.sha256(msgspec.json.encode(params, order="deterministic")).hexdigest()
    fresh = str(new_id())
    rows = await StripeCall.raw(
        _TAKE,
        *(new_id(), workspace_id, purpose[:200], fresh, digest),
        *(_KEEP_S, again_within_s) * 3,
    )
    return str(rows[0]["key"])


async def answered(key: str) -> None:
    """Note that Stripe has answered the call, with success."""
    await StripeCall.raw("UPDATE stripe_calls SET answered_at=now() WHERE key={}", key)
