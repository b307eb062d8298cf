"""Stopping a publication until an approver has said yes to exactly what would go out."""

from typing import Any
from uuid import UUID

from uploadm8.domain.publishing.approval_content import (
    content_hash,
    is_approved,
    open_approval,
    subject_of,
)
from uploadm8.domain.publishing.lifecycle import advance
from uploadm8.domain.publishing.tables import Approval, ApprovalState, PublicationState
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import APPROVAL_MAIL
from uploadm8.infra.jobs.queue import enqueue

S = PublicationState
HELD_REASON = "approval"
REJECTED_REASON = "rejected"
_STOPPABLE = (S.DRAFT, S.SCHEDULED, S.QUEUED, S.PREPARING, S.TRANSFERRING, S.RETRY_WAIT)


async def hold_unapproved(publication_id: UUID) -> bool:
    """Hold a publication that lacks its approval and ask for one; False if it may go on.

    In the caller's transaction; what was handed to the platform so far is given up, since it may
    not be what will be approved.
    """
    subject = await subject_of(publication_id)
    if await is_approved(subject):
        return False
    await hold(subject)
    return True


async def hold(subject: dict[str, Any], **changes: Any) -> None:
    """Hold a publication for approval and ask for it, in the caller's transaction."""
    given_up = {"handle_enc": None, "handle_at": None, "bytes_sent": 0}
    await advance(subject["id"], _STOPPABLE, S.HELD, held_reason=HELD_REASON, **given_up, **changes)
    await ask(subject, subject["created_by"])


async def ask(subject: dict[str, Any], requested_by: UUID | None) -> None:
    """Ask the approvers about the publication as it is now; asking twice is asking once."""
    wanted = content_hash(subject)
    found = await open_approval(subject["id"])
    if found is not None and found["content_hash"] == wanted:
        return
    if found is not None:
        await void(subject, found["id"])
    approval_id = new_id()
    await write(approval_id, subject, ApprovalState.PENDING, requested_by=requested_by)
    await enqueue(
        APPROVAL_MAIL,
        ref_id=approval_id,
        workspace_id=subject["workspace"],
        args={"kind": "requested"},
    )
    await note(Action.APPROVAL_REQUESTED, subject, approval_id)


async def write(
    approval_id: UUID,
    subject: dict[str, Any],
    state: ApprovalState,
    *,
    requested_by: UUID | None,
    decided_by: UUID | None = None,
) -> None:
    """Write a question about the publication as it is now, perhaps answered already."""
    await Approval.raw(
        "INSERT INTO approvals (id, workspace, publication, content_hash, state, requested_by,"
        " decided_by, decided_at)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}, CASE WHEN {}::uuid IS NULL THEN NULL ELSE now() END)",
        *(approval_id, subject["workspace"], subject["id"], content_hash(subject), state.value),
        *(requested_by, decided_by, decided_by),
    )


async def void(subject: dict[str, Any], approval_id: UUID) -> None:
    """End a question or an answer: what it was about has changed."""
    await Approval.raw("UPDATE approvals SET state='voided' WHERE id={}", approval_id)
    await note(Action.APPROVAL_VOIDED, subject, approval_id)


async def note(
    action: Action, subject: dict[str, Any], approval_id: UUID, comment: str | None = None
) -> None:
    """Record an act about an approval."""
    await record(
        action,
        workspace_id=subject["workspace"],
        subject=("publication", subject["id"]),
        reason=comment,
        details={"approval": str(approval_id), "content_hash": content_hash(subject)},
    )
