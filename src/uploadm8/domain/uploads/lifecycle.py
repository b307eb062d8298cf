"""The upload's state machine: the only moves there are, made by compare-and-set."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.errors import ConflictError
from uploadm8.infra.clock import now

S = UploadState

MOVES: Mapping[UploadState, frozenset[UploadState]] = {
    S.PENDING: frozenset({S.UPLOADED, S.EXPIRED, S.CANCELED}),
    S.UPLOADED: frozenset({S.VALIDATING, S.REJECTED, S.CANCELED}),
    S.VALIDATING: frozenset({S.RENDERING, S.READY, S.REJECTED, S.CANCELED}),
    S.RENDERING: frozenset({S.READY, S.REJECTED, S.CANCELED}),
    S.READY: frozenset({S.RENDERING, S.PURGED}),
    S.REJECTED: frozenset({S.PURGED}),
    S.EXPIRED: frozenset({S.PURGED}),
    S.CANCELED: frozenset({S.PURGED}),
    S.PURGED: frozenset(),
}


class IllegalMoveError(ConflictError):
    """An upload cannot go from its state to that one."""

    code = "illegal_state_change"


async def advance(
    upload_id: UUID, origins: tuple[UploadState, ...], target: UploadState, **changes: Any
) -> bool:
    """Move an upload from one of `origins` to `target`; False if it is in none of them (any more).

    Raises:
        IllegalMoveError: one of the moves is not in the table; a bug in the caller.
    """
    for origin in origins:
        if target not in MOVES[origin]:
            raise IllegalMoveError(f"An upload never goes from {origin} to {target}.")
    columns = {getattr(Upload, name): value for name, value in changes.items()}
    rows = await (
        Upload.update({**columns, Upload.state: target.value, Upload.updated_at: now()})
        .where(Upload.id == upload_id, Upload.state.is_in([origin.value for origin in origins]))
        .returning(Upload.id)
    )
    return bool(rows)
