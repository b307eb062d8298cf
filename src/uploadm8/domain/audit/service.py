"""Reading the audit log: filtered, paged, exported; always of one workspace."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.audit.schemas import AuditEntryOut
from uploadm8.domain.billing.entitlements import Entitlements
from uploadm8.domain.billing.plans import Feature
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.audit.tables import AuditEntry
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.exports import Format, write

PAGE = 1000
# The staff's names and addresses are not the team's business.
_STAFF = "a.actor_kind IN ('admin', 'admin_key')"
_SELECT = f"""
    SELECT a.id, a.at, a.action, a.actor_kind, a.key_id, a.subject_kind, a.subject_id, a.reason,
        a.details, a.request_id,
        CASE WHEN {_STAFF} THEN NULL ELSE a.actor_id END AS actor_id,
        CASE WHEN {_STAFF} THEN NULL ELSE u.email END AS actor_email,
        CASE WHEN {_STAFF} THEN NULL ELSE a.address END AS address
    FROM audit_log a LEFT JOIN users u ON u.id=a.actor_id
    WHERE a.workspace_id={{}}
"""  # noqa: S608  a constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which acts.

    Attributes:
        action: exact, or a subject with its dot (`member.`) for all acts on it.
        start: not before this time; `end`: before that one.
    """

    action: str | None = None
    actor_id: UUID | None = None
    subject_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def where(self) -> tuple[str, list[object]]:
        """The condition, and its arguments."""
        asked: tuple[tuple[str, object], ...] = (
            ("starts_with(a.action, {})", self.action)
            if self.action and self.action.endswith(".")
            else ("a.action={}", self.action),
            ("a.actor_id={}", self.actor_id),
            ("a.subject_id={}", self.subject_id),
            ("a.at >= {}", self.start),
            ("a.at < {}", self.end),
        )
        used = [(text, value) for text, value in asked if value is not None]
        return "".join(f" AND {text}" for text, _ in used), [value for _, value in used]


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """The log of a workspace, for tiers that have it; it is written on every tier."""

    entitlements: Entitlements

    async def listing(
        self, workspace_id: UUID, wanted: Filter, limit: int, before: UUID | None
    ) -> list[AuditEntryOut]:
        """Newest first, from before an id.

        Raises:
            PaymentRequiredError: code ``feature_not_in_tier``.
        """
        await self.entitlements.require(workspace_id, Feature.AUDIT_LOGS)
        return await _rows(workspace_id, wanted, limit, before)

    async def export(
        self, workspace_id: UUID, wanted: Filter, written: Format
    ) -> AsyncIterator[str]:
        """All of it in pieces, newest first; that it was taken is recorded too.

        Raises:
            PaymentRequiredError: code ``feature_not_in_tier``.
        """
        await self.entitlements.require(workspace_id, Feature.AUDIT_LOGS)
        async with transaction():
            await record(
                Action.EXPORTED,
                workspace_id=workspace_id,
                subject=("export", "audit"),
                details={"format": written.value},
            )
        first = await _rows(workspace_id, wanted, PAGE, None)
        return write(written, AuditEntryOut, _pages(workspace_id, wanted, first))


async def _rows(
    workspace_id: UUID, wanted: Filter, limit: int, before: UUID | None
) -> list[AuditEntryOut]:
    where, args = wanted.where()
    if before is not None:
        where, args = f"{where} AND a.id < {{}}", [*args, before]
    rows: list[dict[str, Any]] = await AuditEntry.raw(
        f"{_SELECT}{where} ORDER BY a.id DESC LIMIT {{}}", workspace_id, *args, limit
    )
    return [AuditEntryOut(**{**row, "details": _facts(row["details"])}) for row in rows]


def _facts(stored: object) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(stored) if isinstance(stored, str) else {}
    return found


async def _pages(
    workspace_id: UUID, wanted: Filter, rows: list[AuditEntryOut]
) -> AsyncIterator[Sequence[AuditEntryOut]]:
    while rows:
        yield rows
        if len(rows) < PAGE:
            return
        rows = await _rows(workspace_id, wanted, PAGE, rows[-1].id)
