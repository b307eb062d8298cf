"""PostgreSQL, Redis and the bucket: reachable, of the right version, set up as we need them."""

from contextlib import suppress
from typing import Any

import httpx
from botocore.exceptions import ClientError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from uploadm8.config import Config
from uploadm8.doctor.findings import Finding, ok, red, warn
from uploadm8.infra.audit.seal import broken
from uploadm8.infra.clock import now
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.upgrade import pending
from uploadm8.infra.security.cipher import Cipher, KeyRingError
from uploadm8.infra.security.reseal import Reseal
from uploadm8.infra.storage.s3 import Storage, open_storage

_LEAST_POSTGRES = 14
_LEAST_REDIS = (6, 2)
_AUDIT_DAYS = 7
_SKEW_WARN_S, _SKEW_RED_S = 1.0, 5.0


async def check_database(config: Config) -> list[Finding]:
    """Version, clock, migrations and the keys of what is encrypted."""
    DB.configure(config.database_url.get_secret_value(), application="doctor")
    opened = DB.pool is None
    try:
        if opened:
            await DB.open(2)
        found = [*await _database(), *await _keys(config)]
        return [*found, await _audit()] if not await pending() else found
    except Exception as error:  # noqa: BLE001  whatever it is, there is no database
        told = f"The database does not answer ({type(error).__name__})."
        return [red("database", told, "Check DATABASE_URL and the server.")]
    finally:
        if opened:
            with suppress(Exception):
                await DB.close()


async def _database() -> list[Finding]:
    if DB.pool is None:
        raise RuntimeError("the pool is closed")
    version = int(await DB.pool.fetchval("SHOW server_version_num")) // 10_000
    before = now()
    theirs = await DB.pool.fetchval("SELECT clock_timestamp()")
    after = now()
    skew = abs((theirs - (before + (after - before) / 2)).total_seconds())
    found = [
        ok("database", f"PostgreSQL {version} answers.")
        if version >= _LEAST_POSTGRES
        else red(
            "database", f"PostgreSQL {version} is too old.", f"Use {_LEAST_POSTGRES} or later."
        ),
        judge_clock(skew),
    ]
    waiting = await pending()
    if waiting:
        told = f"Pending migrations: {len(waiting)}, the first is {waiting[0]}."
        found.append(red("migrations", told, "Run `uploadm8 db upgrade`."))
    else:
        found.append(ok("migrations", "The schema is current."))
    return found


def judge_clock(skew_s: float) -> Finding:
    """What a difference between our clock and the database's means."""
    told = f"Our clock and the database's differ by {skew_s:.2f} s."
    if skew_s > _SKEW_RED_S:
        return red("clock", told, "Synchronise this machine's clock (NTP).")
    return warn("clock", told, "Check NTP.") if skew_s > _SKEW_WARN_S else ok("clock", told)


async def _audit() -> Finding:
    days = await broken(_AUDIT_DAYS)
    if days:
        told = f"The audit log of {', '.join(map(str, days))} is not what was sealed."
        return warn(
            "audit", told, "Compare a backup; the seals also stand in the logs (audit_sealed)."
        )
    return ok("audit", f"The last {_AUDIT_DAYS} sealed days of the audit log are unchanged.")


async def _keys(config: Config) -> list[Finding]:
    try:
        cipher = Cipher.parse(config.token_enc_keys.get_secret_value())
    except KeyRingError as error:
        return [red("keys", f"{error}.", "A key is vN: and what `openssl rand -base64 32` makes.")]
    try:
        await Reseal(cipher).require_keys()
    except KeyRingError as error:
        return [red("keys", f"{error}.", "Put every key back that ever sealed something here.")]
    return [ok("keys", f"The key ring has v{cipher.primary} and all that stored secrets need.")]


async def check_redis(config: Config) -> list[Finding]:
    """Version, and that it never evicts: a lost ring delays work, a lost limit opens a door."""
    url = config.redis_url.get_secret_value()
    try:
        redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
    except ValueError:
        return [red("redis", "REDIS_URL is no address of a Redis.", "Use redis:// or rediss://.")]
    try:
        told: dict[str, Any] = await redis.info()
    except (RedisError, OSError, TimeoutError) as error:
        says = f"Redis does not answer ({type(error).__name__})."
        return [red("redis", says, "Check REDIS_URL and the server.", passing=True)]
    finally:
        await redis.aclose()
    return judge_redis(told)


def judge_redis(told: dict[str, Any]) -> list[Finding]:
    """What INFO means."""
    text = str(told.get("redis_version", "0"))
    version = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    policy = str(told.get("maxmemory_policy", "unknown"))
    found = [
        ok("redis", f"Redis {text} answers.")
        if version >= _LEAST_REDIS
        else red("redis", f"Redis {text} is too old.", "Use 6.2 or later, or Valkey.")
    ]
    if policy == "noeviction":
        found.append(ok("redis", "Redis never evicts keys."))
    elif policy == "unknown":
        found.append(warn("redis", "Redis does not say whether it evicts keys."))
    else:
        told_policy = f"maxmemory-policy is {policy}: Redis may drop keys of ours."
        found.append(red("redis", told_policy, "Set it to noeviction."))
    return found


async def check_storage(config: Config) -> list[Finding]:
    """Reachable, private, and open to the front end's PUT."""
    try:
        return await _storage(config)
    except ValueError:
        says = "R2_ENDPOINT_URL is no URL."
        return [red("storage", says, "Use https://ACCOUNT_ID.r2.cloudflarestorage.com.")]


async def _storage(config: Config) -> list[Finding]:
    async with open_storage(
        config.storage_endpoint,
        config.r2_access_key_id,
        config.r2_secret_access_key.get_secret_value(),
        config.r2_bucket_name,
    ) as storage:
        try:
            await storage.client.head_bucket(Bucket=storage.bucket)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            says = f"Storage answers {status} about the bucket {storage.bucket}."
            return [red("storage", says, "Check R2_BUCKET_NAME and the R2 token's rights.")]
        except Exception as error:  # noqa: BLE001  botocore, aiohttp and sockets all have their own
            says = f"Storage does not answer ({type(error).__name__})."
            return [red("storage", says, "Check R2_ENDPOINT_URL.", passing=True)]
        return [
            ok("storage", f"The bucket {storage.bucket} answers."),
            *await _private(config, storage),
            *await _cors(config, storage),
            *await _lifecycle(storage),
        ]


async def _private(config: Config, storage: Storage) -> list[Finding]:
    url = f"{config.storage_endpoint.rstrip('/')}/{storage.bucket}"
    async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
        try:
            answer = await http.get(url, params={"list-type": "2", "max-keys": "1"})
        except httpx.HTTPError:
            return []
    if answer.is_success:
        says = "Anybody can list the bucket."
        return [red("storage", says, "Make the bucket private.")]
    return [ok("storage", "The bucket is private.")]


async def _cors(config: Config, storage: Storage) -> list[Finding]:
    try:
        answer = await storage.client.get_bucket_cors(Bucket=storage.bucket)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == "NoSuchCORSConfiguration":
            return judge_cors([], config.origins)
        return [
            warn(
                "storage",
                f"The bucket's CORS cannot be read ({code}).",
                "Compare it with docs/deployment.md, or let the token read the bucket's settings.",
            )
        ]
    return judge_cors(answer.get("CORSRules", []), config.origins)


def judge_cors(rules: list[dict[str, Any]], origins: tuple[str, ...]) -> list[Finding]:
    """Whether browsers of these origins may PUT and read the ETag."""
    for origin in origins:
        fitting = [
            rule
            for rule in rules
            if {origin, "*"} & set(rule.get("AllowedOrigins", ()))
            and "PUT" in rule.get("AllowedMethods", ())
        ]
        if not fitting:
            says = f"CORS lets no browser of {origin} upload to the bucket."
            return [warn("storage", says, "Allow PUT and GET from it; see docs/deployment.md.")]
        exposed = {name.lower() for rule in fitting for name in rule.get("ExposeHeaders", ())}
        if not {"etag", "*"} & exposed:
            says = "CORS hides the ETag: uploads in parts cannot be completed."
            return [warn("storage", says, "Expose the header ETag.")]
    return [ok("storage", "CORS lets the front end upload.")]


async def _lifecycle(storage: Storage) -> list[Finding]:
    try:
        answer = await storage.client.get_bucket_lifecycle_configuration(Bucket=storage.bucket)
    except ClientError:
        return [warn("storage", "No lifecycle rule can be read; our own sweep aborts old parts.")]
    return judge_lifecycle(answer.get("Rules", []))


def judge_lifecycle(rules: list[dict[str, Any]]) -> list[Finding]:
    """A rule that deletes objects would pull them away from under us."""
    active = [rule for rule in rules if rule.get("Status") == "Enabled"]
    if any("Expiration" in rule for rule in active):
        says = "A lifecycle rule deletes objects by age, whatever still needs them."
        return [red("storage", says, "Remove it: retention is ours (RETENTION_*).")]
    return [ok("storage", "No lifecycle rule deletes objects.")]
