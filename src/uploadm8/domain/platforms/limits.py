"""What the platforms allow connected accounts at this moment, asked live."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import LiveLimits, Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.schemas import LimitsOut
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.platforms.tokens import TokenKeeper, with_token
from uploadm8.errors import Retry, UnavailableError, UploadM8Error

log = structlog.get_logger(__name__)
PATIENCE_S = 4.0


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """Asks for limits; nothing about them is kept, since other apps use the accounts too."""

    clients: Clients
    keeper: TokenKeeper

    async def of(self, account_id: UUID, platform: Platform) -> LiveLimits:
        """Ask for one account's limits; one that must be reconnected cannot post.

        Raises:
            PlatformError: the platform could not be asked.
        """
        ask = self.clients.publishers[platform].limits
        try:
            return await with_token(self.keeper, account_id, ask)
        except PlatformError as error:
            if error.retry is not Retry.AUTH_REVOKED:
                raise
            return LiveLimits(can_post=False, refusal=error)
        except UnavailableError as error:
            if error.code != "token_missing":
                raise
            return LiveLimits(can_post=False, refusal=PlatformError(e.REVOKED, platform=platform))

    async def of_several(
        self, workspace_id: UUID, account_ids: Iterable[UUID]
    ) -> Mapping[UUID, LiveLimits]:
        """Ask for several at once; those that do not answer within seconds are left out."""
        rows: list[dict[str, Any]] = await ConnectedAccount.select(
            ConnectedAccount.id, ConnectedAccount.platform
        ).where(
            ConnectedAccount.workspace == workspace_id,
            ConnectedAccount.id.is_in(list(account_ids) or [workspace_id]),
            ConnectedAccount.state == AccountState.ACTIVE,
        )
        answers = await asyncio.gather(
            *[self._soon(row["id"], Platform(row["platform"])) for row in rows]
        )
        return {
            row["id"]: limits
            for row, limits in zip(rows, answers, strict=True)
            if limits is not None
        }

    async def _soon(self, account_id: UUID, platform: Platform) -> LiveLimits | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self.of(account_id, platform)
        except (TimeoutError, UploadM8Error) as error:
            log.info("limits_not_told", platform=platform, error=type(error).__name__)
            return None


def limits_out(limits: LiveLimits) -> LimitsOut:
    """Show limits."""
    return LimitsOut(
        can_post=limits.can_post,
        refusal=limits.refusal.detail if limits.refusal else None,
        nickname=limits.nickname,
        posts_used=limits.posts_used,
        posts_total=limits.posts_total,
        window_s=limits.window,
        max_duration_s=limits.max_duration,
        privacy=list(limits.privacy) if limits.privacy is not None else None,
        comments_off=limits.comments_off,
        duets_off=limits.duets_off,
        stitches_off=limits.stitches_off,
    )
