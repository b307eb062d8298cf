"""Run claimed jobs: slots per queue, deadline, cancel, outcome by compare-and-set."""

import asyncio
import os
import socket
import time
from collections.abc import Coroutine, Mapping
from contextvars import Context
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog

from uploadm8.errors import Retry, UnavailableError, UploadM8Error
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.handlers import (
    Handler,
    Handlers,
    JobCanceledError,
    JobContext,
    LeaseLostError,
)
from uploadm8.infra.jobs.queue import ClaimedJob, claim_due, finish, holds_lease, put_back
from uploadm8.infra.jobs.retry import as_known, decide
from uploadm8.infra.jobs.tables import JobState
from uploadm8.infra.metrics.catalog import JOB_SECONDS, JOB_WAIT_SECONDS, JOBS
from uploadm8.infra.reports import report
from uploadm8.infra.tracing import Span, SpanKind, span

log = structlog.get_logger(__name__)

UNKNOWN_KIND_AGAIN_S = 60.0


class Outcome(StrEnum):
    """How one attempt at a job ended, as it is counted."""

    SUCCEEDED = "succeeded"
    RETRIED = "retried"
    POSTPONED = "postponed"  # told to come back later; no attempt was used up
    DEAD = "dead"
    CANCELED = "canceled"
    INTERRUPTED = "interrupted"  # by the end of its worker
    LEASE_LOST = "lease_lost"


class JobTimeoutError(UnavailableError):
    """The job ran longer than its time limit."""

    code = "job_timeout"


class CrashLoopError(UploadM8Error):
    """The worker died every time it tried this job."""

    code = "crash_loop"


@dataclass(slots=True)
class _Running:
    job: ClaimedJob
    task: asyncio.Task[None]
    stop: UploadM8Error | None = None


@dataclass(slots=True)
class Runner:
    """One per worker process; lives on the worker's event loop.

    Attributes:
        handlers: how each kind is done.
        slots: how many jobs of each queue may run here at a time.
        lease_s: a lease is lost when not renewed for this long.
        default_timeout_s: for jobs without a limit of their own.
    """

    handlers: Handlers
    slots: Mapping[Queue, int]
    lease_s: float
    default_timeout_s: float
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}"[:80])
    stopping: bool = False
    running: dict[UUID, _Running] = field(default_factory=dict)
    _used: dict[Queue, int] = field(default_factory=dict)
    _wanted: set[Queue] = field(default_factory=set)
    _filling: set[Queue] = field(default_factory=set)
    _at_work: set[asyncio.Task[None]] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def wake(self, queue: Queue) -> bool:
        """Look for due jobs of a queue; False when every slot is taken.

        Called when a ring was heard, when a job has ended, and by the clock. Those that come while
        the database is being asked are answered together.
        """
        if self.stopping or self._free(queue) <= 0:
            return False
        self._wanted.add(queue)
        if queue not in self._filling:
            self._filling.add(queue)
            self._in_background(self._fill(queue))
        return True

    async def stop(self, patience_s: float) -> None:
        """Take no further jobs and give those at hand back, at most this long."""
        self.stopping = True
        for entry in self._at_work:
            entry.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience_s)

    def _free(self, queue: Queue) -> int:
        return self.slots.get(queue, 1) - self._used.get(queue, 0)

    async def _fill(self, queue: Queue) -> None:
        try:
            while queue in self._wanted and (free := self._free(queue)) > 0:
                self._wanted.discard(queue)
                for job in await claim_due(queue.value, self.owner, self.lease_s, free):
                    if self.stopping:
                        await put_back(job, 0, counts=False)
                    else:
                        self._start(job, queue)
        finally:
            self._filling.discard(queue)

    def _start(self, job: ClaimedJob, queue: Queue) -> None:
        self._used[queue] = self._used.get(queue, 0) + 1
        task = self._in_background(self.run(job))
        self._at_work.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._at_work.discard(task)
            self._used[queue] -= 1
            self.wake(queue)

        task.add_done_callback(ended)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        # In a context of its own: it outlives the job, or the request, that happened to ask for it.
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("answer_failed", error=repr(error)[:200])

    async def run(self, job: ClaimedJob) -> None:
        """Run one claimed job to its outcome; raises only CancelledError."""
        handler = self.handlers.get(job.kind)
        if handler is None:  # recorded by a newer release than this worker's
            log.warning("job_kind_unknown", job=job.kind)
            await put_back(job, UNKNOWN_KIND_AGAIN_S, counts=False)
            return
        with (
            structlog.contextvars.bound_contextvars(
                job_id=str(job.id), job=job.kind, attempt=job.attempt
            ),
            span(
                f"job {job.kind}",
                SpanKind.CONSUMER,
                {"job.id": str(job.id), "job.attempt": job.attempt},
                parent=job.traceparent,
            ) as step,
        ):
            began, outcome = time.monotonic(), Outcome.INTERRUPTED
            try:
                outcome = await self._outcome(handler, job)
            finally:
                _measure(job, outcome, time.monotonic() - began, step)

    async def _outcome(self, handler: Handler, job: ClaimedJob) -> Outcome:
        task = asyncio.create_task(self._attempt(handler, job))
        running = self.running[job.id] = _Running(job, task)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if running.stop is None:
                task.cancel()
                await self._interrupted(job, task)
                raise
            await asyncio.wait([task])
            return await self._failed(handler, job, running.stop)
        except Exception as error:  # noqa: BLE001  every outcome becomes a row
            return await self._failed(handler, job, running.stop or error)
        else:
            await finish(job, JobState.SUCCEEDED)
            log.info("job_succeeded")
            return Outcome.SUCCEEDED
        finally:
            self.running.pop(job.id, None)

    def stop_job(self, job_id: UUID, reason: UploadM8Error) -> None:
        """Cancel a running job for a reason that becomes its outcome."""
        running = self.running.get(job_id)
        if running is not None and running.stop is None:
            running.stop = reason
            running.task.cancel()

    async def _attempt(self, handler: Handler, job: ClaimedJob) -> None:
        if job.crashes >= handler.kind.max_crashes:
            raise CrashLoopError(retry=Retry.PERMANENT_REQUEST)
        limit = (job.timeout_s or self.default_timeout_s) + job.allowance_s
        try:
            async with asyncio.timeout(limit):
                await handler.run(JobContext(job, self.owner))
        except TimeoutError as error:
            raise JobTimeoutError(f"The job ran longer than its limit of {limit:.0f} s.") from error

    async def _interrupted(self, job: ClaimedJob, task: asyncio.Task[None]) -> None:
        # A stopping worker has little time: one UPDATE, then let go.
        await put_back(job, 0, counts=False)
        log.info("job_interrupted")
        await asyncio.wait([task], timeout=0.5)

    async def _failed(self, handler: Handler, job: ClaimedJob, error: BaseException) -> Outcome:
        if isinstance(error, LeaseLostError):
            log.warning("lease_lost")
            return Outcome.LEASE_LOST
        if isinstance(error, JobCanceledError):
            await finish(job, JobState.CANCELED)
            log.info("job_canceled")
            return Outcome.CANCELED
        known = as_known(error)
        told = {"class": known.retry.value, "code": known.code, "detail": known.detail}
        decision = decide(known, job.attempt, handler.kind.max_attempts)
        if known is not error and known.retry is Retry.INTERNAL_BUG:
            log.error("job_bug", exc_info=error)
            report(error)
        if decision.again_in_s is not None:
            log.warning(
                "job_retry", error_code=known.code, again_in_s=round(decision.again_in_s, 1)
            )
            await put_back(job, decision.again_in_s, counts=decision.counts, error=told)
            return Outcome.RETRIED if decision.counts else Outcome.POSTPONED
        log.error("job_dead", error_code=known.code, detail=known.detail)
        async with transaction():
            if await holds_lease(job):
                if handler.on_dead is not None:
                    await handler.on_dead(JobContext(job, self.owner), known)
                await finish(job, JobState.DEAD, error=told)
        return Outcome.DEAD


def _measure(job: ClaimedJob, outcome: Outcome, seconds: float, step: Span) -> None:
    JOBS.labels(job.kind, outcome.value).inc()
    JOB_SECONDS.labels(job.kind).observe(seconds)
    JOB_WAIT_SECONDS.labels(job.queue).observe(job.waited_s)
    step.set({"job.outcome": outcome.value})
    if outcome is Outcome.DEAD:
        step.failed(outcome.value)
