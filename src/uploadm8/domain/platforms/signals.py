"""What platforms tell us unasked: access withdrawn, posts moved on, data to be deleted.

A signal about a post only makes us ask the platform sooner; its content decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog

from uploadm8.domain.platforms.accounts import Hook
from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.endpoints import AppCredentials
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.platforms.tokens import TokenKeeper
from uploadm8.domain.platforms.webhooks import (
    confirmation_code,
    is_confirmation,
    read_signed_request,
    read_tiktok,
)
from uploadm8.errors import NotFoundError
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction

log = structlog.get_logger(__name__)

_META = [Platform.FACEBOOK.value, Platform.INSTAGRAM.value]


@dataclass(frozen=True, slots=True)
class Signals:
    """Handles verified webhooks; each may come late, twice, or for accounts we do not know.

    Attributes:
        posts_moved: told of an account whose posts are worth asking about.
    """

    tiktok: AppCredentials
    meta: AppCredentials
    keeper: TokenKeeper
    posts_moved: Hook

    async def from_tiktok(self, header: str, body: bytes) -> None:
        """Take a webhook of TikTok.

        Raises:
            SignatureError: it is not TikTok's.
        """
        event = read_tiktok(header, body, self.tiktok.client_secret, now())
        accounts = await _accounts([Platform.TIKTOK.value], "external_id", event.user_openid)
        log.info("tiktok_webhook", event_name=event.event, accounts=len(accounts))
        for account_id in accounts:
            if event.event == "authorization.removed":
                await self._withdraw(account_id, Platform.TIKTOK)
            elif event.event.startswith(("post.publish.", "video.")):
                await self.posts_moved(account_id)

    async def meta_deauthorized(self, signed_request: str) -> None:
        """Take Meta's word that a person removed our app.

        Raises:
            SignatureError: it is not Meta's.
        """
        request = read_signed_request(signed_request, self.meta.client_secret, now())
        for account_id in await _accounts(_META, "owner_external_id", request.user_id):
            await self._withdraw(account_id, Platform.FACEBOOK)

    async def meta_delete(self, signed_request: str) -> str:
        """Erase what we hold of a person from Meta; return the confirmation code. Repeatable.

        Raises:
            SignatureError: it is not Meta's.
        """
        request = read_signed_request(signed_request, self.meta.client_secret, now())
        async with transaction():
            for account_id in await _accounts(_META, "owner_external_id", request.user_id):
                await _erase(account_id)
        log.info("meta_data_deleted")
        return confirmation_code(request.user_id, self.meta.client_secret)

    def deletion_done(self, code: str) -> None:
        """Answer for a confirmation code: deletion happens before the code is given out.

        Raises:
            NotFoundError: the code is not ours.
        """
        if not is_confirmation(code, self.meta.client_secret):
            raise NotFoundError("There is no such deletion.", code="unknown_confirmation")

    async def _withdraw(self, account_id: UUID, platform: Platform) -> None:
        rule = replace(e.REVOKED, sentence="The access was removed on the platform.")
        await self.keeper.needs_reconnect(account_id, PlatformError(rule, platform=platform))


async def _accounts(platforms: Sequence[str], column: str, value: str) -> list[UUID]:
    if not value:
        return []
    rows: list[dict[str, Any]] = await ConnectedAccount.raw(
        f"SELECT id FROM connected_accounts WHERE platform = ANY({{}}::text[]) AND {column} = {{}}",  # noqa: S608
        list(platforms),
        value,
    )
    return [row["id"] for row in rows]


async def _erase(account_id: UUID) -> None:
    """Leave a row that publications may point to, with nothing of the person in it."""
    await ConnectedAccount.raw(
        "UPDATE connected_accounts SET state = 'disconnected', state_reason = NULL,"
        " access_token_enc = NULL, refresh_token_enc = NULL, access_expires_at = NULL,"
        " refresh_expires_at = NULL, owner_external_id = NULL, username = '', display_name = '',"
        " avatar_url = NULL, profile = {}, scopes = '[]', external_id = 'deleted:' || id,"
        " token_epoch = token_epoch + 1 WHERE id = {}",
        "{}",
        account_id,
    )
