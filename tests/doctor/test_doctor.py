"""Every check red and green, on real servers where there are any."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from api_client import config_for
from conftest import Servers
from sandbox_flows import Sandbox
from uploadm8.config import Config
from uploadm8.core.video.encoders import Encoder
from uploadm8.doctor.examine import blocking, examine, require_fit
from uploadm8.doctor.findings import Finding, Level
from uploadm8.doctor.machine import check_encoders, judge_disk, judge_encoders
from uploadm8.doctor.outside import (
    check_mail,
    check_platforms,
    check_stripe,
    judge_domain,
    judge_webhook,
)
from uploadm8.doctor.servers import (
    check_database,
    check_redis,
    check_storage,
    judge_clock,
    judge_cors,
    judge_lifecycle,
    judge_redis,
)
from uploadm8.doctor.settings import check_settings
from uploadm8.domain.billing.gateway import open_gateway
from uploadm8.domain.billing.setup import set_up
from uploadm8.errors import UnfitError
from uploadm8.infra.db.engine import DB
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.cipher import Cipher
from uploadm8.parties import billing_options

pytestmark = pytest.mark.anyio

STRONG = "pX3n0vQz8Lk2sWb7Jd5Tg1Rf9Hc4Ym6A-uEoIiZqBxVwKt"
OTHER = "Zt8rWq2mXn5vBc1kLp9sDf3gHj7yUi4oEa6-QzRxTwPlMk"
GOOD: dict[str, Any] = {
    "app_env": "production",
    "jwt_secret": STRONG,
    "admin_api_key": OTHER,
    "metrics_token": STRONG[::-1],
    "base_url": "https://auth.example.com",
    "frontend_url": "https://app.example.com",
    "trusted_proxies": "10.0.0.0/8",
    "mailgun_api_key": "key-1",
    "mailgun_domain": "mg.example.com",
    "stripe_secret_key": "sk_live_1",
    "stripe_webhook_secret": "whsec_1",
    **dict.fromkeys(("tiktok_client_key", "google_client_id", "meta_app_id"), "id"),
    **dict.fromkeys(("tiktok_client_secret", "google_client_secret", "meta_app_secret"), "secret"),
}


def reds(found: list[Finding]) -> list[str]:
    return [one.check for one in found if one.level is Level.RED]


async def test_good_settings_are_all_green(servers: Servers) -> None:
    found = await check_settings(config_for(servers, **GOOD))
    assert [one for one in found if one.level is not Level.OK] == []


@pytest.mark.parametrize(
    ("change", "check", "says"),
    [
        ({"jwt_secret": "a" * 40}, "secrets", "JWT_SECRET can be guessed"),
        ({"jwt_secret": "changeme" + STRONG}, "secrets", "JWT_SECRET can be guessed"),
        ({"admin_api_key": "ab" * 30}, "secrets", "ADMIN_API_KEY can be guessed"),
        ({"admin_api_key": STRONG}, "secrets", "two purposes"),
        ({"base_url": "http://auth.example.com"}, "addresses", "BASE_URL is not https"),
        ({"trusted_proxies": "0.0.0.0/0"}, "addresses", "trusts everybody"),
        ({"tiktok_client_secret": ""}, "platforms", "TIKTOK_CLIENT_SECRET is missing"),
        ({"google_client_id": ""}, "platforms", "GOOGLE_CLIENT_ID is missing"),
        ({"mailgun_domain": ""}, "mail", "MAILGUN_DOMAIN is missing"),
        (
            {"mailgun_api_key": "", "mailgun_domain": "", "email_verification": "required"},
            "mail",
            "must be verified",
        ),
        ({"stripe_webhook_secret": ""}, "stripe", "STRIPE_WEBHOOK_SECRET is missing"),
        ({"stripe_secret_key": "pk_live_1"}, "stripe", "no secret key"),
    ],
)
async def test_each_bad_setting_is_red_and_says_so(
    servers: Servers, change: dict[str, Any], check: str, says: str
) -> None:
    found = await check_settings(config_for(servers, **{**GOOD, **change}))
    bad = [one for one in found if one.level is Level.RED]
    assert [one.check for one in bad] == [check]
    assert says in bad[0].says
    assert bad[0].action
    assert STRONG not in str(found)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
async def test_on_this_machine_alone_a_guessable_secret_only_warns(
    servers: Servers, host: str
) -> None:
    change = {"base_url": f"http://{host}", "jwt_secret": "a" * 40}
    found = await check_settings(config_for(servers, **{**GOOD, **change}))
    assert [one.check for one in found if one.level is Level.WARNING] == ["secrets", "addresses"]
    assert blocking(found) == []


async def test_the_database_is_green_when_migrated(servers: Servers, db: None) -> None:
    found = await check_database(config_for(servers))
    assert {one.check: one.level for one in found} == dict.fromkeys(
        ("database", "clock", "migrations", "keys", "audit"), Level.OK
    )


async def test_a_pending_migration_is_red(servers: Servers, db: None) -> None:
    assert DB.pool is not None
    last = await DB.pool.fetchrow("SELECT * FROM migration ORDER BY name DESC LIMIT 1")
    await DB.pool.execute("DELETE FROM migration WHERE id=$1", last["id"])
    try:
        found = await check_database(config_for(servers))
    finally:
        await DB.pool.execute(
            "INSERT INTO migration (id, name, app_name, ran_on) VALUES ($1, $2, $3, $4)",
            *(last["id"], last["name"], last["app_name"], last["ran_on"]),
        )
    assert reds(found) == ["migrations"]


@pytest.mark.parametrize("version", ["v7", "v1"])
async def test_a_key_that_a_stored_secret_needs_and_the_ring_lacks_is_red(
    servers: Servers, db: None, version: str
) -> None:
    assert DB.pool is not None
    user = new_id()
    other = Cipher.parse(f"{version}:" + base64.b64encode(bytes(range(1, 33))).decode())
    await DB.pool.execute(
        "INSERT INTO users (id, email, password_hash, totp_secret_enc, display_name)"
        " VALUES ($1, 'a@example.com', 'x', $2, '')",
        user,
        other.encrypt("secret", table="users", row=user, field="totp_secret"),
    )
    found = await check_database(config_for(servers))
    assert reds(found) == ["keys"]
    assert version in next(one.says for one in found if one.check == "keys")


async def test_a_database_that_is_away_is_red(servers: Servers) -> None:
    config = config_for(servers, database_url="postgres://nobody@127.0.0.1:1/none")
    found = await check_database(config)
    DB.configure(servers.database_url, application="tests")
    assert reds(found) == ["database"]


@pytest.mark.parametrize(("skew", "level"), [(0.2, "ok"), (2.0, "warning"), (6.0, "red")])
def test_a_clock_that_is_off_is_told_by_how_much(skew: float, level: str) -> None:
    assert judge_clock(skew).level.value == level


async def test_redis_is_red_while_it_may_evict(servers: Servers) -> None:
    config = config_for(servers)
    redis = Redis.from_url(servers.redis_url)
    before = (await redis.config_get("maxmemory-policy"))["maxmemory-policy"]
    try:
        await redis.config_set("maxmemory-policy", "allkeys-lru")
        assert reds(await check_redis(config)) == ["redis"]
        await redis.config_set("maxmemory-policy", "noeviction")
        assert reds(await check_redis(config)) == []
    finally:
        await redis.config_set("maxmemory-policy", str(before))
        await redis.aclose()


async def test_redis_being_away_forbids_no_start(servers: Servers) -> None:
    found = await check_redis(config_for(servers, redis_url="redis://127.0.0.1:1"))
    assert reds(found) == ["redis"]
    assert blocking(found) == []


def test_an_old_redis_is_red() -> None:
    assert reds(judge_redis({"redis_version": "5.0.7", "maxmemory_policy": "noeviction"}))


async def test_the_bucket_is_green_and_a_missing_one_red(servers: Servers) -> None:
    assert reds(await check_storage(config_for(servers))) == []
    found = await check_storage(config_for(servers, r2_bucket_name="not-there"))
    assert reds(found) == ["storage"]
    assert blocking(found)
    away = await check_storage(config_for(servers, r2_endpoint_url="http://127.0.0.1:1"))
    assert (reds(away), blocking(away)) == (["storage"], [])


def test_cors_must_let_the_front_end_upload_and_read_the_etag() -> None:
    rule = {
        "AllowedOrigins": ["https://app.example.com"],
        "AllowedMethods": ["PUT", "GET"],
        "ExposeHeaders": ["ETag"],
    }
    origins = ("https://app.example.com",)
    assert judge_cors([rule], origins)[0].level is Level.OK
    for bad in ([], [{**rule, "AllowedMethods": ["GET"]}], [{**rule, "ExposeHeaders": []}]):
        assert judge_cors(bad, origins)[0].level is Level.WARNING


def test_a_lifecycle_rule_that_deletes_objects_is_red() -> None:
    parts = {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    assert reds(judge_lifecycle([parts])) == []
    assert reds(judge_lifecycle([{"Status": "Enabled", "Expiration": {"Days": 7}}])) == ["storage"]


async def test_encoders_and_disk(servers: Servers) -> None:
    assert reds(await check_encoders(config_for(servers))) == []
    assert judge_encoders(Encoder.X264, good=False).level is Level.RED
    assert judge_encoders(Encoder.X264, good=True, wanted=True).level is Level.WARNING
    assert judge_encoders(Encoder.NVENC, good=True, wanted=True).level is Level.OK
    gib = 1 << 30
    levels = [judge_disk(free * gib, 4 * gib).level.value for free in (1, 3, 5)]
    assert levels == ["red", "warning", "ok"]


def outside(servers: Servers, sandbox: Sandbox, **change: Any) -> Config:
    values = {name.lower(): value for name, value in sandbox.env.items()}
    return config_for(servers, **{**values, "base_url": "http://api.example.com", **change})


async def test_platforms_know_our_apps(servers: Servers, sandbox: Sandbox) -> None:
    found = await check_platforms(outside(servers, sandbox))
    assert [(one.level, one.says) for one in found if one.level is not Level.OK] == []
    assert len(found) == 4


@pytest.mark.parametrize(
    "field", ["tiktok_client_secret", "google_client_secret", "meta_app_secret"]
)
async def test_a_wrong_app_secret_is_red(servers: Servers, sandbox: Sandbox, field: str) -> None:
    found = await check_platforms(outside(servers, sandbox, **{field: "wrong"}))
    assert set(reds(found)) == {"platforms"}
    assert "wrong" not in str(found)


async def test_a_platform_that_is_away_is_no_refusal(servers: Servers, sandbox: Sandbox) -> None:
    away = outside(servers, sandbox, google_oauth_base_url="http://127.0.0.1:1")
    found = [one for one in await check_platforms(away) if one.level is not Level.OK]
    assert [(one.level, one.says.split()[0]) for one in found] == [(Level.WARNING, "YouTube")]


@pytest.mark.parametrize(
    ("change", "check", "says"),
    [
        ({"redis_url": "nonsense"}, "redis", "REDIS_URL"),
        ({"r2_endpoint_url": "nonsense"}, "storage", "R2_ENDPOINT_URL"),
        ({"trusted_proxies": "10.0.0.0/8,proxy"}, "addresses", "'proxy'"),
        ({"token_enc_keys": "v1:abc"}, "keys", "v1"),
    ],
)
async def test_a_setting_that_cannot_be_read_is_named_and_no_accident(
    servers: Servers, change: dict[str, str], check: str, says: str
) -> None:
    found = await examine(config_for(servers, **change), outside=False)
    DB.configure(servers.database_url, application="tests")
    (one,) = [one for one in found if one.level is Level.RED]
    assert (one.check, says in one.says, one.passing) == (check, True, False)


async def test_stripe_without_prices_and_webhook_is_red(servers: Servers, sandbox: Sandbox) -> None:
    found = await check_stripe(outside(servers, sandbox))
    assert "stripe" in {one.check for one in found}
    assert any("stripe setup" in one.action for one in found)
    refused = await check_stripe(outside(servers, sandbox, stripe_secret_key="sk_test_wrong"))
    assert [(one.level, "key" in one.says) for one in refused] == [(Level.RED, True)]
    away = await check_stripe(outside(servers, sandbox, stripe_api_base_url="http://127.0.0.1:1"))
    assert [one.level for one in away] == [Level.WARNING]


def test_stripe_must_send_its_events_here() -> None:
    url = "https://auth.example.com/api/billing/webhook"
    endpoint = {"url": url, "status": "enabled", "enabled_events": ["*"]}
    assert judge_webhook([endpoint], url).level is Level.OK
    for bad in (
        [],
        [{**endpoint, "status": "disabled"}],
        [{**endpoint, "url": "https://elsewhere.example.com"}],
        [{**endpoint, "enabled_events": ["invoice.paid"]}],
    ):
        assert judge_webhook(bad, url).level is Level.RED


async def test_stripe_set_up_and_told_where_to_send_is_green(
    servers: Servers, sandbox: Sandbox
) -> None:
    config = outside(servers, sandbox)
    url = f"{config.base_url}/api/billing/webhook"
    await asyncio.to_thread(sandbox.switch, stripe_webhook_paused=True, stripe_webhook_url="")
    async with open_gateway(billing_options(config)) as gateway:
        await set_up(gateway)
    assert reds(await check_stripe(config)) == ["stripe"]
    await asyncio.to_thread(sandbox.switch, stripe_webhook_url=url)
    found = await check_stripe(config)
    assert [one.level for one in found] == [Level.OK, Level.OK]


async def test_mail_is_green_with_the_right_key_and_domain_and_red_otherwise(
    servers: Servers, sandbox: Sandbox
) -> None:
    assert await check_mail(config_for(servers)) == []
    found = await check_mail(outside(servers, sandbox))
    assert [(one.check, one.level) for one in found] == [("mail", Level.OK)]
    for wrong in ({"mailgun_api_key": "k"}, {"mailgun_domain": "elsewhere.example"}):
        assert reds(await check_mail(outside(servers, sandbox, **wrong))) == ["mail"]
    away = outside(servers, sandbox, mailgun_api_base_url="http://127.0.0.1:1")
    assert [one.level for one in await check_mail(away)] == [Level.WARNING]
    assert judge_domain(b'{"domain": {"name": "m.x", "state": "unverified"}}') == "unverified"
    assert judge_domain(b"<html>") == ""


async def test_production_refuses_to_start_on_red_and_development_does_not(
    servers: Servers,
) -> None:
    await require_fit(config_for(servers, r2_bucket_name="not-there"))
    bad = config_for(servers, **{**GOOD, "r2_bucket_name": "not-there"})
    with pytest.raises(UnfitError, match="not-there"):
        await require_fit(bad)
    DB.configure(servers.database_url, application="tests")


async def test_everything_at_once_names_every_check(servers: Servers) -> None:
    found = await examine(config_for(servers, **GOOD), outside=False)
    DB.configure(servers.database_url, application="tests")
    assert {one.check for one in found} >= {
        *("secrets", "addresses", "platforms", "mail", "database", "clock", "migrations"),
        *("keys", "redis", "storage", "encoders", "disk"),
    }


def environment(servers: Servers, **change: Any) -> dict[str, str]:
    config = config_for(servers, **{**GOOD, **change})
    names = {*GOOD, *change, "database_url", "redis_url", "token_enc_keys", "r2_endpoint_url"}
    names |= {"r2_access_key_id", "r2_secret_access_key"}
    values = {name: getattr(config, name) for name in names}
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PICCOLO_CONF": "uploadm8.piccolo_app",
        **{
            name.upper(): str(getattr(value, "get_secret_value", lambda v=value: v)())
            for name, value in values.items()
        },
    }


def run(tmp_path: Path, env: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_answers_in_json_with_an_exit_code(servers: Servers, tmp_path: Path) -> None:
    done = run(tmp_path, environment(servers), "uploadm8", "doctor", "--json", "--quick")
    told = json.loads(done.stdout)
    assert (done.returncode, told["status"]) == (0, "warning"), done.stdout + done.stderr
    bad = environment(servers, r2_bucket_name="not-there")
    done = run(tmp_path, bad, "uploadm8", "doctor", "--quick")
    assert done.returncode == 1
    assert "✗ storage" in done.stdout
    done = run(tmp_path, {"PATH": bad["PATH"]}, "uploadm8", "doctor", "--json")
    assert "DATABASE_URL is required." in {
        one["says"] for one in json.loads(done.stdout)["findings"]
    }


WEB = ("uvicorn", "uploadm8.app:create_app", "--factory", "--port", "0")
WORKER = ("dramatiq", "worker_main", "--processes", "1", "--threads", "1")


@pytest.mark.parametrize("command", [WEB, WORKER])
def test_a_process_says_why_it_does_not_start(
    servers: Servers, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "worker_main.py").write_text(
        "from uploadm8.worker import create_broker\nbroker = create_broker()\n"
    )
    done = run(tmp_path, environment(servers, r2_bucket_name="not-there"), *command)
    assert done.returncode != 0
    assert "refuses to start" in done.stdout + done.stderr
    assert "not-there" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", [WEB, WORKER])
def test_settings_that_cannot_be_used_are_named_without_their_values(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "worker_main.py").write_text(
        "from uploadm8.worker import create_broker\nbroker = create_broker()\n"
    )
    secrets = {"JWT_SECRET": "hunter2", "DATABASE_URL": "postgres://u:hunter2@h/d"}
    numbers = {"DATABASE_POOL_SIZE": "hunter2"}
    for wrong, told in ((secrets, "JWT_SECRET must"), (numbers, "DATABASE_POOL_SIZE: ")):
        done = run(tmp_path, {"PATH": os.environ["PATH"]} | wrong, *command)
        assert done.returncode != 0
        assert told in done.stderr
        assert "hunter2" not in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
