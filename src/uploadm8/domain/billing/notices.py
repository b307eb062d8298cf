"""What a workspace is told about its money: each thing once, by a job of its own."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.billing.tables import BillingNotice
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import BILLING_NOTICE
from uploadm8.infra.jobs.queue import enqueue


class NoticeKind(StrEnum):
    """Which sentence it is."""

    TRIAL_ENDING = "trial_ending"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_ACTION_REQUIRED = "payment_action_required"
    PAYMENT_RECOVERED = "payment_recovered"
    SUBSCRIPTION_ENDED = "subscription_ended"
    OVER_LIMIT = "over_limit"
    DUPLICATE_ENDED = "duplicate_ended"
    GRACE_ENDING = "grace_ending"


async def record_notice(
    workspace_id: UUID, kind: NoticeKind, *, about: str, facts: Mapping[str, Any]
) -> bool:
    """Record a notice and the job that sends it, in the caller's transaction.

    Args:
        workspace_id: who is told.
        kind: which sentence.
        about: what makes it this one (an invoice, a period); a second of the kind is not told.
        facts: what the sentence says; JSON-able.

    Returns:
        Whether it was new.
    """
    notice_id = new_id()
    rows = await BillingNotice.raw(
        "INSERT INTO billing_notices (id, workspace, kind, unique_key, facts) VALUES ({},{},{},{},{})"
        " ON CONFLICT (unique_key) DO NOTHING RETURNING id",
        notice_id,
        workspace_id,
        kind.value,
        f"{kind.value}:{workspace_id}:{about}",
        msgspec.json.encode(dict(facts)).decode(),
    )
    if not rows:
        return False
    await enqueue(BILLING_NOTICE, ref_id=notice_id, workspace_id=workspace_id)
    return True
