"""After the intent only the platform's word decides: ask until there is a verdict."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from uploadm8.domain.platforms.clients.base import (
    Accepted,
    CommitAgain,
    Draft,
    Live,
    NotPublished,
    Pending,
    Unknown,
    Verdict,
)
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.protocol import Publisher
from uploadm8.domain.publishing.attempts import (
    last_intent_at,
    pause_before_repeat,
    was_accepted,
)
from uploadm8.domain.publishing.drafts import AskLaterError
from uploadm8.domain.publishing.evidence import NOTHING_FOUND, deny, doubt
from uploadm8.domain.publishing.record import Record
from uploadm8.domain.publishing.tables import PublicationState
from uploadm8.errors import Retry, UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.failpoints import failpoint

log = structlog.get_logger(__name__)
S = PublicationState

INLINE_WAIT_S = 5.0  # a shorter wait keeps the worker's slot, a longer one gives it back
PATIENCE = timedelta(minutes=30)
DENIED_AGAIN_S = 60.0
SECOND_LOOK_S = 10.0  # a status may lag this far behind a commit that lost its answer
LONGEST_POLL_S = 30.0
_ASK_AGAIN = {Retry.TRANSIENT, Retry.RATE_LIMITED}


class VerdictSettledError(UploadM8Error):
    """Patience ran out, and the row tells what became of the publication."""

    code = "verdict_settled"
    retry = Retry.AMBIGUOUS


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One committed publication in the hands of the job that delivers it."""

    record: Record
    publisher: Publisher
    draft: Draft
    handle: Any

    async def settle(self) -> None:
        """Ask until the row can say what happened, repeating the commit only when told to.

        Raises:
            PlatformError: there is no post and the row may be tried again from the start.
            AskLaterError: no verdict yet.
            VerdictSettledError: no verdict within half an hour.
        """
        while True:
            failpoint("before_check", self.publisher.platform)
            verdict = await self._ask()
            match verdict:
                case Live(post_id=post_id, url=url):
                    failpoint("before_published", self.publisher.platform)
                    await self.record.published(post_id, url)
                    return
                case CommitAgain(look_twice=look_twice):
                    await self._commit_again(SECOND_LOOK_S if look_twice else 0.0)
                case NotPublished(error=error):
                    await self._not_published(error)
                case Unknown(reason=reason):
                    await self._open(reason)
                    await wait(30.0)
                case Pending(seconds=seconds):
                    await self._open("it is still being processed")
                    await wait(max(seconds, polling_pause(await self._waited_s())))

    async def _ask(self) -> Verdict:
        """A platform that cannot be asked has given no verdict; that uses up no attempt."""
        try:
            return await self.publisher.check(self.draft, self.handle)
        except PlatformError as error:
            if error.retry not in _ASK_AGAIN:
                raise
            await self._patience(error.detail)
            raise AskLaterError(
                error.detail, retry_after=max(10.0, error.retry_after or 0)
            ) from error

    async def _waited_s(self) -> float:
        last = await last_intent_at(await self.record.row())
        return (now() - last).total_seconds()

    async def _commit_again(self, settling_s: float) -> None:
        row = await self.record.row()
        if await was_accepted(row):
            await self._patience("it took the post and shows no sign of it")
            await wait(INLINE_WAIT_S)
            return
        await self._patience("it does not act on the post")
        pause = await pause_before_repeat(row, settling_s)
        if pause > 0:
            await wait(pause)
            return  # the platform is asked once more before anything is said twice
        await self.record.intend_again()
        failpoint("after_intent", self.publisher.platform)
        try:
            result = await self.publisher.commit(self.draft, self.handle, again=True)
        except PlatformError as error:
            raise AskLaterError(
                error.detail, retry_after=max(INLINE_WAIT_S, error.retry_after or 0)
            ) from error
        failpoint("after_commit", self.publisher.platform)
        if isinstance(result, Accepted):
            await self.record.accepted(result.post_id)
        else:
            log.warning("commit_ambiguous", platform=self.publisher.platform, reason=result.reason)
            await self.record.move(S.CONFIRMING)

    async def _not_published(self, error: PlatformError) -> None:
        """Believe it; that nothing was found, only when it is said again and again."""
        if error.fresh_handle:
            row = await self.record.row()
            if await was_accepted(row):
                await self._patience("it took the post and no longer knows it")
                raise AskLaterError(retry_after=30.0)
            if not await deny(self.record.context, row, error, NOTHING_FOUND):
                await self._patience("it finds nothing")
                raise AskLaterError(retry_after=DENIED_AGAIN_S)
        await self.record.refused(error, drop=True)
        raise error

    async def _open(self, reason: str) -> None:
        """An answer without a verdict, which takes back what was denied before."""
        await doubt(self.record.context, await self.record.row(), reason)
        await self._patience(reason)

    async def _patience(self, reason: str) -> None:
        row = await self.record.row()
        since = row["commit_intent_at"]
        if since is None or now() - since < PATIENCE:
            return
        if row["platform_post_id"] is not None:  # it told us the id of the post when it took it
            await self.record.published(row["platform_post_id"], None)
        else:
            await self.record.unknown(reason)
        raise VerdictSettledError


def polling_pause(waited_s: float) -> float:
    """Seconds until a platform at work is asked again: soon at first, ever more rarely later.

    About fifteen questions in the first minute, two a minute later on: TikTok allows 30 a minute.
    """
    return min(LONGEST_POLL_S, max(0.2, waited_s / 2))


async def wait(seconds: float) -> None:
    """Wait here if it is short, else give the worker's slot back.

    Raises:
        AskLaterError: it is not short.
    """
    if seconds > INLINE_WAIT_S:
        raise AskLaterError(retry_after=seconds)
    await asyncio.sleep(max(0.05, seconds))
