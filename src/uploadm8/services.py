"""Services: one of each collaborator, built once per process, the same in API and worker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from uploadm8.api.limits import Limits
from uploadm8.closing import build_closing
from uploadm8.config import Config
from uploadm8.core.video.containers import EVERYWHERE
from uploadm8.domain.accounts.credentials import CredentialChanges
from uploadm8.domain.accounts.post import Post
from uploadm8.domain.accounts.service import Accounts
from uploadm8.domain.accounts.totp import SecondFactor
from uploadm8.domain.admin.figures import Figures
from uploadm8.domain.admin.people import People
from uploadm8.domain.admin.service import Administration
from uploadm8.domain.admin.standing import Standing
from uploadm8.domain.admin.support import Support
from uploadm8.domain.admin.work import Work
from uploadm8.domain.analytics.posts import PostResults
from uploadm8.domain.analytics.service import Analytics
from uploadm8.domain.audit.service import AuditTrail
from uploadm8.domain.billing.entitlements import Entitlements
from uploadm8.domain.billing.gateway import open_gateway
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.billing.quota import Quota
from uploadm8.domain.billing.service import Billing, build_billing
from uploadm8.domain.billing.team import TeamSeats
from uploadm8.domain.captions.service import CaptionTemplates
from uploadm8.domain.kpi.export import Export
from uploadm8.domain.kpi.service import Kpis
from uploadm8.domain.notifications.choices import Choices
from uploadm8.domain.notifications.deliveries import Deliveries
from uploadm8.domain.notifications.endpoints import Endpoints as WebhookEndpoints
from uploadm8.domain.notifications.service import NotificationServices
from uploadm8.domain.platforms.service import Platforms
from uploadm8.domain.publishing.acts import PublicationActs
from uploadm8.domain.publishing.approvals import Approvals
from uploadm8.domain.publishing.delivery import Delivery
from uploadm8.domain.publishing.pace import Pace, read_caps
from uploadm8.domain.publishing.plan import PublicationPlans
from uploadm8.domain.publishing.posting import Posting
from uploadm8.domain.publishing.preflights import Preflights
from uploadm8.domain.publishing.queue_times import QueueTimes
from uploadm8.domain.publishing.service import Publications
from uploadm8.domain.publishing.status import Status
from uploadm8.domain.publishing.targets import Targets
from uploadm8.domain.renditions.exact_pictures import ExactPictures
from uploadm8.domain.renditions.media_check import MediaCheck
from uploadm8.domain.renditions.previews import HudPreviews
from uploadm8.domain.renditions.service import RenditionViews
from uploadm8.domain.renditions.thumbnails import Thumbnails
from uploadm8.domain.settings.layouts import HudLayouts
from uploadm8.domain.settings.service import SettingsService
from uploadm8.domain.uploads.service import Uploads
from uploadm8.domain.uploads.telemetry import TelemetryFiles
from uploadm8.domain.workspaces.api_keys import ApiKeys
from uploadm8.domain.workspaces.closing import Closing
from uploadm8.domain.workspaces.invitations import Invitations
from uploadm8.domain.workspaces.joining import Joining
from uploadm8.domain.workspaces.members import Members
from uploadm8.domain.workspaces.principals import DatabasePrincipals
from uploadm8.domain.workspaces.service import Workspaces
from uploadm8.domain.workspaces.team_mail import TeamMail
from uploadm8.infra.db.engine import DB
from uploadm8.infra.http import Http, open_http
from uploadm8.infra.jobs.broker import build_broker
from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.doorbell import install
from uploadm8.infra.live import Live
from uploadm8.infra.metrics.shared import SharedMetrics
from uploadm8.infra.ratelimit import Rate, RateLimiter
from uploadm8.infra.scratch import Scratch
from uploadm8.infra.security.cipher import Cipher
from uploadm8.infra.security.passwords import Passwords
from uploadm8.infra.security.reseal import Reseal
from uploadm8.infra.storage.s3 import Storage, open_storage
from uploadm8.parties import (
    base_urls,
    billing_options,
    build_settings,
    connect_platforms,
    open_notifications,
)
from uploadm8.people import build_mailer, build_people


@dataclass(frozen=True, slots=True)
class Services:
    """Every collaborator that controllers and jobs are given."""

    config: Config
    redis: Redis
    live: Live
    cipher: Cipher
    storage: Storage
    limits: Limits
    workspaces: Workspaces
    principals: DatabasePrincipals
    accounts: Accounts
    credentials: CredentialChanges
    second_factor: SecondFactor
    post: Post
    api_keys: ApiKeys
    seats: TeamSeats
    members: Members
    invitations: Invitations
    joining: Joining
    team_mail: TeamMail
    settings: SettingsService
    layouts: HudLayouts
    notifications: NotificationServices
    webhook_endpoints: WebhookEndpoints
    webhook_deliveries: Deliveries
    entitlements: Entitlements
    grants: Grants
    quota: Quota
    billing: Billing
    audit: AuditTrail
    http: Http
    scratch: Scratch
    platforms: Platforms
    uploads: Uploads
    telemetry: TelemetryFiles
    publications: Publications
    queue_times: QueueTimes
    approvals: Approvals
    captions: CaptionTemplates
    acts: PublicationActs
    status: Status
    closing: Closing
    previews: HudPreviews
    thumbnails: Thumbnails
    preflights: Preflights
    delivery: Delivery
    analytics: Analytics
    post_results: PostResults
    kpis: Kpis
    export: Export
    figures: Figures
    people: People
    administration: Administration
    standing: Standing
    support: Support
    work: Work
    admin_key: str
    admins_need_two_step: bool
    metrics: SharedMetrics


def queue_names(config: Config) -> dict[Queue, str]:
    """The Redis queue name of each queue, from the settings."""
    return {
        Queue.JOBS: config.upload_job_queue.partition(":")[2],
        Queue.TELEMETRY: config.telemetry_job_queue.partition(":")[2],
        Queue.LIGHT: "light",
    }


@asynccontextmanager
async def open_services(config: Config, role: str = "web") -> AsyncIterator[Services]:
    """Open every connection, on the running event loop, and close them again in reverse.

    Args:
        config: the settings.
        role: ``web`` or ``worker``, by which this process is counted.
    """
    async with AsyncExitStack() as stack:
        cipher = Cipher.parse(config.token_enc_keys.get_secret_value())
        await DB.open(config.database_pool_size)
        stack.push_async_callback(DB.close)
        await Reseal(cipher).require_keys()
        redis = Redis.from_url(config.redis_url.get_secret_value(), socket_timeout=20)
        stack.push_async_callback(redis.aclose)
        limiter = RateLimiter(redis)
        stack.push_async_callback(limiter.aclose)
        storage = await stack.enter_async_context(
            open_storage(
                config.storage_endpoint,
                config.r2_access_key_id,
                config.r2_secret_access_key.get_secret_value(),
                config.r2_bucket_name,
            )
        )
        http = await stack.enter_async_context(open_http(base_urls(config)))
        passwords = Passwords()
        stack.callback(passwords.close)
        people = build_people(config, cipher, passwords, build_mailer(config, http))
        options = billing_options(config)
        billing = build_billing(options, await stack.enter_async_context(open_gateway(options)))
        entitlements, quota = billing.entitlements, billing.quota
        settings = build_settings(cipher, config.discord_base_url, entitlements)
        choices = Choices(settings, entitlements)
        notifications = await stack.enter_async_context(
            open_notifications(config, http, cipher, choices, people.post.mailer)
        )
        platforms = connect_platforms(config, http, cipher, choices, people.post.mailer)
        seats = TeamSeats(entitlements)
        approvals = Approvals(entitlements)
        captions = CaptionTemplates(entitlements)
        targets = Targets(entitlements, approvals, captions)
        stack.push_async_callback(platforms.limits.memory.aclose)
        plans = PublicationPlans(targets, platforms.limits)
        views = RenditionViews(storage)
        publications = Publications(Posting(targets, platforms.limits))
        layouts = HudLayouts(settings)
        preflights = Preflights(MediaCheck(entitlements))
        yield Services(
            config=config,
            redis=redis,
            live=Live(redis),
            cipher=cipher,
            storage=storage,
            limits=Limits(limiter, Rate(config.rate_limit_max, config.rate_limit_window_sec)),
            workspaces=people.workspaces,
            principals=people.principals,
            accounts=people.accounts,
            credentials=people.credentials,
            second_factor=people.second_factor,
            post=people.post,
            api_keys=people.api_keys,
            settings=settings,
            layouts=layouts,
            notifications=notifications,
            webhook_endpoints=notifications.endpoints,
            webhook_deliveries=notifications.deliveries,
            seats=seats,
            members=Members(people.workspaces, seats),
            invitations=Invitations(seats),
            joining=Joining(people.signer, people.accounts, seats),
            team_mail=TeamMail(people.signer, people.post.mailer, config.frontend_url),
            entitlements=entitlements,
            grants=Grants(),
            quota=quota,
            billing=billing,
            audit=AuditTrail(entitlements),
            http=http,
            scratch=Scratch(config.scratch_dir),
            platforms=platforms,
            uploads=Uploads(
                storage,
                quota,
                plans,
                views,
                entitlements,
                preflights,
                layouts,
                settings,
                EVERYWHERE.union(config.containers),
            ),
            telemetry=TelemetryFiles(storage, plans, views, settings),
            publications=publications,
            queue_times=QueueTimes(entitlements),
            approvals=approvals,
            captions=captions,
            acts=PublicationActs(publications, approvals),
            status=Status(entitlements),
            closing=build_closing(people, storage, billing, platforms, publications, settings),
            previews=HudPreviews(storage, ExactPictures(storage), layouts, settings),
            thumbnails=Thumbnails(),
            preflights=preflights,
            delivery=Delivery(
                platforms.keeper,
                platforms.clients.publishers,
                storage,
                cipher,
                Pace(config.account_spacing_seconds, read_caps(config.account_daily_caps)),
            ),
            analytics=Analytics(quota),
            post_results=PostResults(),
            kpis=Kpis(),
            figures=Figures(Kpis()),
            people=People(),
            export=Export(entitlements),
            administration=Administration(Grants()),
            standing=Standing(people.accounts.sessions),
            support=Support(people.accounts.sessions, people.post),
            work=Work(publications),
            admins_need_two_step=config.two_step_for_admins,
            admin_key=config.admin_api_key.get_secret_value(),
            metrics=SharedMetrics.of(redis, role),
        )


def install_doorbell(config: Config) -> None:
    """Let this process ring for the jobs that it records."""
    broker = build_broker(config.redis_url.get_secret_value(), config.queue_namespace)
    install(broker, queue_names(config))
