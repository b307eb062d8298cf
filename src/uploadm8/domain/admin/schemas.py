"""What administrators send and get."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from uploadm8.domain.accounts.tables import UserRole
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.kpi.schemas import Summary

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


class FoundUser(Struct, kw_only=True):
    """A user as administrators see them; `workspace_id` is the first workspace they own."""

    id: UUID
    email: str
    display_name: str
    role: str
    verified: bool
    workspace_id: UUID | None
    stripe_customer_id: str | None
    created_at: datetime
    last_login_at: datetime | None
    disabled_at: datetime | None


class RoleRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Make someone an administrator of the installation, or no longer one."""

    user_id: UUID
    role: UserRole
    reason: Reason


class Money(Struct, kw_only=True):
    """Subscriptions now, at list prices; churn is of the range.

    Attributes:
        churn: ended in the range / (ended in the range + paying now).
        conversion: paying subscriptions / workspaces.
    """

    currency: str
    paying: int
    trialing: int
    paying_by_tier: dict[str, int]
    mrr_cents: int
    arr_cents: int
    churn: float | None
    conversion: float | None


class JobsOut(Struct, kw_only=True):
    """Background work now; `oldest_due_s` is how long the oldest due job has waited."""

    due: int
    running: int
    dead: int
    oldest_due_s: float | None


class OverviewOut(Struct, kw_only=True):
    """The whole installation: uploads and posts of the range, everything else now."""

    users: int
    workspaces: int
    uploads: int
    storage_bytes: int
    money: Money
    jobs: JobsOut
    posts: Summary
