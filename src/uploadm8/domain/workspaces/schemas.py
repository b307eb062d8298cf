"""What goes over the wire about workspaces."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from uploadm8.domain.accounts.schemas import (
    Email,
    Opaque,
    Password,
    SupportView,
    Transport,
    UserView,
)
from uploadm8.domain.workspaces.tables import MemberRole

WorkspaceName = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
InvitedRole = Literal["admin", "editor", "viewer"]


class MemberOf(Struct, frozen=True):
    """A workspace that the user belongs to."""

    id: UUID
    name: str
    role: str


class WorkspaceList(Struct, frozen=True):
    """The caller's workspaces, oldest membership first."""

    items: list[MemberOf]
    next_cursor: None = None


class Me(Struct, frozen=True):
    """The caller, and the workspace in which the request acts.

    `scopes` is null for a session, and what an API key is limited to otherwise. `support` lists
    administrators who are in the user's place now; `is_support` tells that this caller is one.
    """

    user: UserView
    workspace_id: UUID
    workspace_role: str
    workspaces: list[MemberOf]
    scopes: list[str] | None = None
    support: list[SupportView] = []
    is_support: bool = False


class NewApiKey(Struct, forbid_unknown_fields=True, frozen=True):
    """A key to make.

    `scopes` are `subject:read` or `subject:write`, where the subject is the first part of a path
    after /api (uploads, publications, platforms, analytics, kpi, settings, ...) or `*`.
    """

    name: Annotated[str, Meta(min_length=1, max_length=80, examples=["upload script"])]
    scopes: Annotated[
        list[Annotated[str, Meta(max_length=40)]],
        Meta(min_length=1, max_length=30, examples=[["uploads:write", "publications:read"]]),
    ]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class ApiKeyView(Struct, frozen=True):
    """A key without its token."""

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class CreatedApiKey(Struct, frozen=True):
    """A new key; `token` is shown this once."""

    token: str
    key: ApiKeyView


class ApiKeyList(Struct, frozen=True):
    """The caller's keys in the workspace, newest first."""

    items: list[ApiKeyView]
    next_cursor: None = None


class DeletionScheduled(Struct, frozen=True):
    """When the account will be erased, unless the mailed link is followed before."""

    deletion_due_at: datetime


class ExportView(Struct, frozen=True):
    """A copy of the caller's data; `download_url` works for 15 minutes, ask again for a new one."""

    id: UUID
    state: Literal["preparing", "ready"]
    download_url: str | None
    created_at: datetime


class NewWorkspace(Struct, forbid_unknown_fields=True, frozen=True):
    """A name for a workspace."""

    name: WorkspaceName


class WorkspaceView(Struct, frozen=True):
    """The workspace the request acts in.

    `seats` is how many people the tier has room for; `members` and open `invitations` count.
    """

    id: UUID
    name: str
    role: str
    members: int
    invitations: int
    seats: int


class MemberView(Struct, frozen=True):
    """A member; without a seat (after a downgrade) a member can read and change nothing."""

    user_id: UUID
    email: str
    display_name: str
    role: str
    seated: bool
    two_step: bool
    joined_at: datetime


class MemberList(Struct, frozen=True):
    """Everybody in the workspace, owners first."""

    items: list[MemberView]
    next_cursor: None = None


class RoleChange(Struct, forbid_unknown_fields=True, frozen=True):
    """A member's new role."""

    role: MemberRole


class NewInvitation(Struct, forbid_unknown_fields=True, frozen=True):
    """Someone to invite."""

    email: Email
    role: InvitedRole


class InvitationView(Struct, frozen=True):
    """An open invitation; `mails` counts how often it was sent."""

    id: UUID
    email: str
    role: str
    invited_by: str | None
    mails: int
    mailed_at: datetime
    expires_at: datetime
    expired: bool
    created_at: datetime


class InvitationList(Struct, frozen=True):
    """Open invitations, newest first."""

    items: list[InvitationView]
    next_cursor: None = None


class InvitationOffer(Struct, frozen=True):
    """What an invitation offers; `has_account` says whether to sign in or to make an account."""

    workspace: str
    email: str
    role: str
    inviter: str | None
    has_account: bool
    expires_at: datetime


class JoinRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """An account to make for the invited address."""

    token: Opaque
    password: Password
    display_name: Annotated[str, Meta(max_length=120)] = ""
    transport: Transport = "body"


class Joined(Struct, frozen=True):
    """The workspace that was joined; send it as X-Workspace-Id."""

    workspace_id: UUID
