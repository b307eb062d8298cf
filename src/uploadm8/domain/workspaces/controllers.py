"""/api/auth/me and /api/api-keys: the caller, the caller's workspaces and keys."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from uploadm8.api.guards import ANY_SCOPE, given, needs
from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.service import Accounts
from uploadm8.domain.workspaces.api_keys import ApiKeys
from uploadm8.domain.workspaces.schemas import (
    ApiKeyList,
    CreatedApiKey,
    Me,
    NewApiKey,
)
from uploadm8.domain.workspaces.service import Workspaces


class MeController(Controller):
    """Who am I, and where."""

    path = "/api/auth/me"
    tags = ["Authentication"]
    dependencies = {"accounts": given("accounts"), "workspaces": given("workspaces")}

    @get("/", summary="Who am I", **needs(scope=ANY_SCOPE))
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
            support=await accounts.sessions.support(principal.user_id),
            is_support=principal.support is not None,
        )


class ApiKeysController(Controller):
    """Personal access tokens."""

    path = "/api/api-keys"
    tags = ["API keys"]
    dependencies = {"api_keys": given("api_keys")}

    @get("/", summary="List API keys", **needs(session=True))
    async def list(
        self, principal: NamedDependency[Principal], api_keys: NamedDependency[ApiKeys]
    ) -> ApiKeyList:
        """The caller's keys in this workspace, without their tokens."""
        return ApiKeyList(await api_keys.list(principal))

    @post("/", summary="Make an API key", **needs(session=True, fresh_s=300))
    async def create(
        self,
        data: JSONBody[NewApiKey],
        principal: NamedDependency[Principal],
        api_keys: NamedDependency[ApiKeys],
    ) -> CreatedApiKey:
        """Needs step-up; the token is in this answer only, so Idempotency-Key is not honoured."""
        key, token = await api_keys.create(principal, data)
        return CreatedApiKey(token, key)

    @delete("/{key_id:uuid}", summary="Revoke an API key", **needs(session=True))
    async def revoke(
        self,
        key_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        api_keys: NamedDependency[ApiKeys],
    ) -> None:
        """It stops working at once."""
        await api_keys.revoke(principal, key_id)
