"""The publication's state machine: the only moves there are, made by compare-and-set."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from uploadm8.domain.publishing.announcements import announce_state, is_told_at_once
from uploadm8.domain.publishing.tables import Publication, PublicationState, ScheduleMode
from uploadm8.errors import ConflictError
from uploadm8.infra.clock import now
from uploadm8.infra.db.assignments import assignments
from uploadm8.infra.db.transaction import after_commit, transaction
from uploadm8.infra.metrics.catalog import PUBLICATIONS, PUBLISH_SECONDS

S = PublicationState

_ENDS = {S.FAILED, S.CANCELED}
_PARKED = {S.RETRY_WAIT, S.NEEDS_RECONNECT}
_PUT_OFF = {S.HELD, S.SCHEDULED, S.QUEUED}  # by a person, until the commit

MOVES: Mapping[PublicationState, frozenset[PublicationState]] = {
    S.DRAFT: frozenset({S.HELD, S.SCHEDULED, S.QUEUED, *_ENDS}),
    S.HELD: frozenset({S.SCHEDULED, S.QUEUED, *_ENDS}),
    S.SCHEDULED: frozenset({S.QUEUED, S.HELD, S.PREPARING, *_PARKED, *_ENDS}),
    S.QUEUED: frozenset({S.PREPARING, S.HELD, S.SCHEDULED, *_PARKED, *_ENDS}),
    S.PREPARING: frozenset({S.TRANSFERRING, *_PUT_OFF, *_PARKED, *_ENDS}),
    S.TRANSFERRING: frozenset({S.PREPARING, S.COMMITTING, *_PUT_OFF, *_PARKED, *_ENDS}),
    # A refusal of the commit itself proves that nothing was published.
    S.COMMITTING: frozenset({S.CONFIRMING, S.TRANSFERRING, *_PARKED, S.FAILED}),
    S.CONFIRMING: frozenset(
        {S.PUBLISHED, S.UNKNOWN, S.COMMITTING, S.TRANSFERRING, *_PARKED, S.FAILED}
    ),
    S.RETRY_WAIT: frozenset(
        {S.PREPARING, S.HELD, S.QUEUED, S.SCHEDULED, S.NEEDS_RECONNECT, *_ENDS}
    ),
    S.NEEDS_RECONNECT: frozenset({S.QUEUED, S.SCHEDULED, S.PREPARING, *_ENDS}),
    S.UNKNOWN: frozenset({S.PUBLISHED, S.FAILED}),
    S.PUBLISHED: frozenset(),
    # A commit without a verdict is asked about before anything else is done.
    S.FAILED: frozenset({S.QUEUED, S.CONFIRMING}),
    S.CANCELED: frozenset(),
}

TERMINAL = frozenset({S.PUBLISHED, S.FAILED, S.CANCELED})
CANCELABLE = tuple(s for s, targets in MOVES.items() if S.CANCELED in targets)
TOO_LATE = (S.COMMITTING, S.CONFIRMING, S.PUBLISHED, S.UNKNOWN)


class IllegalMoveError(ConflictError):
    """A publication cannot go from its state to that one."""

    code = "illegal_state_change"


async def advance(
    publication_id: UUID,
    origins: Iterable[PublicationState],
    target: PublicationState,
    **changes: Any,
) -> bool:
    """Move a publication from one of `origins` to `target`; False if it is in none of them.

    Raises:
        IllegalMoveError: one of the moves is not in the table; a bug in the caller.
    """
    states = tuple(origins)
    for origin in states:
        if target not in MOVES[origin]:
            raise IllegalMoveError(f"A publication never goes from {origin} to {target}.")
    text, values = assignments({**changes, "state": target.value, "updated_at": now()})
    async with transaction():
        rows = await Publication.raw(
            f"UPDATE publications SET {text} WHERE id = {{}} AND state = ANY({{}}::text[])"  # noqa: S608
            " RETURNING platform, accepted_at, publish_at, schedule_mode",
            *values,
            publication_id,
            [state.value for state in states],
        )
        if rows and is_told_at_once(target, changes):
            await announce_state(publication_id)
        for row in rows:
            await after_commit(partial(_measure, row, target))
    return bool(rows)


async def _measure(row: Mapping[str, Any], target: PublicationState) -> None:
    """Count the move; a post of the manual queue waited for a person, which is no delay of ours."""
    PUBLICATIONS.labels(row["platform"], target.value).inc()
    if target is S.PUBLISHED and row["schedule_mode"] != ScheduleMode.QUEUE:
        due = max(row["accepted_at"], row["publish_at"] or row["accepted_at"])
        seconds = max(0.0, (now() - due).total_seconds())
        PUBLISH_SECONDS.labels(row["platform"]).observe(seconds)


def origins_of(target: PublicationState) -> tuple[PublicationState, ...]:
    """Every state from which `target` can be reached in one move."""
    return tuple(state for state, targets in MOVES.items() if target in targets)
