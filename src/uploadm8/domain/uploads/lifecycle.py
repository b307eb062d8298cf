"""The upload's state machine: the only moves there are, made by compare-and-set."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.domain.workspaces.events import EventKind, announce
from uploadm8.errors import ConflictError
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction

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
    async with transaction():
        rows = await (
            Upload.update({**columns, Upload.state: target.value, Upload.updated_at: now()})
            .where(Upload.id == upload_id, Upload.state.is_in([origin.value for origin in origins]))
            .returning(*_TOLD)
        )
        if rows and target in _NEWS:
            await _announce(_NEWS[target], rows[0])
    return bool(rows)


_NEWS = {S.READY: EventKind.UPLOAD_READY, S.REJECTED: EventKind.UPLOAD_REJECTED}
_TOLD = (
    Upload.id,
    Upload.workspace,
    Upload.title,
    Upload.filename,
    Upload.updated_at,
    Upload.error_code,
    Upload.error_detail,
    Upload.error_action,
)


async def _announce(kind: EventKind, row: Mapping[str, Any]) -> None:
    error = {name: row[f"error_{name}"] for name in ("code", "detail", "action")}
    await announce(
        row["workspace"],
        kind,
        f"{row['id']}:{row['updated_at'].isoformat()}",
        subject=row["id"],
        facts={
            "upload_id": str(row["id"]),
            "title": row["title"] or row["filename"],
            "filename": row["filename"],
            "error": error if kind is EventKind.UPLOAD_REJECTED else None,
        },
    )
