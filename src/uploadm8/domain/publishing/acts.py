"""What people do with publications: done, judged by the approval rule, recorded, in one go."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.api.principal import Principal
from uploadm8.domain.publishing.approval_hold import HELD_REASON, REJECTED_REASON
from uploadm8.domain.publishing.approvals import Approvals
from uploadm8.domain.publishing.schemas import PublicationDetail, Reschedule, Verdict
from uploadm8.domain.publishing.service import Publications
from uploadm8.errors import ConflictError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.transaction import transaction


@dataclass(frozen=True, slots=True)
class PublicationActs:
    """The acts of `Publications`, on behalf of someone."""

    publications: Publications
    approvals: Approvals

    async def release(self, by: Principal, publication_id: UUID) -> PublicationDetail:
        """Publish a held publication now.

        Raises:
            ConflictError: codes ``not_held``, ``approval_pending``, ``approval_rejected``.
        """
        held = (await self.publications.detail(by.workspace_id, publication_id)).held_reason
        if held in (HELD_REASON, REJECTED_REASON):
            waits = held == HELD_REASON
            raise ConflictError(
                f"This publication {'waits for an approver' if waits else 'was rejected'}.",
                code="approval_pending" if waits else "approval_rejected",
                action="An admin approves it at POST /api/publications/{id}/approve."
                if waits
                else "Change it, or ask again at POST /api/publications/{id}/request-approval.",
            )
        done = self.publications.release(by.workspace_id, publication_id)
        return await self._done(by, Action.PUBLICATION_RELEASED, done)

    async def reschedule(
        self, by: Principal, publication_id: UUID, wish: Reschedule
    ) -> PublicationDetail:
        """Move a publication to another time."""
        done = self.publications.reschedule(by.workspace_id, publication_id, wish)
        return await self._done(by, Action.PUBLICATION_RESCHEDULED, done)

    async def cancel(self, by: Principal, publication_id: UUID) -> PublicationDetail:
        """Cancel before the commit."""
        done = self.publications.cancel(by.workspace_id, publication_id)
        return await self._done(by, Action.PUBLICATION_CANCELED, done)

    async def retry(self, by: Principal, publication_id: UUID) -> PublicationDetail:
        """Try a failed publication again."""
        done = self.publications.retry(by.workspace_id, publication_id)
        return await self._done(by, Action.PUBLICATION_RETRIED, done)

    async def post_again(self, by: Principal, publication_id: UUID) -> PublicationDetail:
        """Make another post of the same video."""
        done = self.publications.post_again(by.workspace_id, by.user_id, publication_id)
        details = {"again": str(publication_id)}
        return await self._done(by, Action.PUBLICATION_REPEATED, done, details)

    async def settle(
        self, by: Principal, publication_id: UUID, verdict: Verdict
    ) -> PublicationDetail:
        """Take a person's word for an unknown outcome."""
        done = self.publications.settle(by.workspace_id, publication_id, verdict)
        details = {"outcome": verdict.outcome}
        return await self._done(by, Action.PUBLICATION_SETTLED, done, details)

    async def _done(
        self,
        by: Principal,
        action: Action,
        act: Awaitable[PublicationDetail],
        details: dict[str, Any] | None = None,
    ) -> PublicationDetail:
        async with transaction():
            publication_id = (await act).id
            await record(
                action,
                workspace_id=by.workspace_id,
                subject=("publication", publication_id),
                details=details,
            )
            await self.approvals.after_change(by, publication_id)
        return await self.publications.detail(by.workspace_id, publication_id)
