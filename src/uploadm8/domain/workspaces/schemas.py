"""What goes over the wire about workspaces."""

from uuid import UUID

from msgspec import Struct

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
