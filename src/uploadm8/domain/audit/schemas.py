"""What clients get of the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct


class AuditEntryOut(Struct, kw_only=True):
    """One act.

    Attributes:
        actor_kind: `user`, `api_key`, `admin` (UploadM8's staff), `admin_key` or `system`.
        actor_email: of the person now; null for staff, scripts, and people whose account is gone.
        key_id: the API key that was used.
        subject_kind: what it was done to, with `subject_id`.
        reason: why, in the words of whoever did it.
        address: where the request came from; null for background work and for staff.
    """

    id: UUID
    at: datetime
    action: str
    actor_kind: str
    actor_id: UUID | None
    actor_email: str | None
    key_id: UUID | None
    subject_kind: str | None
    subject_id: str | None
    reason: str | None
    details: dict[str, Any]
    address: str | None
    request_id: str | None
