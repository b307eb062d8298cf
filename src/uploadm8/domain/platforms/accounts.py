"""Connected accounts: list, connect, reconnect, disconnect."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.platforms.clients.base import Platform, Profile
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import NotFoundError, PaymentRequiredError
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import REVOKE_ACCOUNT
from uploadm8.infra.jobs.queue import enqueue

AccountLimit = Callable[[UUID], Awaitable[int]]
"""How many accounts the tier of a workspace allows; asked with the workspace locked."""


class AccountLimitError(PaymentRequiredError):
    """The workspace's tier allows no further connected account."""

    code = "account_limit"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of workspaces."""

    vault: Vault
    allow_account: AccountLimit

    async def of_workspace(self, workspace_id: UUID) -> Sequence[Mapping[str, Any]]:
        """Return the accounts that are connected or wait to be reconnected, oldest first."""
        found: list[dict[str, Any]] = await (
            ConnectedAccount.select()
            .where(
                ConnectedAccount.workspace == workspace_id,
                ConnectedAccount.state != AccountState.DISCONNECTED,
            )
            .order_by(ConnectedAccount.created_at)
        )
        return found

    async def one(self, workspace_id: UUID, account_id: UUID) -> Mapping[str, Any]:
        """Return one account.

        Raises:
            NotFoundError: it is not there, or not this workspace's.
        """
        row = await (
            ConnectedAccount.select()
            .where(ConnectedAccount.workspace == workspace_id, ConnectedAccount.id == account_id)
            .first()
        )
        if row is None or row["state"] == AccountState.DISCONNECTED:
            raise NotFoundError("There is no such connected account.", code="account_not_found")
        return dict(row)

    async def room(self, workspace_id: UUID) -> int:
        """Return how many more accounts the tier allows."""
        return await self.allow_account(workspace_id) - len(await self.of_workspace(workspace_id))

    async def connect(
        self, workspace_id: UUID, user_id: UUID, platform: Platform, profiles: Sequence[Profile]
    ) -> list[UUID]:
        """Store accounts with their tokens; one that was connected before keeps its row and id.

        Raises:
            AccountLimitError: the tier does not allow them all; none is stored.
        """
        async with transaction():
            # The workspace's row is what concurrent connections of one workspace queue up at.
            await (
                Workspace.select(Workspace.id)
                .where(Workspace.id == workspace_id)
                .lock_rows("UPDATE")
            )
            known = {
                row["external_id"]: row["id"]
                for row in await self.of_workspace(workspace_id)
                if row["platform"] == platform
            }
            new = [one for one in profiles if one.external_id not in known]
            if new and await self.room(workspace_id) < len(new):
                raise AccountLimitError(
                    action="Disconnect an account, or choose a higher tier.",
                )
            return [await self._upsert(workspace_id, user_id, platform, one) for one in profiles]

    async def _upsert(
        self, workspace_id: UUID, user_id: UUID, platform: Platform, profile: Profile
    ) -> UUID:
        row = await (
            ConnectedAccount.select(ConnectedAccount.id)
            .where(
                ConnectedAccount.workspace == workspace_id,
                ConnectedAccount.platform == platform,
                ConnectedAccount.external_id == profile.external_id,
            )
            .first()
            .lock_rows("UPDATE")
        )
        account_id: UUID = row["id"] if row else new_id()
        if row is None:
            await ConnectedAccount.insert(
                ConnectedAccount(
                    id=account_id,
                    workspace=workspace_id,
                    platform=platform,
                    external_id=profile.external_id,
                )
            )
        moment = now()
        changes: dict[Any, Any] = {
            **self.vault.seal(account_id, profile.tokens),
            "connected_by": user_id,
            "owner_external_id": profile.owner_id,
            "username": profile.username or "",
            "display_name": profile.name[:200],
            "avatar_url": profile.avatar_url,
            "profile": msgspec.json.encode({"page_id": profile.page_id}).decode(),
            "state": AccountState.ACTIVE,
            "state_reason": None,
            "token_epoch": ConnectedAccount.token_epoch + 1,
            "connected_at": moment,
            "refreshed_at": moment,
        }
        await ConnectedAccount.update(changes).where(ConnectedAccount.id == account_id)
        return account_id

    async def disconnect(self, workspace_id: UUID, account_id: UUID) -> None:
        """Stop using an account at once; a job gives the access back and wipes the tokens.

        Raises:
            NotFoundError: it is not there, or not this workspace's.
        """
        async with transaction():
            await self.one(workspace_id, account_id)
            changed: list[dict[str, Any]] = await (
                ConnectedAccount.update(
                    {
                        ConnectedAccount.state: AccountState.DISCONNECTED,
                        ConnectedAccount.state_reason: None,
                        ConnectedAccount.token_epoch: ConnectedAccount.token_epoch + 1,
                    }
                )
                .where(
                    ConnectedAccount.id == account_id,
                    ConnectedAccount.state != AccountState.DISCONNECTED,
                )
                .returning(ConnectedAccount.token_epoch)
            )
            for row in changed:
                await enqueue(
                    REVOKE_ACCOUNT,
                    ref_id=account_id,
                    workspace_id=workspace_id,
                    args={"epoch": row["token_epoch"]},
                )
