"""Tell workers at once of a job that is due; losing a ring costs time, never a job.

Whoever records a due job rings through Dramatiq on Redis, or, being a worker with a free slot, looks
for it itself. Every worker looks for due jobs each second anyway.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker

from uploadm8.infra.jobs.catalog import Queue

log = structlog.get_logger(__name__)

Listener = Callable[[Queue], bool]
"""Told that a job of a queue is due; answers whether it will be looked for here."""


@dataclass(slots=True)
class _Bell:
    broker: RedisBroker | None = None
    queue_names: Mapping[Queue, str] | None = None
    listener: Listener | None = None


_bell = _Bell()


def install(broker: RedisBroker, queue_names: Mapping[Queue, str]) -> None:
    """Tell this process how to ring: the broker, and the Redis queue name per queue."""
    _bell.broker, _bell.queue_names = broker, queue_names
    for name in queue_names.values():
        broker.declare_queue(name)


def listen(listener: Listener | None) -> None:
    """Let this process answer its own rings, on its event loop; None ends that."""
    _bell.listener = listener


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
    """Ring without blocking the loop; a failure is left to the workers' own clocks."""
    if _bell.listener is not None and _bell.listener(queue):
        return
    try:
        await asyncio.to_thread(ring, job_id, kind, queue)
    except Exception as error:  # noqa: BLE001  Redis being away may delay a job, never fail the request
        log.warning("doorbell_failed", job_id=str(job_id), error=type(error).__name__)
