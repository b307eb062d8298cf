"""The one writer of the audit log."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.origin import SYSTEM, Actor, current
from uploadm8.infra.audit.tables import AuditEntry
from uploadm8.infra.db.engine import DB
from uploadm8.infra.ids import new_id

_COLUMNS = (
    "id, workspace_id, actor_kind, actor_id, key_id, action, subject_kind, subject_id, reason,"
    " details, address, request_id"
)
_INSERT = f"INSERT INTO audit_log ({_COLUMNS}) VALUES ({', '.join(['{}'] * 12)})"  # noqa: S608
# What a person does to the account concerns every workspace the person is in.
_WORKSPACES = 'SELECT workspace FROM memberships WHERE "user"={}'


async def record(
    action: Action,
    *,
    workspace_id: UUID | None,
    subject: tuple[str, object] | None = None,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
) -> None:
    """Record an act, in the transaction that does it: both are kept, or neither.

    Args:
        action: what was done.
        workspace_id: whose log it belongs to; None for acts on the whole installation.
        subject: what it was done to, as a kind ("member", "publication") and an id.
        reason: why, in the words of who did it.
        details: further JSON-able facts; ids rather than names, and never a secret or an address.
        actor: who did it, when that is not whom the request's credential names.

    Raises:
        RuntimeError: there is no transaction; a bug of the caller.
    """
    if not DB.transaction_exists():
        raise RuntimeError("an act is recorded in the transaction that does it")
    origin = current()
    who = actor or (origin.actor if origin else SYSTEM)
    kind, subject_id = subject or (None, None)
    await AuditEntry.raw(
        _INSERT,
        new_id(),
        workspace_id,
        who.kind.value,
        who.user_id,
        who.key_id,
        action.value,
        kind,
        None if subject_id is None else str(subject_id)[:80],
        reason,
        msgspec.json.encode(dict(details or {})).decode(),
        origin.address[:64] if origin else None,
        origin.request_id if origin else None,
    )


async def record_of_user(
    action: Action,
    user_id: UUID,
    *,
    actor: Actor | None = None,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Record what was done with a person's account, in every workspace the person is in.

    Raises:
        RuntimeError: there is no transaction; a bug of the caller.
    """
    rows = await AuditEntry.raw(_WORKSPACES, user_id)
    for workspace_id in [row["workspace"] for row in rows] or [None]:
        await record(
            action,
            workspace_id=workspace_id,
            subject=("user", user_id),
            reason=reason,
            details=details,
            actor=actor,
        )
