"""Move a publication in time: to another moment, into the queue, out of it."""

from typing import Any
from uuid import UUID

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.lifecycle import TOO_LATE, advance
from uploadm8.domain.publishing.release import enqueue_publish
from uploadm8.domain.publishing.schedule import When, resolve
from uploadm8.domain.publishing.schemas import Reschedule
from uploadm8.domain.publishing.tables import Publication, PublicationState, ScheduleMode
from uploadm8.domain.publishing.targets import Targets
from uploadm8.errors import ConflictError
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.cancel import request_cancel
from uploadm8.infra.jobs.catalog import PUBLISH

S = PublicationState
# Forwards, as a delivery goes; a post in its platform's hands only waits there for its commit.
_MOVABLE = (S.HELD, S.SCHEDULED, S.QUEUED, S.RETRY_WAIT, S.PREPARING, S.TRANSFERRING)
_NO_ERROR = dict.fromkeys(("error_class", "error_code", "error_detail", "error_action"))
_GIVEN_UP = {"handle_enc": None, "handle_at": None, "bytes_sent": 0}


async def reschedule(targets: Targets, row: dict[str, Any], wish: Reschedule) -> None:
    """Give a publication another time, until its commit.

    What the platform was handed is given up, unless the post is wanted now: it would not last.

    Raises:
        InvalidRequestError: ``invalid_schedule``.
        PaymentRequiredError: the tier lacks that kind of schedule.
        ConflictError: ``too_late``.
    """
    publication_id, workspace_id = row["id"], row["workspace"]
    async with transaction():
        await request_cancel([publication_id], PUBLISH)
        when = await targets.timed(
            workspace_id,
            resolve(wish.schedule, now(), row["time_zone"]),
            row["account"],
            Platform(row["platform"]),
        )
        target, columns = _target(when), _columns(when)
        moved = await _update(publication_id, S.DRAFT, columns)
        if not moved:
            held = "manual_queue" if target is S.HELD else None
            columns |= {"held_reason": held, **_NO_ERROR} | (
                {} if target is S.QUEUED else _GIVEN_UP
            )
            moved = await _to(publication_id, target, columns)
            if moved and target is not S.HELD:
                await enqueue_publish(publication_id, workspace_id, when.publish_at)
        if not moved:
            raise too_late(row["state"])


def _target(when: When) -> PublicationState:
    if when.publish_at is not None:
        return S.SCHEDULED
    return S.HELD if when.mode is ScheduleMode.QUEUE else S.QUEUED


def _columns(when: When) -> dict[str, Any]:
    return {
        "schedule_mode": when.mode.value,
        "publish_at": when.publish_at,
        "time_zone": when.time_zone,
        "why": when.why,
    }


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


def too_late(state: str) -> ConflictError:
    """Make the error for a publication that can no longer be moved or canceled."""
    if state in TOO_LATE:
        return ConflictError(
            "The post is public or being made public.",
            code="too_late",
            action="Remove it on the platform.",
        )
    return ConflictError(f"The publication is {state}.", code="wrong_state")
