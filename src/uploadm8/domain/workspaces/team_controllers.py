"""/api/workspaces and /api/members: one's workspaces, and the people of the one acted in."""

from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from uploadm8.api.guards import given, needs
from uploadm8.api.idempotency import Idempotency
from uploadm8.api.principal import Principal
from uploadm8.domain.workspaces.members import Members
from uploadm8.domain.workspaces.schemas import (
    MemberList,
    MemberOf,
    NewWorkspace,
    RoleChange,
    WorkspaceList,
    WorkspaceView,
)
from uploadm8.domain.workspaces.service import Workspaces


class WorkspacesController(Controller):
    """The caller's workspaces. X-Workspace-Id chooses one; without it the oldest is acted in."""

    path = "/api/workspaces"
    tags = ["Team"]
    dependencies = {"workspaces": given("workspaces"), "members": given("members")}

    @get("/", summary="List my workspaces", **needs(session=True))
    async def list(
        self, principal: NamedDependency[Principal], workspaces: NamedDependency[Workspaces]
    ) -> WorkspaceList:
        """Oldest membership first; the first is the default."""
        return WorkspaceList(await workspaces.of_user(principal.user_id))

    @post("/", summary="Make another workspace", **needs(session=True))
    async def create(
        self,
        data: JSONBody[NewWorkspace],
        principal: NamedDependency[Principal],
        members: NamedDependency[Members],
        idempotency: NamedDependency[Idempotency],
    ) -> Response[MemberOf]:
        """With a tier, quota and people of its own; one at a time may be without a paid tier."""
        return await idempotency.once(
            lambda: members.workspaces.start_another(principal.user_id, data.name, members.seats)
        )

    @get("/current", summary="The workspace acted in")
    async def show(
        self, principal: NamedDependency[Principal], members: NamedDependency[Members]
    ) -> WorkspaceView:
        """With its people and seats."""
        return await members.overview(principal)

    @patch("/current", summary="Rename the workspace", **needs("admin"))
    async def rename(
        self,
        data: JSONBody[NewWorkspace],
        principal: NamedDependency[Principal],
        members: NamedDependency[Members],
    ) -> WorkspaceView:
        """Another name for the workspace acted in."""
        await members.workspaces.rename(principal.workspace_id, data.name)
        return await members.overview(principal)


class MembersController(Controller):
    """The people of the workspace."""

    path = "/api/members"
    tags = ["Team"]
    dependencies = {"members": given("members")}

    @get("/", summary="List members")
    async def list(
        self, principal: NamedDependency[Principal], members: NamedDependency[Members]
    ) -> MemberList:
        """Owners first, then in the order they joined."""
        return MemberList(await members.list(principal.workspace_id))

    @patch("/{user_id:uuid}", summary="Change a member's role", **needs("admin", session=True))
    async def change_role(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[RoleChange],
        principal: NamedDependency[Principal],
        members: NamedDependency[Members],
    ) -> MemberList:
        """At once; nobody gives or takes a role above the own one, and one owner must stay."""
        await members.change_role(principal, user_id, data.role)
        return MemberList(await members.list(principal.workspace_id))

    @delete("/{user_id:uuid}", summary="Remove a member", **needs("admin", session=True))
    async def remove(
        self,
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        members: NamedDependency[Members],
    ) -> None:
        """At once, with the API keys that the member made for this workspace."""
        await members.remove(principal, user_id)

    @post("/leave", summary="Leave the workspace", status_code=204, **needs(session=True))
    async def leave(
        self, principal: NamedDependency[Principal], members: NamedDependency[Members]
    ) -> None:
        """The only owner hands the workspace over first."""
        await members.leave(principal)

    @post(
        "/{user_id:uuid}/transfer",
        summary="Hand the workspace over",
        status_code=200,
        **needs("owner", session=True, fresh_s=300),
    )
    async def transfer(
        self,
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        members: NamedDependency[Members],
    ) -> MemberList:
        """Makes the member the owner and the caller an admin; needs step-up."""
        await members.transfer(principal, user_id)
        return MemberList(await members.list(principal.workspace_id))
