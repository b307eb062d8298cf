"""What platforms tell us unasked: access withdrawn, posts moved on, data to be deleted.

A signal about a post only makes us ask the platform sooner; its content decides nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from uploadm8.domain.platforms.accounts import Hook
from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.endpoints import AppCredentials
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.platforms.tokens import TokenKeeper
from uploadm8.domain.platforms.webhooks import (
    TikTokContent,
    TikTokEvent,
    confirmation_code,
    is_confirmation,
    is_subscription,
    read_meta,
    read_signed_request,
    read_tiktok,
)
from uploadm8.errors import InvalidRequestError, NotFoundError
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import VERIFY_ACCESS
from uploadm8.infra.jobs.queue import enqueue

log = structlog.get_logger(__name__)

PostHook = Callable[[UUID, str], Awaitable[None]]
CLOCKS_APART = timedelta(minutes=1)
HIDDEN = {"post.publish.no_longer_publicaly_available"}  # TikTok's spelling
_META = [Platform.FACEBOOK.value, Platform.INSTAGRAM.value]


async def no_post(account_id: UUID, post_id: str) -> None:
    """Do nothing about a post."""
    del account_id, post_id


@dataclass(frozen=True, slots=True)
class Signals:
    """Handles verified webhooks; each may come late, twice, or for accounts we do not know.

    Attributes:
        verify_token: what we told Meta to prove itself with when it subscribes us.
        posts_moved: told of an account whose posts are worth asking about.
        post_hidden: told of a post that its platform says is no longer public.
    """

    tiktok: AppCredentials
    meta: AppCredentials
    keeper: TokenKeeper
    posts_moved: Hook
    post_hidden: PostHook
    verify_token: str = ""

    async def from_tiktok(self, header: str, body: bytes) -> None:
        """Take a webhook of TikTok.

        Raises:
            SignatureError: it is not TikTok's.
        """
        event = read_tiktok(header, body, self.tiktok.client_secret, now())
        openid = event.user_openid or ""
        accounts = await _accounts([Platform.TIKTOK.value], "external_id", openid)
        log.info("tiktok_webhook", event_name=event.event, accounts=len(accounts))
        for account_id in accounts:
            if event.event == "authorization.removed":
                await self._withdraw(account_id, Platform.TIKTOK, event.at)
            elif event.event.startswith(("post.publish.", "video.")):
                await self.posts_moved(account_id)
            if event.event in HIDDEN and (post_id := read_content(event).post_id):
                await self.post_hidden(account_id, str(post_id))

    async def from_meta(self, header: str, body: bytes) -> None:
        """Take a webhook of Meta about pages, Instagram accounts or permissions.

        Raises:
            SignatureError: it is not Meta's.
        """
        event = read_meta(header, body, self.meta.client_secret)
        log.info("meta_webhook", about=event.object, entries=len(event.entry))
        for entry in event.entry:
            if event.object in {"user", "permissions"}:
                for account_id in await _accounts(_META, "owner_external_id", str(entry.id)):
                    await self._ask(account_id)
            for account_id in await _accounts(_META, "external_id", str(entry.id)):
                await self.posts_moved(account_id)

    def challenge(self, mode: str, token: str, challenge: str) -> str:
        """Answer Meta's subscription request.

        Raises:
            InvalidRequestError: the token is not the one we told Meta.
        """
        if not is_subscription(mode, token, self.verify_token):
            raise InvalidRequestError(
                "The verify token does not match.", code="invalid_verify_token"
            )
        return challenge

    async def meta_deauthorized(self, signed_request: str) -> None:
        """Take Meta's word that a person removed our app.

        Raises:
            SignatureError: it is not Meta's.
        """
        request = read_signed_request(signed_request, self.meta.client_secret, now())
        for account_id in await _accounts(_META, "owner_external_id", str(request.user_id)):
            await self._withdraw(account_id, Platform.FACEBOOK, request.at)

    async def meta_delete(self, signed_request: str) -> str:
        """Erase what we hold of a person from Meta; return the confirmation code. Repeatable.

        What the person connected after asking stays: a request may come again.

        Raises:
            SignatureError: it is not Meta's.
        """
        request = read_signed_request(signed_request, self.meta.client_secret, now())
        for account_id in await _accounts(_META, "owner_external_id", str(request.user_id)):
            if await _known_before(account_id, request.at):
                await _erase(account_id)
        log.info("meta_data_deleted")
        return confirmation_code(str(request.user_id), self.meta.client_secret)

    def deletion_done(self, code: str) -> None:
        """Answer for a confirmation code: deletion happens before the code is given out.

        Raises:
            NotFoundError: the code is not ours.
        """
        if not is_confirmation(code, self.meta.client_secret):
            raise NotFoundError("There is no such deletion.", code="unknown_confirmation")

    async def _withdraw(self, account_id: UUID, platform: Platform, at: datetime) -> None:
        """Park an account, unless it was connected after that was said: webhooks repeat for days."""
        if await _known_before(account_id, at):
            rule = replace(e.REVOKED, sentence="The access was removed on the platform.")
            await self.keeper.needs_reconnect(account_id, PlatformError(rule, platform=platform))

    async def _ask(self, account_id: UUID) -> None:
        """Have a job find out whether the access still holds."""
        async with transaction():
            await enqueue(VERIFY_ACCESS, ref_id=account_id)


def read_content(event: TikTokEvent) -> TikTokContent:
    """Read the JSON in the string of a TikTok event.

    Raises:
        InvalidRequestError: it is none.
    """
    try:
        return msgspec.json.decode(event.content or "{}", type=TikTokContent)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidRequestError("The content of the event is not JSON.") from error


async def _accounts(platforms: Sequence[str], column: str, value: str) -> list[UUID]:
    if not value:
        return []
    rows: list[dict[str, Any]] = await ConnectedAccount.raw(
        f"SELECT id FROM connected_accounts WHERE platform = ANY({{}}::text[]) AND {column} = {{}}",  # noqa: S608
        list(platforms),
        value,
    )
    return [row["id"] for row in rows]


async def _known_before(account_id: UUID, at: datetime) -> bool:
    """Whether an account was connected, for the last time, before something was said."""
    return await ConnectedAccount.exists().where(
        ConnectedAccount.id == account_id, ConnectedAccount.connected_at < at + CLOCKS_APART
    )


async def _erase(account_id: UUID) -> None:
    """Leave a row that publications may point to, with nothing of the person in it."""
    await ConnectedAccount.raw(
        "UPDATE connected_accounts SET state = 'disconnected', state_reason = NULL,"
        " access_token_enc = NULL, refresh_token_enc = NULL, access_expires_at = NULL,"
        " refresh_expires_at = NULL, data_access_expires_at = NULL, owner_external_id = NULL,"
        " username = '', display_name = '', avatar_url = NULL, profile = {}, scopes = '[]',"
        " external_id = 'deleted:' || id, token_epoch = token_epoch + 1 WHERE id = {}",
        "{}",
        account_id,
    )
