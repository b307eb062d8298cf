"""What administrators send to act, and what they get; every act has a reason, kept for good."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from uploadm8.domain.accounts.tables import UserRole
from uploadm8.domain.billing.plans import Tier

# Three characters that are not blank: spaces tell nobody why.
Reason = Annotated[
    str,
    Meta(min_length=3, max_length=500, pattern=r"\S\s*\S\s*\S", examples=["ticket 4711"]),
]


class Why(Struct, kw_only=True, forbid_unknown_fields=True):
    """The reason of an act."""

    reason: Reason


class GrantRequest(Why, kw_only=True, forbid_unknown_fields=True):
    """Give a workspace a tier without payment.

    Attributes:
        workspace_id: whom to give it; or
        email: the owner of the workspace.
        tier: what to give.
        ends_at: until when; None means until revoked.
    """

    tier: Tier
    workspace_id: UUID | None = None
    email: Annotated[str, Meta(max_length=320)] | None = None
    ends_at: datetime | None = None


class GrantRevocation(Why, kw_only=True, forbid_unknown_fields=True):
    """Take a grant back."""

    grant_id: UUID


class GrantOut(Struct, kw_only=True):
    """A grant."""

    id: UUID
    workspace_id: UUID
    tier: str
    reason: str
    granted_by: UUID | None
    created_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None


class GrantList(Struct, kw_only=True):
    """Every grant of a workspace, newest first."""

    items: list[GrantOut]
    next_cursor: None = None


class RoleRequest(Why, kw_only=True, forbid_unknown_fields=True):
    """Make someone an administrator of the installation, or no longer one."""

    user_id: UUID
    role: UserRole


class SignedOut(Struct, kw_only=True):
    """How many sessions were ended."""

    sessions: int


class SupportRequest(Why, kw_only=True, forbid_unknown_fields=True):
    """Look through a user's eyes.

    Attributes:
        minutes: for how long.
        writes: whether to change things too.
    """

    minutes: Annotated[int, Meta(ge=1, le=60)] = 30
    writes: bool = False


class SupportOut(Struct, kw_only=True):
    """An access token in a user's place; it cannot be refreshed."""

    access_token: str
    session_id: UUID
    user_id: UUID
    writes: bool
    expires_in: int


class JobOut(Struct, kw_only=True):
    """A job as administrators see it; arguments stay out, they may name people."""

    id: UUID
    kind: str
    queue: str
    state: str
    workspace_id: UUID | None
    ref_id: UUID | None
    run_at: datetime
    attempts: int
    crashes: int
    error_class: str | None
    error_code: str | None
    error_detail: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    trace_id: str | None


class RequeueRequest(Why, kw_only=True, forbid_unknown_fields=True):
    """Give dead jobs another life, oldest first.

    Attributes:
        kind: only of this kind.
        ours: only those that died of our faults, not of a refused video or post.
        limit: at most so many.
    """

    kind: Annotated[str, Meta(max_length=64)] | None = None
    ours: bool = True
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class Requeued(Struct, kw_only=True):
    """How many jobs were queued again."""

    jobs: int
