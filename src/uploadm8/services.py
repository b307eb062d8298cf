"""Services: one of each collaborator, built once per process, the same in API and worker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from uploadm8.config import Config, EmailVerification
from uploadm8.domain.accounts.service import Accounts
from uploadm8.domain.accounts.sessions import Sessions
from uploadm8.domain.billing.entitlements import Entitlements
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.billing.quota import Quota
from uploadm8.domain.workspaces.principals import DatabasePrincipals
from uploadm8.domain.workspaces.service import Workspaces
from uploadm8.infra.db.engine import DB
from uploadm8.infra.jobs.broker import build_broker
from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.doorbell import install
from uploadm8.infra.live import Live
from uploadm8.infra.security.cipher import Cipher
from uploadm8.infra.security.passwords import Passwords
from uploadm8.infra.security.tokens import AccessTokens, RefreshTokens
from uploadm8.infra.storage.s3 import Storage, open_storage


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
    entitlements: Entitlements
    grants: Grants
    quota: Quota


def queue_names(config: Config) -> dict[Queue, str]:
    """The Redis queue name of each queue, from the settings."""
    return {
        Queue.JOBS: config.upload_job_queue.partition(":")[2],
        Queue.TELEMETRY: config.telemetry_job_queue.partition(":")[2],
        Queue.LIGHT: "light",
    }


@asynccontextmanager
async def open_services(config: Config) -> AsyncIterator[Services]:
    """Open every connection, on the running event loop, and close them again in reverse."""
    async with AsyncExitStack() as stack:
        cipher = Cipher.parse(config.token_enc_keys.get_secret_value())
        await DB.open(config.database_pool_size)
        stack.push_async_callback(DB.close)
        redis = Redis.from_url(config.redis_url.get_secret_value(), socket_timeout=20)
        stack.push_async_callback(redis.aclose)
        # A limit that makes requests wait for Redis would be worse than none.
        limits_redis = Redis.from_url(
            config.redis_url.get_secret_value(), socket_timeout=0.5, socket_connect_timeout=0.5
        )
        stack.push_async_callback(limits_redis.aclose)
        storage = await stack.enter_async_context(
            open_storage(
                config.storage_endpoint,
                config.r2_access_key_id,
                config.r2_secret_access_key.get_secret_value(),
                config.r2_bucket_name,
            )
        )
        workspaces = Workspaces()
        passwords = Passwords()
        stack.callback(passwords.close)
        people = build_people(config, cipher, passwords, mailer(config, http), workspaces)
        entitlements = Entitlements()
        yield Services(
            config=config,
            redis=redis,
            live=Live(redis),
            cipher=cipher,
            storage=storage,
            limits=Limits(
                RateLimiter(limits_redis), Rate(config.rate_limit_max, config.rate_limit_window_sec)
            ),
            workspaces=workspaces,
            principals=people.principals,
            accounts=people.accounts,
            credentials=people.credentials,
            second_factor=people.second_factor,
            post=people.post,
            entitlements=entitlements,
            grants=Grants(),
            quota=Quota(entitlements),
        )


def install_doorbell(config: Config) -> None:
    """Let this process ring for the jobs that it records."""
    broker = build_broker(config.redis_url.get_secret_value(), config.queue_namespace)
    install(broker, queue_names(config))
