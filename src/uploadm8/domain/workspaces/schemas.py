"""What goes over the wire about workspaces."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from uploadm8.domain.accounts.schemas import UserView


class MemberOf(Struct, frozen=True):
    """A workspace that the user belongs to."""

    id: UUID
    name: str
    role: str


class Me(Struct, frozen=True):
    """The caller, and the workspace in which the request acts.

    `scopes` is null for a session, and what an API key is limited to otherwise.
    """

    user: UserView
    workspace_id: UUID
    workspace_role: str
    workspaces: list[MemberOf]
    scopes: list[str] | None = None


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
