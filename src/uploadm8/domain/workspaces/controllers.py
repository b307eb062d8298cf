"""/api/auth/me: the caller and the caller's workspaces."""

from litestar import Controller, get
from litestar.di import NamedDependency

from uploadm8.api.guards import given, needs
from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.service import Accounts
from uploadm8.domain.workspaces.schemas import Me
from uploadm8.domain.workspaces.service import Workspaces


class MeController(Controller):
    """Who am I, and where."""

    path = "/api/auth/me"
    tags = ["Authentication"]
    dependencies = {"accounts": given("accounts"), "workspaces": given("workspaces")}

    @get("/", summary="Who am I", **needs(scope="auth:read"))
    async def me(
        self,
        principal: NamedDependency[Principal],
        accounts: NamedDependency[Accounts],
        workspaces: NamedDependency[Workspaces],
    ) -> Me:
        """The caller, the workspace the request acts in, and the others to choose from."""
        return Me(
            user=await accounts.view(principal.user_id),
            workspace_id=principal.workspace_id,
            workspace_role=principal.role,
            workspaces=await workspaces.of_user(principal.user_id),
            scopes=None if principal.scopes is None else sorted(principal.scopes),
        )
