"""Approvals: the workspace's rule, the list of open questions, and the answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from uploadm8.api.principal import Principal, at_least
from uploadm8.domain.billing.gate import Gate
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.publishing.approval_content import (
    content_hash,
    is_approved,
    open_approval,
    subject_of,
)
from uploadm8.domain.publishing.approval_hold import (
    HELD_REASON,
    REJECTED_REASON,
    ask,
    hold,
    note,
    void,
    write,
)
from uploadm8.domain.publishing.lifecycle import TERMINAL, TOO_LATE, advance
from uploadm8.domain.publishing.release import enqueue_publish
from uploadm8.domain.publishing.schemas import ApprovalOut, Decision, PolicyView
from uploadm8.domain.publishing.tables import (
    Approval,
    ApprovalPolicy,
    ApprovalState,
    Publication,
    PublicationState,
    RequiredOf,
    ScheduleMode,
)
from uploadm8.errors import ConflictError, ForbiddenError, NotFoundError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.cancel import call_off
from uploadm8.infra.jobs.catalog import APPROVAL_MAIL, PUBLISH
from uploadm8.infra.jobs.queue import enqueue

S = PublicationState
_LIST = (
    "SELECT a.id, a.publication AS publication_id, p.upload AS upload_id, p.platform,"
    " p.account AS account_id, c.display_name AS account_name, u.title, p.caption, p.schedule_mode,"
    " p.publish_at, p.state AS publication_state, a.state, a.content_hash, r.email AS requested_by,"
    " a.created_at AS requested_at, d.email AS decided_by, a.decided_at, a.comment"
    " FROM approvals a JOIN publications p ON p.id=a.publication JOIN uploads u ON u.id=p.upload"
    " JOIN connected_accounts c ON c.id=p.account LEFT JOIN users r ON r.id=a.requested_by"
    " LEFT JOIN users d ON d.id=a.decided_by WHERE a.workspace={} AND a.state={}"
    " AND ({}::uuid IS NULL OR a.id < {}::uuid) ORDER BY a.id DESC LIMIT {}"
)


@dataclass(frozen=True, slots=True)
class Approvals:
    """The gate in the protocol is `approval_hold`; this is what people do about it."""

    gate: Gate

    async def policy(self, workspace_id: UUID) -> PolicyView:
        """The workspace's rule, in force on tiers that have approvals."""
        row = await ApprovalPolicy.select().where(ApprovalPolicy.workspace == workspace_id).first()
        in_force = await self.gate.has(workspace_id, Feature.APPROVALS)
        if row is None:
            return PolicyView(required_of="editors", self_approval=False, in_force=in_force)
        return PolicyView(
            required_of=row["required_of"], self_approval=row["self_approval"], in_force=in_force
        )

    async def set_policy(
        self, workspace_id: UUID, required_of: str, *, self_approval: bool
    ) -> PolicyView:
        """Change the rule for what is planned from now on.

        Raises:
            PaymentRequiredError: code ``feature_not_in_tier``.
        """
        await self.gate.require(workspace_id, Feature.APPROVALS)
        async with transaction():
            await ApprovalPolicy.raw(
                "INSERT INTO approval_policies (workspace, required_of, self_approval)"
                " VALUES ({}, {}, {}) ON CONFLICT (workspace) DO UPDATE SET"
                " required_of=EXCLUDED.required_of, self_approval=EXCLUDED.self_approval",
                workspace_id,
                required_of,
                self_approval,
            )
            await record(
                Action.APPROVAL_POLICY_CHANGED,
                workspace_id=workspace_id,
                details={"required_of": required_of, "self_approval": self_approval},
            )
        return await self.policy(workspace_id)

    async def needed_of(self, workspace_id: UUID, user_id: UUID) -> bool:
        """Whether what this person plans or changes waits for an approver."""
        policy = await self.policy(workspace_id)
        if not policy.in_force or policy.required_of == RequiredOf.NOBODY:
            return False
        if policy.required_of == RequiredOf.EVERYBODY:
            return True
        rows = await Publication.raw(
            'SELECT role FROM memberships WHERE workspace={} AND "user"={}', workspace_id, user_id
        )
        return not rows or not at_least(rows[0]["role"], "admin")

    async def listing(
        self, workspace_id: UUID, state: ApprovalState, limit: int, before: UUID | None
    ) -> list[ApprovalOut]:
        """Questions and answers, newest first."""
        rows = await Approval.raw(_LIST, workspace_id, state.value, before, before, limit)
        return [ApprovalOut(**row) for row in rows]

    async def approve(self, by: Principal, publication_id: UUID, decision: Decision) -> None:
        """Say yes to exactly what the hash covers; the publication goes on as planned.

        A time that passed while it waited is not made up for: it is held as missed.

        Raises:
            ConflictError: codes ``not_waiting``, ``approval_stale``.
            ForbiddenError: code ``self_approval``.
        """
        async with transaction():
            subject, approval = await self._waiting(by, publication_id)
            if not decision.content_hash == approval["content_hash"] == content_hash(subject):
                raise ConflictError(
                    "The publication has changed since you looked at it.",
                    code="approval_stale",
                    action="Look again: GET /api/approvals.",
                )
            await _decide(by, approval["id"], ApprovalState.APPROVED, decision.comment)
            await _go_on(subject)
            await note(Action.APPROVED, subject, approval["id"], decision.comment)

    async def reject(self, by: Principal, publication_id: UUID, comment: str) -> None:
        """Say no, and why; the publication stays held until it is changed, or asked for again.

        Raises:
            ConflictError: code ``not_waiting``.
            ForbiddenError: code ``self_approval``.
        """
        async with transaction():
            subject, approval = await self._waiting(by, publication_id)
            await _decide(by, approval["id"], ApprovalState.REJECTED, comment)
            await Publication.update({Publication.held_reason: REJECTED_REASON}).where(
                Publication.id == publication_id
            )
            await note(Action.APPROVAL_REJECTED, subject, approval["id"], comment)

    async def ask_again(self, by: Principal, publication_id: UUID) -> None:
        """Ask about a rejected publication once more.

        Raises:
            ConflictError: code ``not_rejected``.
        """
        async with transaction():
            subject = await self._own(by.workspace_id, publication_id)
            if subject["state"] != S.HELD or subject["held_reason"] != REJECTED_REASON:
                raise ConflictError("The publication was not rejected.", code="not_rejected")
            await Publication.update({Publication.held_reason: HELD_REASON}).where(
                Publication.id == publication_id
            )
            await ask(subject, by.user_id)

    async def after_change(self, by: Principal, publication_id: UUID) -> None:
        """See to the approval of a publication that someone changed, in the same transaction.

        An approver's own change is an approval of what it makes; anybody else's needs a new one.
        """
        subject = await subject_of(publication_id, lock=True)
        if not subject["approval_needed"] and await self.needed_of(by.workspace_id, by.user_id):
            await Publication.update({Publication.approval_needed: True}).where(
                Publication.id == publication_id
            )
            subject["approval_needed"] = True
        gone = {*TERMINAL, *TOO_LATE}
        if subject["rendition"] is None or subject["state"] in gone or await is_approved(subject):
            return
        if await self._may_decide(by, subject):
            found = await open_approval(publication_id)
            if found is not None:
                await void(subject, found["id"])
            approval_id = new_id()
            answered = {"requested_by": subject["created_by"], "decided_by": by.user_id}
            await write(approval_id, subject, ApprovalState.APPROVED, **answered)
            await note(Action.APPROVED, subject, approval_id)
            return
        await call_off(publication_id, PUBLISH)
        if subject["state"] == S.HELD:
            await Publication.update({Publication.held_reason: HELD_REASON}).where(
                Publication.id == publication_id
            )
            await ask(subject, by.user_id)
        else:
            await hold(subject)

    async def _waiting(
        self, by: Principal, publication_id: UUID
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        subject = await self._own(by.workspace_id, publication_id)
        approval = await open_approval(publication_id)
        waits = subject["state"] == S.HELD and subject["held_reason"] == HELD_REASON
        if approval is None or approval["state"] != ApprovalState.PENDING or not waits:
            raise ConflictError("Nobody waits for an answer about this.", code="not_waiting")
        if not await self._may_decide(by, subject):
            raise ForbiddenError(
                "Nobody answers about an own publication here.",
                code="self_approval",
                action="Ask another admin of the workspace.",
            )
        return subject, approval

    async def _may_decide(self, by: Principal, subject: dict[str, Any]) -> bool:
        if not at_least(by.role, "admin"):
            return False
        if subject["created_by"] != by.user_id:
            return True
        return (await self.policy(by.workspace_id)).self_approval

    async def _own(self, workspace_id: UUID, publication_id: UUID) -> dict[str, Any]:
        known = await Publication.exists().where(
            Publication.id == publication_id, Publication.workspace == workspace_id
        )
        if not known:
            raise NotFoundError("There is no such publication.", code="publication_not_found")
        return await subject_of(publication_id, lock=True)


async def _decide(
    by: Principal, approval_id: UUID, state: ApprovalState, comment: str | None
) -> None:
    await Approval.raw(
        "UPDATE approvals SET state={}, decided_by={}, decided_at=now(), comment={} WHERE id={}",
        state.value,
        by.user_id,
        comment,
        approval_id,
    )
    args = {"kind": state.value}
    await enqueue(APPROVAL_MAIL, ref_id=approval_id, workspace_id=by.workspace_id, args=args)


async def _go_on(subject: dict[str, Any]) -> None:
    at: datetime | None = subject["publish_at"]
    if subject["schedule_mode"] == ScheduleMode.QUEUE or (at is not None and at <= now()):
        reason = "manual_queue" if at is None else "missed"
        await Publication.update({Publication.held_reason: reason}).where(
            Publication.id == subject["id"]
        )
        return
    target = S.QUEUED if at is None else S.SCHEDULED
    if await advance(subject["id"], (S.HELD,), target, held_reason=None):
        await enqueue_publish(subject["id"], subject["workspace"], at)
