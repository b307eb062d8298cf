"""Ring for due jobs through Dramatiq on Redis; losing a ring costs time, never a job."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker

from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.tables import JobRow

log = structlog.get_logger(__name__)

RING_AGAIN_S = 60  # a ring that nobody answered is repeated after this
BATCH = 32  # per queue and tick: whoever answers a ring goes on until nothing is due


@dataclass(slots=True)
class _Bell:
    broker: RedisBroker | None = None
    queue_names: Mapping[Queue, str] | None = None


_bell = _Bell()


def install(broker: RedisBroker, queue_names: Mapping[Queue, str]) -> None:
    """Tell this process how to ring: the broker, and the Redis queue name per queue."""
    _bell.broker, _bell.queue_names = broker, queue_names
    for name in queue_names.values():
        broker.declare_queue(name)


def ring(job_id: UUID, kind: str, queue: Queue) -> None:
    """Send the doorbell message; blocking, raises when Redis is away."""
    if _bell.broker is None or _bell.queue_names is None:
        return
    message: dramatiq.Message[None] = dramatiq.Message(
        queue_name=_bell.queue_names[queue],
        actor_name=kind,
        args=(str(job_id),),
        kwargs={},
        options={},
    )
    _bell.broker.enqueue(message)


async def ring_soon(job_id: UUID, kind: str, queue: Queue) -> None:
    """Ring without blocking the loop; a failure is left to the dispatcher."""
    try:
        await asyncio.to_thread(ring, job_id, kind, queue)
        await JobRow.raw("UPDATE jobs SET doorbell_at=now() WHERE id={} AND state='queued'", job_id)
    except Exception as error:  # noqa: BLE001  Redis being away may delay a job, never fail the request
        log.warning("doorbell_failed", job_id=str(job_id), error=type(error).__name__)


async def ring_due() -> int:
    """Ring for due jobs that nobody was told of lately; returns how often.

    Each queue has its own share, so that ten thousand due posts do not keep a mail waiting.
    """
    rung = 0
    for queue in Queue:
        rows = await JobRow.raw(
            "UPDATE jobs SET doorbell_at=now() WHERE id IN (SELECT id FROM jobs"
            " WHERE queue={} AND state='queued' AND run_at<=now() AND NOT cancel_requested"
            " AND (doorbell_at IS NULL OR doorbell_at < now() - make_interval(secs => {}::float8))"
            " ORDER BY priority, run_at LIMIT {} FOR UPDATE SKIP LOCKED) RETURNING id, kind, queue",
            queue.value,
            float(RING_AGAIN_S),
            BATCH,
        )
        for row in rows:
            await asyncio.to_thread(ring, row["id"], row["kind"], Queue(row["queue"]))
        rung += len(rows)
    return rung
