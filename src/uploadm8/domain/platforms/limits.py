"""What the platforms allow connected accounts at this moment, asked live."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import LiveLimits, Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.limits_memory import LimitsMemory, apart
from uploadm8.domain.platforms.schemas import LimitsOut
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.platforms.tokens import TokenKeeper, with_token
from uploadm8.errors import Retry, UnavailableError, UploadM8Error

log = structlog.get_logger(__name__)
PATIENCE_S = 4.0
"""Who asks what may be posted waits this long for a platform."""
GLANCE_S = 1.0
"""Who announces an upload does not wait longer for what is only good to know."""


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """Asks for limits; they are kept for two minutes at most, since other apps use the accounts."""

    clients: Clients
    keeper: TokenKeeper
    memory: LimitsMemory = field(default_factory=LimitsMemory)

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
        """Ask for several at once, live; `unchecked` stands for those that do not answer in time."""
        rows = await _active(workspace_id, account_ids)
        questions = [apart(self._soon(row["id"], Platform(row["platform"]))) for row in rows]
        return _told(rows, await asyncio.gather(*questions))

    async def at_a_glance(
        self, workspace_id: UUID, account_ids: Iterable[UUID]
    ) -> Mapping[UUID, LiveLimits]:
        """As of_several, taking an answer of the last minutes and waiting for a second at most."""
        rows = await _active(workspace_id, account_ids)

        async def glance(row: Mapping[str, Any]) -> LiveLimits | None:
            account_id, platform = row["id"], Platform(row["platform"])
            question = partial(self._answer, account_id, platform)
            return await self.memory.ask(account_id, question, GLANCE_S)

        return _told(rows, await asyncio.gather(*[glance(row) for row in rows]))

    async def _soon(self, account_id: UUID, platform: Platform) -> LiveLimits | None:
        self.memory.forget(account_id)
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._answer(account_id, platform)
        except TimeoutError:
            log.info("limits_not_told", platform=platform, error="TimeoutError")
            return None

    async def _answer(self, account_id: UUID, platform: Platform) -> LiveLimits | None:
        try:
            return await self.of(account_id, platform)
        except UploadM8Error as error:
            log.info("limits_not_told", platform=platform, error=error.code)
            return None


async def _active(workspace_id: UUID, account_ids: Iterable[UUID]) -> list[dict[str, Any]]:
    wanted = list(account_ids)
    if not wanted:
        return []
    return await ConnectedAccount.select(ConnectedAccount.id, ConnectedAccount.platform).where(
        ConnectedAccount.workspace == workspace_id,
        ConnectedAccount.id.is_in(wanted),
        ConnectedAccount.state == AccountState.ACTIVE,
    )


def _told(
    rows: list[dict[str, Any]], answers: Iterable[LiveLimits | None]
) -> dict[UUID, LiveLimits]:
    unchecked = LiveLimits(unchecked=True)
    return {row["id"]: limits or unchecked for row, limits in zip(rows, answers, strict=True)}


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
