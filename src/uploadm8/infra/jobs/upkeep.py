"""What every worker does besides jobs: renew leases, free dead ones, look for due jobs, start periodic work."""

import asyncio
from collections.abc import Sequence

import structlog

from uploadm8.infra.background import Work, repeat
from uploadm8.infra.jobs.catalog import ALL, JobKind, Queue
from uploadm8.infra.jobs.handlers import JobCanceledError, LeaseLostError
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.metrics.catalog import LEASES_EXPIRED
from uploadm8.infra.scratch import Scratch

log = structlog.get_logger(__name__)

TICK_S = 1.0
REAP_S = 5.0
SWEEP_S = 600.0
UNTOUCHED_S = 3600.0


# A job whose row is locked is in the middle of a transaction; its lease is renewed a second later.
# To wait for it while holding others' rows could wait crosswise with a job that ends some of these.
_RENEW = (
    "WITH mine AS (SELECT id, lease_epoch, cancel_requested FROM jobs WHERE id=ANY({}::uuid[])"
    " AND lease_owner={} AND state='running'),"
    " free AS (SELECT id FROM jobs WHERE id IN (SELECT id FROM mine) AND lease_owner={}"
    " AND state='running' FOR NO KEY UPDATE SKIP LOCKED),"
    " renewed AS (UPDATE jobs SET lease_until=now() + make_interval(secs => {}::float8)"
    " WHERE id IN (SELECT id FROM free)) SELECT * FROM mine"
)


async def renew_leases(runner: Runner) -> None:
    """Renew the leases of running jobs; stop those that were lost or canceled."""
    running = {entry.job.id: entry.job for entry in list(runner.running.values())}
    if not running:
        return
    rows = await JobRow.raw(_RENEW, list(running), runner.owner, runner.owner, runner.lease_s)
    seen = {row["id"]: row for row in rows}
    for job_id, job in running.items():
        row = seen.get(job_id)
        if row is None or row["lease_epoch"] != job.epoch:
            runner.stop_job(job_id, LeaseLostError())
        elif row["cancel_requested"]:
            runner.stop_job(job_id, JobCanceledError())


async def reap(grace_s: float = 0.0) -> int:
    """Queue the jobs of workers that went silent; returns how many."""
    rows = await JobRow.raw(
        "UPDATE jobs SET state=CASE WHEN cancel_requested THEN 'canceled' ELSE 'queued' END,"
        " crashes=crashes+1, attempts=attempts-1, lease_until=NULL,"
        " run_at=now() + make_interval(secs => crashes * 5)"
        " WHERE id = ANY(ARRAY(SELECT id FROM jobs WHERE state='running' AND lease_until"
        " < now() - make_interval(secs => {}::float8) LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED))"
        " RETURNING id, kind, lease_owner",
        grace_s,
    )
    for row in rows:
        LEASES_EXPIRED.labels(row["kind"]).inc()
        log.warning(
            "lease_expired", job_id=str(row["id"]), job=row["kind"], owner=row["lease_owner"]
        )
    return len(rows)


async def start_periodic(kinds: tuple[JobKind, ...] = ALL) -> None:
    """Record the periodic jobs of the current period; all workers agree by the unique key."""
    for kind in kinds:
        if kind.every_s is not None:
            rows = await JobRow.raw(
                "SELECT floor(extract(epoch FROM now()) / {})::bigint AS p", kind.every_s
            )
            await enqueue(kind, unique_key=f"{kind.name}:{rows[0]['p']}")


async def next_due_s(queues: Sequence[str], within_s: float) -> float | None:
    """Seconds until the next job of these queues is due; None if that is farther away."""
    rows = await JobRow.raw(
        "SELECT extract(epoch FROM min(run_at) - now())::float8 AS s FROM jobs WHERE state='queued'"
        " AND queue=ANY({}::text[]) AND run_at > now()"
        " AND run_at < now() + make_interval(secs => {}::float8)",
        list(queues),
        within_s,
    )
    seconds: float | None = rows[0]["s"]
    return seconds


class Upkeep:
    """The background tasks of one worker process."""

    def __init__(self, runner: Runner, scratch: Scratch) -> None:
        self._runner = runner
        self._scratch = scratch
        self._tasks: list[asyncio.Task[None]] = []
        self._last_ok = asyncio.get_running_loop().time()

    def start(self) -> None:
        """Start the loops on the running event loop."""
        loops: list[tuple[float, Work]] = [
            (TICK_S, self._renew),
            (TICK_S, self._look),
            (REAP_S, reap),
            (10.0, start_periodic),
            (SWEEP_S, self._sweep),
        ]
        self._tasks = [asyncio.create_task(repeat(every, work)) for every, work in loops]

    async def stop(self) -> None:
        """Stop the loops."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self) -> None:
        """Take what is due, and what becomes due until the next look at its very moment."""
        queues = tuple(self._runner.slots)
        self._wake(queues)
        seconds = await next_due_s(queues, TICK_S + 0.5)
        if seconds is not None:
            asyncio.get_running_loop().call_later(max(0.0, seconds), self._wake, queues)

    def _wake(self, queues: Sequence[Queue]) -> None:
        for queue in queues:
            self._runner.wake(queue)

    async def _sweep(self) -> None:
        """Folders that a dead job or a shared render left on this machine."""
        await asyncio.to_thread(self._scratch.sweep, UNTOUCHED_S)

    async def _renew(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._runner.lease_s / 4):  # it may also just not answer
                await renew_leases(self._runner)
            self._last_ok = loop.time()
        except Exception:
            # Without the database for most of a lease, another worker will own our jobs.
            if loop.time() - self._last_ok > self._runner.lease_s * 0.75:
                for job_id in list(self._runner.running):
                    self._runner.stop_job(job_id, LeaseLostError())
            raise
