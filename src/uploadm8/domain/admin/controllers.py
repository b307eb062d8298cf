"""/api/admin: for administrators and holders of the admin key."""

from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from uploadm8.api.admin import admin_only, admin_route
from uploadm8.api.guards import given
from uploadm8.domain.admin.schemas import GrantOut, GrantRequest
from uploadm8.domain.admin.service import Administration


class AdminController(Controller):
    """Running the place."""

    path = "/api/admin"
    tags = ["Admin"]
    guards = [admin_only]
    dependencies = {"administration": given("administration")}

    @post("/entitlements/grant", summary="Give a workspace a tier", **admin_route())
    async def grant(
        self,
        data: JSONBody[GrantRequest],
        request: Request[Any, Any, Any],
        administration: NamedDependency[Administration],
    ) -> GrantOut:
        """Without payment, with a reason, perhaps until a date; it outranks the subscription."""
        principal = request.scope["state"].get("principal")
        return await administration.grant(data, principal.user_id if principal else None)
