"""Live tokens: refreshed by one caller at a time, stored before they are used."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

import structlog

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Access, Platform, Tokens
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.protocol import OAuth
from uploadm8.domain.platforms.letters import Trouble, report
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.workspaces.events import EventKind, announce
from uploadm8.errors import NotFoundError, Retry, UnavailableError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.origin import SYSTEM
from uploadm8.infra.audit.record import record
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction

T = TypeVar("T")
log = structlog.get_logger(__name__)

PROVIDER_PATIENCE_S = 15.0
"""The row stays locked while the platform is asked, but never longer than this."""

AHEAD: Mapping[Platform, timedelta] = {
    Platform.TIKTOK: timedelta(minutes=30),
    Platform.YOUTUBE: timedelta(minutes=10),
    Platform.INSTAGRAM: timedelta(0),
    Platform.FACEBOOK: timedelta(0),
}
"""How long before its end an access token is replaced, but never before half of its life is over.

Page tokens have no end.
"""


class AccountAccess(Protocol):
    """What gives out tokens."""

    async def access(self, account_id: UUID, *, refused: Access | None = None) -> Access:
        """A token that works now; another one than the one `refused` by the platform."""
        ...

    async def needs_reconnect(self, account_id: UUID, error: PlatformError) -> None:
        """The platform has said for certain that it no longer lets us in."""
        ...


async def with_token(
    accounts: AccountAccess, account_id: UUID, call: Callable[[Access], Awaitable[T]]
) -> T:
    """Make a call that can be repeated, with a new token if the platform refuses the first one."""
    first = await accounts.access(account_id)
    try:
        return await call(first)
    except PlatformError as error:
        if error.retry is not Retry.AUTH_EXPIRED:
            raise
        return await call(await accounts.access(account_id, refused=first))


@dataclass(slots=True)
class Remembering:
    """Passes tokens on and knows the last one: the one to replace when a call is refused."""

    accounts: AccountAccess
    last: Access | None = None

    async def access(self, account_id: UUID, *, refused: Access | None = None) -> Access:
        """As the accounts'."""
        self.last = await self.accounts.access(account_id, refused=refused)
        return self.last

    async def needs_reconnect(self, account_id: UUID, error: PlatformError) -> None:
        """As the accounts'."""
        await self.accounts.needs_reconnect(account_id, error)


@dataclass(frozen=True, slots=True)
class TokenKeeper:
    """Gives out working tokens of connected accounts."""

    oauth: Mapping[Platform, OAuth]
    vault: Vault

    async def access(self, account_id: UUID, *, refused: Access | None = None) -> Access:
        """Return a token that works now.

        Args:
            account_id: the connected account.
            refused: what the platform has just refused. Another caller may have replaced it
                already: then that one's is given, since a further refresh could end it again.

        Raises:
            PlatformError: AUTH_REVOKED when the account must be reconnected; TRANSIENT when the
                platform could not be asked, which changes nothing.
            NotFoundError: there is no such account.
        """
        row = await _row(account_id)
        _require_active(row)
        renew = refused is not None and refused.epoch == row["token_epoch"]
        if not renew and not self._due(row):
            return self._access(row)
        return await self._single_flight(account_id, row["token_epoch"], renew=renew)

    async def keep_alive(self, account_id: UUID) -> None:
        """Refresh an account's tokens if nobody has done so for a day."""
        row = await _row(account_id)
        if row["state"] == AccountState.ACTIVE and row["refresh_token_enc"] is not None:
            await self._single_flight(account_id, row["token_epoch"], renew=True)

    async def _single_flight(self, account_id: UUID, epoch: int, *, renew: bool) -> Access:
        """Refresh under the row's lock; whoever waited for it takes what the first one got."""
        refused: PlatformError | None = None
        async with transaction():
            # Waiting for the one who is asking the platform is what the lock is for.
            await ConnectedAccount.raw("SET LOCAL lock_timeout = '20s'")
            await ConnectedAccount.raw("SET LOCAL statement_timeout = '25s'")
            row = await _row(account_id, lock=True)
            _require_active(row)
            if row["token_epoch"] != epoch or not (renew or self._due(row)):
                return self._access(row)
            try:
                fresh = await self._ask(row)
            except PlatformError as error:
                if error.retry is not Retry.AUTH_REVOKED:
                    raise
                refused = error
                await _park(account_id, error)
            else:
                await _store(account_id, self.vault.seal(account_id, fresh))
                row = await _row(account_id)
        if refused is not None:
            raise refused
        return self._access(row)

    async def _ask(self, row: Mapping[str, Any]) -> Tokens:
        platform = Platform(row["platform"])
        try:
            async with asyncio.timeout(PROVIDER_PATIENCE_S):
                return await self.oauth[platform].refresh(self.vault.open(row), row["external_id"])
        except TimeoutError as error:
            raise PlatformError(e.UNREACHABLE, platform=platform) from error

    async def needs_reconnect(self, account_id: UUID, error: PlatformError) -> None:
        """Record a definite answer of the platform that it no longer lets us in; tell by mail."""
        async with transaction():
            await _park(account_id, error)

    def _due(self, row: Mapping[str, Any]) -> bool:
        ends: datetime | None = row["access_expires_at"]
        if ends is None:
            return False
        left, life = ends - now(), ends - row["refreshed_at"]
        return left <= timedelta(0) or left < min(AHEAD[Platform(row["platform"])], life / 2)

    def _access(self, row: Mapping[str, Any]) -> Access:
        tokens = self.vault.open(row)
        return Access(
            token=tokens.access,
            account_id=row["external_id"],
            username=row["username"] or None,
            scopes=tokens.scopes,
            epoch=row["token_epoch"],
        )


async def _row(account_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    query = ConnectedAccount.select().where(ConnectedAccount.id == account_id).first()
    found = await (query.lock_rows("NO KEY UPDATE") if lock else query)
    if found is None:
        raise NotFoundError("There is no such connected account.", code="account_not_found")
    return dict(found)


def _require_active(row: Mapping[str, Any]) -> None:
    if row["state"] == AccountState.ACTIVE:
        if row["access_token_enc"] is None:
            raise UnavailableError("The account's token is being replaced.", code="token_missing")
        return
    raise PlatformError(e.REVOKED, platform=row["platform"], platform_code=row["state"])


async def _store(account_id: UUID, columns: Mapping[str, Any]) -> None:
    changes: dict[Any, Any] = {
        **columns,
        "token_epoch": ConnectedAccount.token_epoch + 1,
        "refreshed_at": now(),
    }
    await ConnectedAccount.update(changes).where(ConnectedAccount.id == account_id)


async def _park(account_id: UUID, error: PlatformError) -> None:
    changes: dict[Any, Any] = {
        ConnectedAccount.state: AccountState.NEEDS_RECONNECT,
        ConnectedAccount.state_reason: error.detail,
        ConnectedAccount.token_epoch: ConnectedAccount.token_epoch + 1,
    }
    async with transaction():
        parked = await (
            ConnectedAccount.update(changes)
            .where(
                ConnectedAccount.id == account_id,
                ConnectedAccount.state == AccountState.ACTIVE,
            )
            .returning(
                ConnectedAccount.token_epoch,
                ConnectedAccount.workspace,
                ConnectedAccount.platform,
                ConnectedAccount.display_name,
            )
        )
        for row in parked:
            await record(
                Action.ACCOUNT_REVOKED,
                workspace_id=row["workspace"],
                subject=("account", account_id),
                details={"platform": row["platform"], "code": error.code},
                actor=SYSTEM,
            )
            await report(account_id, Trouble.NEEDS_RECONNECT, str(row["token_epoch"]))
            await announce(
                row["workspace"],
                EventKind.ACCOUNT_NEEDS_RECONNECT,
                f"{account_id}:{row['token_epoch']}",
                subject=account_id,
                facts={
                    "account_id": str(account_id),
                    "platform": row["platform"],
                    "account_name": row["display_name"],
                    "reason": error.detail,
                },
            )
    if parked:
        log.warning("account_needs_reconnect", account_id=str(account_id), code=error.code)
