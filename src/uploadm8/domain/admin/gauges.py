"""Gauges that are the same whichever process is asked: they come from the database."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from uploadm8.domain.admin.readings import Readings
from uploadm8.domain.platforms.tables import Platform
from uploadm8.infra.jobs.catalog import Queue

_Values = Iterable[tuple[Sequence[str], float]]
_ROLES = ("web", "worker")


def _jobs(seen: Readings) -> _Values:
    return [((row["queue"], row["state"]), row["n"]) for row in seen.jobs]


def _dead(seen: Readings) -> _Values:
    yield (), sum(row["ours"] for row in seen.jobs)


def _oldest(seen: Readings) -> _Values:
    oldest = {row["queue"]: row["oldest_s"] for row in seen.jobs if row["state"] == "due"}
    return [((queue.value,), oldest.get(queue.value, 0.0)) for queue in Queue]


def _publications(seen: Readings) -> _Values:
    return [((row["platform"], row["state"]), row["n"]) for row in seen.publications]


def _late(seen: Readings) -> _Values:
    return [
        (
            (platform.value,),
            max((r["late_s"] for r in seen.publications if r["platform"] == platform), default=0.0),
        )
        for platform in Platform
    ]


def _paused(seen: Readings) -> _Values:
    return [((one.value,), float(seen.circuits.get(one.value, 0) > 0)) for one in Platform]


def _processes(seen: Readings) -> _Values:
    return [((role,), seen.processes.get(role, 0)) for role in _ROLES]


def _disks(seen: Readings) -> _Values:
    return [((worker,), free) for worker, free in seen.disks.items()]


def _events(seen: Readings) -> _Values:
    yield (), seen.events_waiting


def _events_age(seen: Readings) -> _Values:
    yield (), seen.events_oldest_s


def _endpoints(seen: Readings) -> _Values:
    return [((state,), seen.webhooks[state]) for state in ("active", "failing")]


def _deliveries(seen: Readings) -> _Values:
    yield (), seen.webhooks["late"]


def _alerts(seen: Readings) -> _Values:
    return [((name,), count) for name, count in seen.alerts.items()]


_GAUGES: tuple[tuple[str, str, tuple[str, ...], Callable[[Readings], _Values]], ...] = (
    ("jobs", "Unfinished and dead jobs.", ("queue", "state"), _jobs),
    ("jobs_dead_of_faults", "Dead jobs that no user caused.", (), _dead),
    ("queue_oldest_seconds", "How long the oldest due job has waited.", ("queue",), _oldest),
    ("publications_unfinished", "Posts not out yet.", ("platform", "state"), _publications),
    ("publications_late_seconds", "How far the oldest waiting post's time has passed.",
     ("platform",), _late),
    ("platform_paused", "1 while a platform's circuit is open.", ("platform",), _paused),
    ("processes_alive", "Processes heard of lately.", ("role",), _processes),
    ("worker_disk_free_bytes", "Room where a worker renders.", ("worker",), _disks),
    ("stripe_events_waiting", "Stripe events received and not handled.", (), _events),
    ("stripe_events_oldest_seconds", "Age of the oldest unhandled Stripe event.", (), _events_age),
    ("webhook_endpoints", "Customers' endpoints that are called, and that have failed for 15 min.",
     ("state",), _endpoints),
    ("webhook_deliveries_late", "Webhook deliveries late by ten minutes.", (), _deliveries),
    ("alerts_firing", "Operator alerts that are firing.", ("alert",), _alerts),
)  # fmt: skip

LABELS = {f"uploadm8_{name}": labels for name, _, labels, _ in _GAUGES}
"""The labels of every gauge, by its name."""


def gauges(seen: Readings) -> list[Metric]:
    """The readings as metric families."""
    families: list[Metric] = []
    for name, meaning, labels, values in _GAUGES:
        family = GaugeMetricFamily(f"uploadm8_{name}", meaning, labels=labels)
        for given, value in values(seen):
            family.add_metric(list(given), float(value))
        families.append(family)
    return families
