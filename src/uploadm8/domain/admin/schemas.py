"""What administrators send and get."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from uploadm8.domain.billing.plans import Tier

Reason = Annotated[str, Meta(min_length=3, max_length=500)]


class GrantRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Give a workspace a tier without payment.

    Attributes:
        workspace_id: whom to give it; or
        email: the owner of the workspace.
        tier: what to give.
        reason: why; kept for good.
        ends_at: until when; None means until revoked.
    """

    tier: Tier
    reason: Reason
    workspace_id: UUID | None = None
    email: Annotated[str, Meta(max_length=320)] | None = None
    ends_at: datetime | None = None


class GrantOut(Struct, kw_only=True):
    """A grant that was made."""

    id: UUID
    workspace_id: UUID
    tier: str
    ends_at: datetime | None
