"""Connected accounts: list, connect, reconnect, disconnect."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.platforms.clients.base import Platform, Profile
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.workspaces.locks import lock_workspace
from uploadm8.errors import NotFoundError
from uploadm8.infra.audit import origin
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import REVOKE_ACCOUNT
from uploadm8.infra.jobs.queue import enqueue

Hook = Callable[[UUID], Awaitable[None]]


async def nothing(_: UUID) -> None:
    """Do nothing about an account."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of workspaces.

    Attributes:
        allow_account: given a workspace, in the transaction that adds an account to it, locks the
            workspace and raises PaymentRequiredError when its tier is full.
        connected: told of an account that was connected or reconnected, in that transaction.
    """

    vault: Vault
    allow_account: Hook
    connected: Hook = nothing

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

    async def connect(
        self, workspace_id: UUID, user_id: UUID, platform: Platform, profiles: Sequence[Profile]
    ) -> list[UUID]:
        """Store accounts with their tokens; one that was connected before keeps its row and id.

        Raises:
            PaymentRequiredError: the tier does not allow them all; none is stored.
        """
        async with transaction():
            # Before any account: two sign-ins at once would else take accounts and workspace
            # crosswise, and see each other's account too late to know that it takes no place.
            await lock_workspace(workspace_id)
            stored = []
            for one in profiles:
                new = not await self._is_connected(workspace_id, platform, one.external_id)
                if new:
                    await self.allow_account(workspace_id)
                stored.append(await self._upsert(workspace_id, user_id, platform, one))
                await self.connected(stored[-1])
                await record(
                    Action.ACCOUNT_CONNECTED,
                    workspace_id=workspace_id,
                    subject=("account", stored[-1]),
                    details={"platform": platform.value, "new": new},
                    actor=origin.user(user_id),
                )
            return stored

    async def _is_connected(self, workspace_id: UUID, platform: Platform, external_id: str) -> bool:
        return await ConnectedAccount.exists().where(
            ConnectedAccount.workspace == workspace_id,
            ConnectedAccount.platform == platform,
            ConnectedAccount.external_id == external_id,
            ConnectedAccount.state != AccountState.DISCONNECTED,
        )

    async def _upsert(
        self, workspace_id: UUID, user_id: UUID, platform: Platform, profile: Profile
    ) -> UUID:
        rows: list[dict[str, Any]] = await ConnectedAccount.raw(
            "INSERT INTO connected_accounts (id, workspace, platform, external_id, state)"
            " VALUES ({}, {}, {}, {}, 'disconnected') ON CONFLICT (workspace, platform, external_id)"
            # Of a key column, even the same value would lock out the posts planned meanwhile.
            " DO UPDATE SET state = connected_accounts.state RETURNING id",
            new_id(),
            workspace_id,
            platform.value,
            profile.external_id,
        )
        account_id: UUID = rows[0]["id"]
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
            if changed:
                await record(
                    Action.ACCOUNT_DISCONNECTED,
                    workspace_id=workspace_id,
                    subject=("account", account_id),
                )
            for row in changed:
                await enqueue(
                    REVOKE_ACCOUNT,
                    ref_id=account_id,
                    workspace_id=workspace_id,
                    args={"epoch": row["token_epoch"]},
                )
