"""Publications as users handle them: release, reschedule, cancel, retry, post again, settle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.publishing import again
from uploadm8.domain.publishing.calendar import entries
from uploadm8.domain.publishing.lifecycle import CANCELABLE, advance
from uploadm8.domain.publishing.moves import reschedule, too_late
from uploadm8.domain.publishing.outlook import warnings_of
from uploadm8.domain.publishing.posting import Posting
from uploadm8.domain.publishing.release import enqueue_publish
from uploadm8.domain.publishing.schemas import (
    AttemptOut,
    CalendarEntry,
    MetricsOut,
    NewPublications,
    PublicationDetail,
    Reschedule,
    Verdict,
)
from uploadm8.domain.publishing.tables import (
    Publication,
    PublicationMetrics,
    PublicationState,
    PublishAttempt,
)
from uploadm8.domain.publishing.views import publication_out
from uploadm8.errors import ConflictError, NotFoundError
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.cancel import request_cancel
from uploadm8.infra.jobs.catalog import PUBLISH

S = PublicationState


@dataclass(frozen=True, slots=True)
class Publications:
    """Every method is scoped by the workspace."""

    posting: Posting

    async def add(
        self, workspace_id: UUID, user_id: UUID, new: NewPublications
    ) -> list[PublicationDetail]:
        """Publish an existing upload to further accounts; see Posting.add."""
        made = await self.posting.add(workspace_id, user_id, new)
        return [await self.detail(workspace_id, one) for one in made]

    async def listing(
        self,
        workspace_id: UUID,
        limit: int,
        past: UUID | tuple[datetime, UUID] | None,
        *,
        state: str | None = None,
        account_id: UUID | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Sequence[CalendarEntry]:
        """What is scheduled or was published; see `calendar.entries`."""
        return await entries(
            workspace_id,
            limit,
            past,
            state=state,
            account_id=account_id,
            start=start,
            end=end,
        )

    async def detail(self, workspace_id: UUID, publication_id: UUID) -> PublicationDetail:
        """Everything about a publication, with each attempt."""
        row = await self._row(workspace_id, publication_id)
        attempts = await (
            PublishAttempt.select()
            .where(PublishAttempt.publication == publication_id)
            .order_by(PublishAttempt.at)
            .limit(200)
        )
        return PublicationDetail(
            **msgspec.structs.asdict(publication_out(row)),
            upload_id=row["upload"],
            caption=row["caption"],
            options=json_of(row["options"]),
            schedule_mode=row["schedule_mode"],
            time_zone=row["time_zone"],
            held_reason=row["held_reason"],
            late=row["late"],
            why=row["why"],
            warnings=(await warnings_of([row])).get(row["id"], []),
            attempts=[msgspec.convert(attempt, AttemptOut) for attempt in attempts],
        )

    async def metrics(self, workspace_id: UUID, publication_id: UUID) -> list[MetricsOut]:
        """Every look at the post's figures, oldest first."""
        await self._row(workspace_id, publication_id)
        looks = await (
            PublicationMetrics.select()
            .where(PublicationMetrics.publication == publication_id)
            .order_by(PublicationMetrics.at)
        )
        return [
            msgspec.convert({**look, "more": json_of(look["more"])}, MetricsOut) for look in looks
        ]

    async def release(self, workspace_id: UUID, publication_id: UUID) -> PublicationDetail:
        """Publish a held publication now.

        Raises:
            ConflictError: ``not_held``.
        """
        await self._row(workspace_id, publication_id)
        async with transaction():
            if not await advance(
                publication_id, (S.HELD,), S.QUEUED, held_reason=None, publish_at=None
            ):
                raise ConflictError("This publication is not held back.", code="not_held")
            await enqueue_publish(publication_id, workspace_id, None)
        return await self.detail(workspace_id, publication_id)

    async def reschedule(
        self, workspace_id: UUID, publication_id: UUID, wish: Reschedule
    ) -> PublicationDetail:
        """Move a publication to another time, until its commit."""
        row = await self._row(workspace_id, publication_id)
        await reschedule(self.posting.targets, row, wish)
        return await self.detail(workspace_id, publication_id)

    async def cancel(self, workspace_id: UUID, publication_id: UUID) -> PublicationDetail:
        """Cancel at any stage before the commit. Idempotent.

        Raises:
            ConflictError: ``too_late``.
        """
        row = await self._row(workspace_id, publication_id)
        if row["state"] != S.CANCELED:
            async with transaction():
                await request_cancel([publication_id], PUBLISH)
                if not await advance(publication_id, CANCELABLE, S.CANCELED, cancel_requested=True):
                    raise too_late((await self._row(workspace_id, publication_id))["state"])
        return await self.detail(workspace_id, publication_id)

    async def retry(self, workspace_id: UUID, publication_id: UUID) -> PublicationDetail:
        """Try a failed publication again; it can never post twice."""
        await again.retry(await self._row(workspace_id, publication_id))
        return await self.detail(workspace_id, publication_id)

    async def post_again(
        self, workspace_id: UUID, user_id: UUID, publication_id: UUID
    ) -> PublicationDetail:
        """Make another post of the same video on the same account, on purpose."""
        row = await self._row(workspace_id, publication_id)
        return await self.detail(workspace_id, await again.post_again(row, user_id))

    async def settle(
        self, workspace_id: UUID, publication_id: UUID, verdict: Verdict
    ) -> PublicationDetail:
        """Take a person's word for an outcome that the platform does not tell."""
        await again.settle(await self._row(workspace_id, publication_id), verdict)
        return await self.detail(workspace_id, publication_id)

    async def _row(self, workspace_id: UUID, publication_id: UUID) -> dict[str, Any]:
        row = await (
            Publication.select()
            .where(Publication.id == publication_id, Publication.workspace == workspace_id)
            .first()
        )
        if row is None:
            raise NotFoundError("There is no such publication.", code="publication_not_found")
        return row
