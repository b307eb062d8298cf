"""Publications as uploads see them: recorded with the upload, shown with it, canceled with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.platforms.limits import AccountLimits
from uploadm8.domain.publishing.lifecycle import CANCELABLE, TOO_LATE, advance
from uploadm8.domain.publishing.preflight import PreflightError
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.domain.publishing.targets import Asked, Limits, Targets, Words
from uploadm8.domain.publishing.views import publication_out
from uploadm8.domain.uploads.ports import PlannedTargets
from uploadm8.domain.uploads.schemas import NewUpload, PublicationOut
from uploadm8.errors import ConflictError
from uploadm8.infra.db.engine import DB

S = PublicationState


@dataclass(frozen=True, slots=True)
class PublicationPlans:
    """Implements the uploads' port for publications."""

    targets: Targets
    limits: AccountLimits

    async def foresee(self, workspace_id: UUID, new: NewUpload) -> Limits:
        """What the platforms allow the targets' accounts now, as far as they say so at once."""
        return await self.limits.at_a_glance(workspace_id, [one.account_id for one in new.targets])

    async def plan(
        self, workspace_id: UUID, user_id: UUID, upload_id: UUID, new: NewUpload, foreseen: Limits
    ) -> PlannedTargets:
        """Check every target and record a draft for each, in the caller's transaction.

        Raises:
            InvalidRequestError: unknown account, wrong options, wrong schedule, blocked.
            PaymentRequiredError: the tier has no scheduling.
        """
        if not new.targets:
            return PlannedTargets(platforms=())
        words = Words(new.title, new.filename, new.caption, new.hashtags, new.caption_template_id)
        asked = Asked(workspace_id, user_id, words, new.targets, new.schedule)
        try:
            planned = await self.targets.check(asked, foreseen)
        except PreflightError:
            for account_id in foreseen:  # whoever puts it right on the platform tries again at once
                self.limits.memory.forget(account_id)
            raise
        await self.targets.record(asked, upload_id, planned)
        return PlannedTargets(platforms=tuple(sorted({one.platform for one in planned})))

    async def of_uploads(
        self, workspace_id: UUID, upload_ids: Sequence[UUID]
    ) -> dict[UUID, list[PublicationOut]]:
        """The publications of some uploads, oldest first."""
        rows = await DB.rows(
            "SELECT * FROM publications WHERE workspace=$1 AND upload=ANY($2::uuid[]) ORDER BY id",
            workspace_id,
            list(upload_ids),
        )
        found: dict[UUID, list[PublicationOut]] = {}
        for row in rows:
            found.setdefault(row["upload"], []).append(publication_out(row))
        return found

    async def may_change(self, upload_id: UUID) -> bool:
        """Whether no publication of the upload has been sent anywhere yet."""
        waiting = [state.value for state in (S.DRAFT, S.HELD, S.SCHEDULED, S.CANCELED, S.FAILED)]
        return not await Publication.exists().where(
            Publication.upload == upload_id, Publication.state.not_in(waiting)
        )

    async def ids(self, upload_id: UUID) -> list[UUID]:
        """The publications of an upload."""
        rows = await DB.rows("SELECT id FROM publications WHERE upload=$1", upload_id)
        return [row["id"] for row in rows]

    async def cancel(self, upload_id: UUID) -> None:
        """Cancel every publication of the upload, in the caller's transaction.

        Raises:
            ConflictError: ``too_late`` when one is being committed or is public.
        """
        rows = await (
            Publication.select(Publication.id, Publication.state)
            .where(Publication.upload == upload_id)
            .order_by(Publication.id)
            .lock_rows("NO KEY UPDATE")
        )
        if any(row["state"] in TOO_LATE for row in rows):
            raise ConflictError(
                "A post of this upload is public or being made public.",
                code="too_late",
                action="Cancel the other publications one by one; remove the post on the platform.",
            )
        for row in rows:
            await advance(row["id"], CANCELABLE, S.CANCELED, cancel_requested=True)
