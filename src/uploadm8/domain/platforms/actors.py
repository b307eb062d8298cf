"""Jobs about connected accounts: give access back, keep tokens alive, forget old flows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.letters import Letters, report_ending_access
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount, OAuthFlow
from uploadm8.domain.platforms.tokens import TokenKeeper
from uploadm8.domain.platforms.vault import Vault
from uploadm8.errors import Retry, UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.jobs.catalog import (
    KEEP_TOKENS_ALIVE,
    PLATFORM_MAIL,
    REVOKE_ACCOUNT,
    VERIFY_ACCESS,
)
from uploadm8.infra.jobs.handlers import Handler, JobContext

log = structlog.get_logger(__name__)

BATCH = 50
_META = (Platform.INSTAGRAM.value, Platform.FACEBOOK.value)


@dataclass(frozen=True, slots=True)
class PlatformJobs:
    """Handlers of the platforms' jobs."""

    clients: Clients
    vault: Vault
    keeper: TokenKeeper
    letters: Letters

    def handlers(self) -> tuple[Handler, ...]:
        """Return every handler, with its kind."""
        return (
            Handler(REVOKE_ACCOUNT, self.revoke, self.forget),
            Handler(KEEP_TOKENS_ALIVE, self.keep_alive),
            Handler(VERIFY_ACCESS, self.verify),
            Handler(PLATFORM_MAIL, self.letters.send),
        )

    async def revoke(self, context: JobContext) -> None:
        """Give the access of a disconnected account back, then wipe its tokens."""
        account_id, epoch = context.subject, context.job.args["epoch"]
        row = await (
            ConnectedAccount.select()
            .where(
                ConnectedAccount.id == account_id,
                ConnectedAccount.state == AccountState.DISCONNECTED,
                ConnectedAccount.token_epoch == epoch,
            )
            .first()
        )
        if row is None or row["access_token_enc"] is None:
            return  # reconnected meanwhile, or done
        if not await _shared(row):
            await self._give_back(row)
        await _wipe(account_id, epoch)

    async def _give_back(self, row: dict[str, Any]) -> None:
        """Revoke; a platform that takes access tokens only would ignore one that has expired."""
        oauth, tokens = self.clients.oauth[Platform(row["platform"])], self.vault.open(row)
        ends: datetime | None = row["access_expires_at"]
        if ends is not None and ends <= now() and tokens.refresh is not None:
            try:
                tokens = await oauth.refresh(tokens, row["external_id"])
            except PlatformError as error:
                if error.retry is not Retry.AUTH_REVOKED:
                    raise
                return
            # A repeat of this job needs the refresh token that counts by then.
            rotated: dict[Any, Any] = self.vault.seal(row["id"], tokens)
            await ConnectedAccount.update(rotated).where(
                ConnectedAccount.id == row["id"],
                ConnectedAccount.state == AccountState.DISCONNECTED,
                ConnectedAccount.token_epoch == row["token_epoch"],
            )
        await oauth.revoke(tokens)

    async def forget(self, context: JobContext, error: UploadM8Error) -> None:
        """Wipe the tokens even when the platform could not be told."""
        log.warning("revocation_failed", account_id=str(context.job.ref_id), code=error.code)
        await _wipe(context.subject, context.job.args["epoch"])

    async def verify(self, context: JobContext) -> None:
        """Find out whether the access to an account still holds, and park it when it does not."""
        try:
            await self.keeper.keep_alive(context.subject)
        except PlatformError as error:
            if error.retry is not Retry.AUTH_REVOKED:
                raise

    async def keep_alive(self, context: JobContext) -> None:
        """Refresh what nobody has refreshed for a day; one account's trouble stays its own."""
        del context
        for table in ("oauth_flows", "oauth_choices"):
            await OAuthFlow.raw(
                f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table}"  # noqa: S608
                " WHERE expires_at < now() FOR UPDATE SKIP LOCKED)"
            )
        rows: list[dict[str, Any]] = await ConnectedAccount.raw(
            "SELECT id FROM connected_accounts WHERE state = 'active'"
            " AND refresh_token_enc IS NOT NULL AND refreshed_at < now() - interval '1 day'"
            " ORDER BY random() LIMIT {}",
            BATCH,
        )
        for row in rows:
            try:
                await self.keeper.keep_alive(row["id"])
            except UploadM8Error as error:
                log.info("keep_alive_failed", account_id=str(row["id"]), code=error.code)
        await report_ending_access()


async def _shared(row: dict[str, Any]) -> bool:
    """Tell whether another live account depends on the same grant.

    Meta's revocation ends everything the person granted, pages and Instagram alike; the others
    grant per account, which another workspace may have connected too.
    """
    meta = row["platform"] in _META
    found: list[dict[str, Any]] = await ConnectedAccount.raw(
        "SELECT 1 FROM connected_accounts WHERE id <> {} AND state <> 'disconnected'"
        " AND ((platform = {} AND external_id = {})"
        " OR ({} AND platform = ANY({}::text[]) AND owner_external_id = {})) LIMIT 1",
        row["id"],
        row["platform"],
        row["external_id"],
        meta,
        list(_META),
        row["owner_external_id"],
    )
    return bool(found)


async def _wipe(account_id: UUID, epoch: int) -> None:
    await ConnectedAccount.update(
        {
            ConnectedAccount.access_token_enc: None,
            ConnectedAccount.refresh_token_enc: None,
            ConnectedAccount.access_expires_at: None,
            ConnectedAccount.refresh_expires_at: None,
            ConnectedAccount.data_access_expires_at: None,
        }
    ).where(
        ConnectedAccount.id == account_id,
        ConnectedAccount.state == AccountState.DISCONNECTED,
        ConnectedAccount.token_epoch == epoch,
    )
