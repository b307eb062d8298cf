"""Publications as users handle them: release, reschedule, cancel, retry, post again, settle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.querystring import QueryString

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.calendar import entries
from uploadm8.domain.publishing.lifecycle import CANCELABLE, TOO_LATE, advance
from uploadm8.domain.publishing.plan import SCHEDULE_FEATURE, Gate
from uploadm8.domain.publishing.release import enqueue_publish
from uploadm8.domain.publishing.schedule import resolve
from uploadm8.domain.publishing.schemas import (
    AttemptOut,
    CalendarEntry,
    PublicationDetail,
    Reschedule,
    Verdict,
)
from uploadm8.domain.publishing.smart import placed
from uploadm8.domain.publishing.tables import (
    Publication,
    PublicationState,
    PublishAttempt,
    ScheduleMode,
)
from uploadm8.domain.publishing.views import publication_out
from uploadm8.errors import ConflictError, NotFoundError
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import PUBLISH
from uploadm8.infra.jobs.queue import request_cancel

S = PublicationState


@dataclass(frozen=True, slots=True)
class Publications:
    """Every method is scoped by the workspace."""

    gate: Gate

    async def listing(
        self,
        workspace_id: UUID,
        limit: int,
        before: UUID | None,
        *,
        state: str | None = None,
        account_id: UUID | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Sequence[CalendarEntry]:
        """Newest first; with start and end, the calendar of what is scheduled or was published."""
        return await entries(
            workspace_id,
            limit,
            before,
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
            findings=json_of(row["findings"]),
            attempts=[msgspec.convert(attempt, AttemptOut) for attempt in attempts],
        )

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
        """Move a publication that is not being sent yet to another time.

        Raises:
            ConflictError: ``too_late``.
        """
        row = await self._row(workspace_id, publication_id)
        when = resolve(wish.schedule, now(), row["time_zone"])
        if when.mode in SCHEDULE_FEATURE:
            await self.gate.require(workspace_id, SCHEDULE_FEATURE[when.mode])
        when = await placed(when, row["account"], Platform(row["platform"]), now())
        target = {ScheduleMode.QUEUE: S.HELD, ScheduleMode.NOW: S.QUEUED}.get(
            when.mode, S.SCHEDULED
        )
        columns: dict[str, Any] = {
            "schedule_mode": when.mode.value,
            "publish_at": when.publish_at,
            "time_zone": when.time_zone,
            "why": when.why,
        }
        async with transaction():
            moved = await _update(publication_id, S.DRAFT, columns)
            if not moved:
                held = "manual_queue" if target is S.HELD else None
                await request_cancel(publication_id, PUBLISH)
                moved = await _to(publication_id, target, {**columns, "held_reason": held})
                if moved and target is not S.HELD:
                    await enqueue_publish(publication_id, workspace_id, when.publish_at)
            if not moved:
                raise _too_late(row["state"])
        return await self.detail(workspace_id, publication_id)

    async def cancel(self, workspace_id: UUID, publication_id: UUID) -> PublicationDetail:
        """Cancel at any stage before the commit. Idempotent.

        Raises:
            ConflictError: ``too_late``.
        """
        row = await self._row(workspace_id, publication_id)
        if row["state"] != S.CANCELED:
            async with transaction():
                # Jobs before publications: the order in which deliveries lock them.
                await request_cancel(publication_id, PUBLISH)
                if not await advance(publication_id, CANCELABLE, S.CANCELED, cancel_requested=True):
                    raise _too_late((await self._row(workspace_id, publication_id))["state"])
        return await self.detail(workspace_id, publication_id)

    async def retry(self, workspace_id: UUID, publication_id: UUID) -> PublicationDetail:
        """Try a failed publication again with the handle it has; it can never post twice.

        Raises:
            ConflictError: ``not_failed``.
        """
        async with transaction():
            row = await self._row(workspace_id, publication_id)
            asked = row["commit_intent_at"] is not None
            due = row["publish_at"] is not None and row["publish_at"] <= now()
            moved = await advance(
                publication_id,
                (S.FAILED,),
                S.CONFIRMING if asked else S.QUEUED,
                cancel_requested=False,
                publish_at=None if due else row["publish_at"],
                # The platform gets all its time to answer once more.
                commit_intent_at=QueryString("now()") if asked else None,
                error_class=None,
                error_code=None,
                error_detail=None,
                error_action=None,
            )
            if not moved:
                raise ConflictError(
                    "Only a failed publication can be tried again.",
                    code="not_failed",
                    action="To make another post of the same video, use post-again.",
                )
            await enqueue_publish(publication_id, workspace_id, None)
        return await self.detail(workspace_id, publication_id)

    async def post_again(
        self, workspace_id: UUID, user_id: UUID, publication_id: UUID
    ) -> PublicationDetail:
        """Make another post of the same video on the same account: a new slot, on purpose.

        Raises:
            ConflictError: ``still_open`` while the last one has not come to an end.
        """
        row = await self._row(workspace_id, publication_id)
        if row["state"] not in (S.PUBLISHED, S.FAILED, S.CANCELED, S.UNKNOWN):
            raise ConflictError("The last post is still on its way.", code="still_open")
        copy_id = new_id()
        async with transaction():
            last = await (
                Publication.select(Publication.slot)
                .where(Publication.upload == row["upload"], Publication.account == row["account"])
                .order_by(Publication.slot, ascending=False)
                .first()
                .lock_rows("UPDATE")
            )
            kept = ("workspace", "upload", "account", "rendition", "platform", "caption", "options")
            await Publication.insert(
                Publication(
                    id=copy_id,
                    **{name: row[name] for name in kept},
                    bytes_total=row["bytes_total"],
                    time_zone=row["time_zone"],
                    created_by=user_id,
                    slot=(last["slot"] if last else 0) + 1,
                    state=S.QUEUED.value,
                    consent=msgspec.json.encode(
                        {"by": str(user_id), "at": now().isoformat(), "again": str(publication_id)}
                    ).decode(),
                )
            )
            await enqueue_publish(copy_id, workspace_id, None)
        return await self.detail(workspace_id, copy_id)

    async def settle(
        self, workspace_id: UUID, publication_id: UUID, verdict: Verdict
    ) -> PublicationDetail:
        """Take a person's word for an outcome that the platform does not tell.

        Raises:
            ConflictError: ``not_unknown``.
        """
        await self._row(workspace_id, publication_id)
        if verdict.outcome == "published":
            moved = await advance(
                publication_id,
                (S.UNKNOWN,),
                S.PUBLISHED,
                published_at=now(),
                public_url=verdict.public_url,
            )
        else:
            moved = await advance(publication_id, (S.UNKNOWN,), S.FAILED)
        if not moved:
            raise ConflictError("The outcome of this publication is known.", code="not_unknown")
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


_MOVABLE = (S.HELD, S.SCHEDULED, S.QUEUED, S.RETRY_WAIT)


async def _to(publication_id: UUID, target: PublicationState, columns: dict[str, Any]) -> bool:
    for origin in _MOVABLE:
        if origin is target:
            if await _update(publication_id, origin, columns):
                return True
        elif await advance(publication_id, (origin,), target, **columns):
            return True
    return False


async def _update(publication_id: UUID, state: PublicationState, columns: dict[str, Any]) -> bool:
    changes = {getattr(Publication, name): value for name, value in columns.items()}
    rows = await (
        Publication.update(changes)
        .where(Publication.id == publication_id, Publication.state == state.value)
        .returning(Publication.id)
    )
    return bool(rows)


def _too_late(state: str) -> ConflictError:
    if state in TOO_LATE:
        return ConflictError(
            "The post is public or being made public.",
            code="too_late",
            action="Remove it on the platform.",
        )
    return ConflictError(f"The publication is {state}.", code="wrong_state")
