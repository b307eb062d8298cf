"""/api/admin/users: what is done about people."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from uploadm8.api.admin import admin_only, admin_route
from uploadm8.api.guards import given
from uploadm8.domain.admin.act_schemas import (
    RoleRequest,
    SignedOut,
    SupportOut,
    SupportRequest,
    Why,
)
from uploadm8.domain.admin.schemas import FoundUser
from uploadm8.domain.admin.standing import Standing
from uploadm8.domain.admin.support import Support


class AdminPeopleController(Controller):
    """Acts on people; each has a reason and stands in the audit log."""

    path = "/api/admin/users"
    tags = ["Admin"]
    guards = [admin_only]
    dependencies = {"standing": given("standing"), "support": given("support")}

    @post(
        "/role",
        status_code=200,
        summary="Make or unmake an admin",
        **admin_route(person=True, fresh_s=300),
    )
    async def role(
        self, data: JSONBody[RoleRequest], standing: NamedDependency[Standing]
    ) -> FoundUser:
        """Not with the admin key; the last administrator stays one."""
        return await standing.change_role(data)

    @post("/{user_id:uuid}/suspend", status_code=200, summary="Suspend a user", **admin_route())
    async def suspend(
        self, user_id: FromPath[UUID], data: JSONBody[Why], standing: NamedDependency[Standing]
    ) -> FoundUser:
        """Ends every session, stops the keys, and holds posts of workspaces nobody else owns."""
        return await standing.suspend(user_id, data.reason)

    @post("/{user_id:uuid}/unsuspend", status_code=200, summary="End a suspension", **admin_route())
    async def unsuspend(
        self, user_id: FromPath[UUID], data: JSONBody[Why], standing: NamedDependency[Standing]
    ) -> FoundUser:
        """The user may sign in again; held posts wait to be released."""
        return await standing.unsuspend(user_id, data.reason)

    @post(
        "/{user_id:uuid}/sign-out",
        status_code=200,
        summary="End a user's sessions",
        **admin_route(),
    )
    async def sign_out(
        self, user_id: FromPath[UUID], data: JSONBody[Why], standing: NamedDependency[Standing]
    ) -> SignedOut:
        """Every device has to sign in again."""
        return SignedOut(sessions=await standing.sign_out(user_id, data.reason))

    @post(
        "/{user_id:uuid}/impersonate",
        summary="Look through a user's eyes",
        **admin_route(person=True, fresh_s=300),
    )
    async def impersonate(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[SupportRequest],
        request: Request[Any, Any, Any],
        support: NamedDependency[Support],
    ) -> SupportOut:
        """For at most an hour, read-only unless `writes`; the user is told at once and can end it."""
        principal = request.scope["state"]["principal"]
        return await support.enter(principal.user_id, user_id, data)
