"""What operators are woken for: from readings to problems; pure, so that it is one page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from uploadm8.domain.admin.readings import Readings
from uploadm8.domain.platforms.tables import Platform
from uploadm8.infra.jobs.catalog import Queue

# How long a due job may wait. Renders queue up behind each other on a busy day.
QUEUE_LATE_S = {Queue.JOBS: 120.0, Queue.LIGHT: 120.0, Queue.TELEMETRY: 1800.0}
POSTS_LATE_S = 300.0
EVENTS_LATE_S = 600.0
NO_WORKER_FOR_S = 60.0  # a deploy stops the old worker before the new one starts
# One customer's broken endpoint is theirs; when many fail at once, the fault is likely ours.
ENDPOINTS_FAILING_SHARE = 0.25
ENDPOINTS_FAILING_LEAST = 3
DELIVERIES_LATE_LEAST = 10
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong.

    Attributes:
        name: kind of problem; docs/operations.md has a section of this name.
        summary: one sentence for whoever is woken.
        subject: what is wrong, where several may be; part of what makes the problem one.
        for_s: how long it must last before anybody is told.
    """

    name: str
    summary: str
    subject: str = ""
    for_s: float = 0.0

    @property
    def key(self) -> str:
        """What makes it this problem and no other."""
        return f"{self.name}:{self.subject}" if self.subject else self.name


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on something is wrong, where installations differ.

    Attributes:
        disk_free_bytes: least room where a worker renders.
    """

    disk_free_bytes: int = 4 * _GIB


def problems(seen: Readings, limits: Thresholds) -> list[Problem]:
    """Everything that is wrong by these readings."""
    return [problem for check in _CHECKS for problem in check(seen, limits)]


def _workers(seen: Readings, _: Thresholds) -> Iterator[Problem]:
    if not seen.processes.get("worker"):
        yield Problem(
            "no_worker",
            "No worker has been heard of: nothing renders and nothing is posted.",
            for_s=NO_WORKER_FOR_S,
        )


def _queues(seen: Readings, _: Thresholds) -> Iterator[Problem]:
    for row in seen.jobs:
        if row["state"] == "due" and row["oldest_s"] > QUEUE_LATE_S[Queue(row["queue"])]:
            minutes = row["oldest_s"] / 60
            told = f"Jobs of the queue {row['queue']} are due: {row['n']}; the oldest has waited {minutes:.0f} min."
            yield Problem("queue_late", told, row["queue"])


def _posts(seen: Readings, _: Thresholds) -> Iterator[Problem]:
    for platform in Platform:
        rows = [row for row in seen.publications if row["platform"] == platform]
        late = max((row["late_s"] for row in rows), default=0.0)
        if late > POSTS_LATE_S:
            told = f"Posts for {platform.label} are late; the oldest by {late / 60:.0f} min."
            yield Problem("posts_late", told, platform.value)
        unknown = sum(row["long_unknown"] for row in rows)
        if unknown:
            told = f"{platform.label} has not said for an hour whether posts are live: {unknown}."
            yield Problem("posts_unknown", told, platform.value)
        if seen.circuits.get(platform.value, 0) > 0:
            told = f"{platform.label} has a fault; posts wait until it answers again."
            yield Problem("platform_paused", told, platform.value)


def _jobs(seen: Readings, _: Thresholds) -> Iterator[Problem]:
    dead = sum(row["ours"] for row in seen.jobs)
    if dead:
        yield Problem("dead_jobs", f"Jobs died of our faults: {dead}; see GET /api/admin/jobs.")
    lost = sum(row["lost"] for row in seen.jobs)
    if lost:
        told = f"Jobs run without a sign of life for a minute, and nobody takes them: {lost}."
        yield Problem("jobs_lost", told)


def _stripe(seen: Readings, _: Thresholds) -> Iterator[Problem]:
    if seen.events_oldest_s > EVENTS_LATE_S:
        told = f"Stripe events are not handled: {seen.events_waiting}; tiers may be out of date."
        yield Problem("webhooks_failing", told)


def _webhooks(seen: Readings, _: Thresholds) -> Iterator[Problem]:
    active, failing = seen.webhooks["active"], seen.webhooks["failing"]
    if failing >= max(ENDPOINTS_FAILING_LEAST, ENDPOINTS_FAILING_SHARE * active):
        told = f"Webhook endpoints of customers have failed for 15 min: {failing} of {active}."
        yield Problem("endpoints_failing", told)
    late = seen.webhooks["late"]
    if late >= DELIVERIES_LATE_LEAST:
        yield Problem("deliveries_late", f"Webhook deliveries are late by 10 min: {late}.")


def _disks(seen: Readings, limits: Thresholds) -> Iterator[Problem]:
    for worker, free in seen.disks.items():
        if free < limits.disk_free_bytes:
            told = f"{worker} has {free / _GIB:.1f} GiB left where it renders."
            yield Problem("disk_low", told, worker)


_CHECKS: tuple[Callable[[Readings, Thresholds], Iterator[Problem]], ...] = (
    *(_workers, _queues, _posts),
    *(_jobs, _stripe, _webhooks, _disks),
)
