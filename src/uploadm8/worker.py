"""The worker's composition root: every kind of job bound to its handler."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import dramatiq

from uploadm8.config import Config
from uploadm8.doctor.examine import require_fit
from uploadm8.domain.accounts.actors import AccountJobs
from uploadm8.domain.admin.retention.jobs import RetentionJobs
from uploadm8.domain.admin.retention.media import MediaRetention
from uploadm8.domain.admin.retention.orphans import Orphans
from uploadm8.domain.analytics.digest import Digests
from uploadm8.domain.billing.actors import BillingJobs
from uploadm8.domain.publishing.actors import PublishingJobs
from uploadm8.domain.publishing.aftermath import Aftermath
from uploadm8.domain.publishing.approval_mail import ApprovalMail
from uploadm8.domain.publishing.foresight import Foresight
from uploadm8.domain.publishing.metrics import MetricsJobs
from uploadm8.domain.publishing.release import Releases
from uploadm8.domain.publishing.rollups.keeping import RollupJobs
from uploadm8.domain.publishing.sweep import PublicationSweep
from uploadm8.domain.renditions.actors import RenditionJobs
from uploadm8.domain.renditions.finishing import Finishing
from uploadm8.domain.renditions.fleet import Fleet
from uploadm8.domain.renditions.materials import Materials
from uploadm8.domain.renditions.stills import Stills
from uploadm8.domain.uploads.actors import UploadJobs
from uploadm8.domain.workspaces.actors import WorkspaceJobs
from uploadm8.infra import failpoints
from uploadm8.infra.db.engine import DB
from uploadm8.infra.jobs.broker import Lifespan, build_broker
from uploadm8.infra.jobs.catalog import ALL, JobKind, Queue
from uploadm8.infra.jobs.doorbell import install, listen
from uploadm8.infra.jobs.handlers import Handler
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.upkeep import Upkeep
from uploadm8.infra.logging import configure_logging
from uploadm8.operations import operating
from uploadm8.services import Services, open_services, queue_names
from uploadm8.starting import read_config


def handlers(services: Services) -> dict[str, Handler]:
    """The handler of every job kind, by name."""
    common = (
        *(services.storage, services.scratch, services.live),
        *(services.quota, services.settings),
    )
    uploads = UploadJobs(*common, services.preflights, services.uploads.containers)
    materials = Materials(services.storage, services.scratch, services.settings)
    finishing = Finishing(services.storage, services.scratch, services.live, services.quota)
    fleet = Fleet(
        materials,
        finishing,
        split_from_s=services.config.render_split_seconds,
        segment_s=services.config.render_segment_seconds,
    )
    stills = Stills(services.storage, services.scratch)
    renditions = RenditionJobs(
        *(materials, finishing, fleet, stills, services.entitlements),
        hardware=services.config.render_hardware,
    )
    groups = (
        uploads.handlers(),
        renditions.handlers(),
        Releases().handlers(),
        PublishingJobs(services.delivery).handlers(),
        Aftermath(services.delivery, services.platforms.clients).handlers(),
        MetricsJobs(services.delivery).handlers(),
        PublicationSweep().handlers(),
        RollupJobs().handlers(),
        Foresight(services.platforms.jobs.letters).handlers(),
        ApprovalMail(services.post.mailer, services.config.frontend_url).handlers(),
        services.platforms.jobs.handlers(),
        services.notifications.jobs.handlers(),
        Digests().handlers(),
        RetentionJobs(
            MediaRetention(
                services.storage,
                services.config.retention_originals_days,
                services.config.retention_renditions_days,
            ),
            Orphans(services.storage, services.redis),
        ).handlers(),
        AccountJobs(services.post, services.credentials).handlers(),
        WorkspaceJobs(services.closing, services.team_mail).handlers(),
        BillingJobs(
            services.billing, services.post.mailer, services.config.frontend_url
        ).handlers(),
    )
    return {handler.kind.name: handler for group in groups for handler in group}


class Worker:
    """One worker process: collaborators, runner and upkeep on Dramatiq's event loop."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stack = AsyncExitStack()
        self._runner: Runner | None = None
        self._upkeep: Upkeep | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Open everything; called on the worker's event loop."""
        await require_fit(self._config)
        services = await self._stack.enter_async_context(open_services(self._config, "worker"))
        await self._stack.enter_async_context(
            operating(services, "worker", render_slots=self._config.worker_concurrency)
        )
        self._runner = Runner(
            handlers=handlers(services),
            slots={
                Queue.TELEMETRY: self._config.worker_concurrency,
                Queue.JOBS: self._config.publish_concurrency,
                Queue.LIGHT: self._config.light_concurrency,
            },
            lease_s=self._config.job_lease_seconds,
            default_timeout_s=self._config.job_timeout_seconds,
        )
        self._loop = asyncio.get_running_loop()
        listen(self._runner.wake)
        self._upkeep = Upkeep(self._runner, services.scratch)
        self._upkeep.start()

    async def drain(self) -> None:
        """Take no further jobs, give those at hand back, and stop the upkeep."""
        listen(None)
        if self._runner is not None:
            await self._runner.stop(10)
        if self._upkeep is not None:
            await self._upkeep.stop()

    async def close(self) -> None:
        """Close every connection."""
        await self._stack.aclose()

    def answering(self, kind: JobKind) -> Callable[[str], None]:
        """The Dramatiq actor function of a kind: it only answers the bell."""

        def answer(job_id: str) -> None:
            del job_id  # whatever is due goes by its turn
            if self._runner is not None and self._loop is not None:
                self._loop.call_soon_threadsafe(self._runner.wake, kind.queue)

        return answer


def create_broker(config: Config | None = None) -> dramatiq.Broker:
    """Build the broker that ``dramatiq worker_main`` runs."""
    config = config or read_config()
    configure_logging(config.log_level, json=not config.is_development)
    failpoints.arm(config.failpoints)
    DB.configure(
        config.database_url.get_secret_value(), statement_timeout_s=60, application="worker"
    )
    worker = Worker(config)
    names = queue_names(config)
    broker = build_broker(
        config.redis_url.get_secret_value(),
        config.queue_namespace,
        (Lifespan(worker.start, worker.drain, worker.close),),
    )
    install(broker, names)
    for kind in ALL:
        actor = dramatiq.actor(actor_name=kind.name, queue_name=names[kind.queue], broker=broker)
        actor(worker.answering(kind))
    dramatiq.set_broker(broker)
    return broker
