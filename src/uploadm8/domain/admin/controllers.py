"""/api/admin/entitlements: tiers without payment."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from uploadm8.api.admin import admin_only, admin_route
from uploadm8.api.guards import given
from uploadm8.domain.admin.act_schemas import GrantList, GrantOut, GrantRequest, GrantRevocation
from uploadm8.domain.admin.service import Administration


class AdminController(Controller):
    """Tiers without payment."""

    path = "/api/admin/entitlements"
    tags = ["Admin"]
    guards = [admin_only]
    dependencies = {"administration": given("administration")}

    @get("/", summary="Grants of a workspace", **admin_route())
    async def list(
        self, workspace_id: FromQuery[UUID], administration: NamedDependency[Administration]
    ) -> GrantList:
        """Also those that have ended or were taken back, newest first."""
        return GrantList(items=[*await administration.of_workspace(workspace_id)])

    @post("/grant", summary="Give a workspace a tier", **admin_route(fresh_s=300))
    async def grant(
        self,
        data: JSONBody[GrantRequest],
        request: Request[Any, Any, Any],
        administration: NamedDependency[Administration],
    ) -> GrantOut:
        """Without payment, with a reason, perhaps until a date; it outranks the subscription."""
        principal = request.scope["state"].get("principal")
        return await administration.grant(data, principal.user_id if principal else None)

    @post("/revoke", status_code=200, summary="Take a grant back", **admin_route(fresh_s=300))
    async def revoke(
        self, data: JSONBody[GrantRevocation], administration: NamedDependency[Administration]
    ) -> GrantOut:
        """Now, with a reason; a second time changes nothing."""
        return await administration.revoke(data)
