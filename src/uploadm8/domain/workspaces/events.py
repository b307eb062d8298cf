"""What a workspace can be told of: one row per event, and the job that passes it on."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from uploadm8.domain.workspaces.tables import WorkspaceEvent
from uploadm8.infra.db.json_columns import to_json
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import PASS_ON_EVENT
from uploadm8.infra.jobs.queue import enqueue


class EventKind(StrEnum):
    """What happened; also the `type` of an outgoing webhook."""

    UPLOAD_READY = "upload.ready"
    UPLOAD_REJECTED = "upload.rejected"
    PUBLICATION_PUBLISHED = "publication.published"
    PUBLICATION_FAILED = "publication.failed"
    PUBLICATION_UNKNOWN = "publication.unknown"
    PUBLICATION_HELD = "publication.held"
    ACCOUNT_NEEDS_RECONNECT = "account.needs_reconnect"
    QUOTA_USED = "quota.used"
    WEEKLY_DIGEST = "digest.weekly"
    WEBHOOK_TEST = "webhook.test"
    WEBHOOK_STOPPED = "webhook.stopped"
    DISCORD_WEBHOOK_REMOVED = "discord.webhook_removed"


async def announce(
    workspace_id: UUID,
    kind: EventKind,
    occasion: str,
    *,
    subject: UUID | None = None,
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Record an event and the job that tells of it, in the caller's transaction.

    Args:
        workspace_id: whose event it is.
        kind: what happened.
        occasion: what makes it this one; the same kind and occasion are told once.
        subject: the row it is about.
        facts: what there is to say; JSON-able.

    Returns:
        Whether it was new.
    """
    async with transaction():
        event_id = await record_event(workspace_id, kind, occasion, subject=subject, facts=facts)
        if event_id is None:
            return False
        await enqueue(PASS_ON_EVENT, ref_id=event_id, workspace_id=workspace_id)
        return True


async def record_event(
    workspace_id: UUID,
    kind: EventKind,
    occasion: str,
    *,
    subject: UUID | None = None,
    facts: Mapping[str, Any] | None = None,
) -> UUID | None:
    """Record an event that nobody is told of by itself; None when it was recorded before."""
    event_id = new_id()
    rows = await WorkspaceEvent.raw(
        "INSERT INTO workspace_events (id, workspace, kind, subject, facts, unique_key)"
        " VALUES ({}, {}, {}, {}, {}, {}) ON CONFLICT (unique_key) DO NOTHING RETURNING id",
        event_id,
        workspace_id,
        kind.value,
        subject,
        to_json(dict(facts or {})),
        f"{kind.value}:{workspace_id}:{occasion}",
    )
    return event_id if rows else None
