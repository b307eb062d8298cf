"""What platforms said about accounts in the last minutes, and the questions under way."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from uuid import UUID

from uploadm8.domain.platforms.clients.base import LiveLimits

FRESH_S = 120.0
"""A creator who posts a folder of videos asks once: TikTok answers 20 times a minute, no more."""
RETRY_S = 15.0
"""How long an unanswered question is not asked again."""
GIVE_UP_S = 30.0
_MOST = 5_000

Ask = Callable[[], Awaitable[LiveLimits | None]]


def apart(question: Coroutine[None, None, LiveLimits | None]) -> "asyncio.Task[LiveLimits | None]":
    """Ask beside the caller, with database connections of its own.

    A request with an Idempotency-Key is inside a transaction, whose connection takes one query at
    a time and ends with the request.
    """
    return asyncio.create_task(question, context=Context())


@dataclass(frozen=True, slots=True)
class _Question:
    asked_at: float
    task: "asyncio.Task[LiveLimits | None]"

    def stale(self, moment: float) -> bool:
        """Whether it must be asked again. What can change by the creator's own act is not kept."""
        if not self.task.done():
            return False
        answer = self.task.result()
        if answer is None:
            return moment - self.asked_at > RETRY_S
        return moment - self.asked_at > FRESH_S or not answer.can_post


@dataclass(frozen=True, slots=True)
class LimitsMemory:
    """One question at a time for each account; nobody waits for a slow platform twice."""

    clock: Callable[[], float] = time.monotonic
    _questions: dict[UUID, _Question] = field(default_factory=dict)

    async def ask(self, account_id: UUID, ask: Ask, patience_s: float) -> LiveLimits | None:
        """The answer, or None when there is none within `patience_s` of the question.

        Args:
            account_id: whose limits.
            ask: the question; it must not raise, and goes on when nobody waits any more.
            patience_s: longest wait, in seconds.
        """
        moment = self.clock()
        question = self._questions.get(account_id)
        if question is None or question.stale(moment):
            self._tidy(moment)
            question = _Question(moment, apart(_within(GIVE_UP_S, ask)))
            self._questions[account_id] = question
        left = max(0.0, question.asked_at + patience_s - moment)
        await asyncio.wait({question.task}, timeout=left)
        return question.task.result() if question.task.done() else None

    def forget(self, account_id: UUID) -> None:
        """Ask anew next time."""
        question = self._questions.get(account_id)
        if question is not None and question.task.done():
            del self._questions[account_id]

    async def aclose(self) -> None:
        """Drop the questions under way."""
        tasks = [question.task for question in self._questions.values()]
        self._questions.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tidy(self, moment: float) -> None:
        if len(self._questions) < _MOST:
            return
        for account_id, question in list(self._questions.items()):
            if question.stale(moment):
                del self._questions[account_id]


async def _within(seconds: float, ask: Ask) -> LiveLimits | None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await ask()
    return None
