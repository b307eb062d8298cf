"""Rows of the threat table, by their numbers."""

import asyncio
import base64
import io
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from structlog.stdlib import ProcessorFormatter

from api_client import PASSWORD, Api, config_for, running
from conftest import Servers, wipe
from uploadm8.api.addresses import TrustedProxies, limit_key
from uploadm8.infra.clock import now
from uploadm8.infra.db.engine import DB
from uploadm8.infra.security import passwords as hashing
from uploadm8.infra.security.passwords import HashingBusyError, Passwords
from uploadm8.infra.security.tokens import TokenExpiredError
from uploadm8.people import access_tokens

pytestmark = pytest.mark.anyio


async def guess(api: Api, email: str) -> int:
    answer = await api.http.post("/api/auth/login", json={"email": email, "password": "wrong one"})
    return answer.status_code


async def test_t1_two_hundred_guesses_at_once_are_stopped_before_they_are_hashed(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = await api.register()
    verified = 0
    real = hashing._matches

    def counted(stored: str, password: str) -> bool:
        nonlocal verified
        verified += 1
        return real(stored, password)

    monkeypatch.setattr(hashing, "_matches", counted)
    statuses = await asyncio.gather(*(guess(api, someone.email) for _ in range(200)))
    assert statuses.count(401) == verified <= 6
    assert statuses.count(401) + statuses.count(429) == 200


async def test_t1_a_real_and_an_unknown_account_are_throttled_alike(api: Api) -> None:
    someone = await api.register()
    real = [await guess(api, someone.email) for _ in range(7)]
    unknown = [await guess(api, "nobody@example.com") for _ in range(7)]
    assert real == unknown
    assert 429 in real


async def test_t1_one_address_cannot_try_many_accounts(api: Api) -> None:
    statuses = [await guess(api, f"user{n}@example.com") for n in range(25)]
    assert statuses[:20] == [401] * 20
    assert set(statuses[20:]) == {429}


async def test_t1_the_right_password_ends_the_wait_for_the_account(api: Api) -> None:
    someone = await api.register()
    for _ in range(4):
        await guess(api, someone.email)
    good = {"email": someone.email, "password": PASSWORD}
    assert (await api.http.post("/api/auth/login", json=good)).status_code == 200
    assert [await guess(api, someone.email) for _ in range(5)] == [401] * 5


GONE = object()
_FORGERIES: dict[str, dict[str, Any]] = {
    "a strange algorithm": {"algorithm": "HS512", "key": "k" * 64},
    "another key": {"key": "another secret " * 4},
    "no expiry": {"exp": GONE},
    "no session": {"sid": GONE},
    "another audience": {"aud": "someone-else"},
    "another issuer": {"iss": "https://evil.example"},
    "expired": {"exp": now() - timedelta(minutes=2)},
    "not yet valid": {"nbf": now() + timedelta(hours=1)},
    "another epoch": {"ver": 7},
    "another session": {"sid": str(uuid4())},
    "another type": {"header": {"typ": "JWT"}},
    "an unknown key id": {"header": {"kid": "deadbeef"}},
}


@pytest.mark.parametrize("name", _FORGERIES)
async def test_t4_a_forged_or_confused_token_is_401(api: Api, servers: Servers, name: str) -> None:
    token = (await api.register()).tokens["access_token"]
    damage = dict(_FORGERIES[name])
    algorithm = damage.pop("algorithm", "HS256")
    key = damage.pop("key", config_for(servers).jwt_secret.get_secret_value())
    header = jwt.get_unverified_header(token) | damage.pop("header", {})
    claims = jwt.decode(token, options={"verify_signature": False}) | damage
    claims = {name: value for name, value in claims.items() if value is not GONE}
    bad = jwt.encode(claims, key, algorithm=algorithm, headers=header | {"alg": algorithm})
    answer = await api.http.get("/api/auth/me", headers={"Authorization": f"Bearer {bad}"})
    assert answer.status_code == 401
    good = jwt.encode(
        jwt.decode(token, options={"verify_signature": False}),
        config_for(servers).jwt_secret.get_secret_value(),
        headers=jwt.get_unverified_header(token),
    )
    answer = await api.http.get("/api/auth/me", headers={"Authorization": f"Bearer {good}"})
    assert answer.status_code == 200, "the forgery was refused for its damage alone"


async def test_t4_a_token_without_a_signature_is_401(api: Api) -> None:
    token = (await api.register()).tokens["access_token"]
    header = jwt.get_unverified_header(token) | {"alg": "none"}
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    bad = f"{head}.{token.split('.')[1]}."
    answer = await api.http.get("/api/auth/me", headers={"Authorization": f"Bearer {bad}"})
    assert answer.status_code == 401


async def test_t4_a_token_of_the_previous_secret_is_good_during_a_rotation(
    servers: Servers,
) -> None:
    user, session = uuid4(), uuid4()
    old = access_tokens(config_for(servers, jwt_secret="o" * 40))
    both = access_tokens(config_for(servers, jwt_secret="n" * 40, jwt_secret_previous="o" * 40))
    token = old.issue(user, session, 0, now())
    assert both.verify(token).session_id == session


async def test_t4_a_remembered_token_still_expires(servers: Servers) -> None:
    tokens = access_tokens(config_for(servers, access_token_minutes=1))
    token = tokens.issue(uuid4(), uuid4(), 0, now())
    assert tokens.verify(token) == tokens.verify(token)
    for digest, (claims, _) in list(tokens._known.items()):
        tokens._known[digest] = (claims, 0.0)
    old = replace(tokens, life=timedelta(minutes=-2)).issue(uuid4(), uuid4(), 0, now())
    with pytest.raises(TokenExpiredError):
        tokens.verify(old)
    assert tokens.verify(token).user_id == claims.user_id, "it is checked again, and still good"


async def test_t9_fields_that_are_not_the_users_are_refused(api: Api) -> None:
    someone = await api.register()
    for body in ({"role": "admin"}, {"tier": "agency"}, {"uploads": {"role": "admin"}}):
        for method in ("PUT", "PATCH"):
            answer = await api.http.request(
                method, "/api/settings", json=body, headers=someone.headers
            )
            assert answer.status_code == 400
    me = (await api.http.get("/api/auth/me", headers=someone.headers)).json()
    assert me["user"]["role"] == "user"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_t22_only_trusted_proxies_say_who_the_client_is(
    peer: str, forwarded: str, client: str
) -> None:
    assert TrustedProxies.parse(["10.0.0.0/8"]).client(peer, forwarded) == client


def test_t22_an_ipv6_caller_is_limited_by_its_64() -> None:
    assert limit_key("2001:db8:1:2::5") == limit_key("2001:db8:1:2:ffff::1")
    assert limit_key("2001:db8:1:2::5") != limit_key("2001:db8:1:3::5")


async def test_t22_a_rotating_header_from_a_stranger_changes_nothing(servers: Servers) -> None:
    async with running(servers, rate_limit_max=5) as api:
        statuses = [
            (
                await api.http.get(
                    "/schema/openapi.json", headers={"X-Forwarded-For": f"1.2.3.{n}"}
                )
            ).status_code
            for n in range(8)
        ]
        await api.app.state.services.redis.flushdb()
    assert statuses == [200] * 5 + [429] * 3


async def test_t1_many_addresses_cannot_try_one_account(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(servers, trusted_proxies="203.0.113.0/24") as api:
        someone = await api.register()
        body = {"email": someone.email, "password": "wrong one"}
        statuses = [
            (
                await api.http.post(
                    "/api/auth/login", json=body, headers={"X-Forwarded-For": f"198.51.100.{n}"}
                )
            ).status_code
            for n in range(20)
        ]
        await wipe()
    assert statuses.count(401) <= 6
    assert set(statuses[6:]) == {429}


async def test_t32_a_full_queue_of_hashes_answers_503_with_retry_after() -> None:
    passwords = Passwords()
    tasks = [asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(60)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [result for result in results if isinstance(result, HashingBusyError)]
    assert len(refused) == 60 - 34
    assert refused[0].retry_after == 1
    passwords.close()


async def test_hashes_are_argon2id_with_our_parameters_and_weaker_ones_are_replaced() -> None:
    passwords = Passwords()
    stored = await passwords.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.outdated(stored)
    assert passwords.outdated(stored.replace("t=2", "t=1"))
    passwords.close()


@pytest.fixture
async def production(servers: Servers) -> AsyncIterator[Api]:
    async with running(
        servers, app_env="production", outbox_dir=servers.folder / "production-outbox"
    ) as opened:
        yield opened
        await wipe()
        await opened.app.state.services.redis.flushdb()


async def test_t25_production_shows_no_documents_versions_or_stacks(production: Api) -> None:
    for path in ("/schema", "/schema/openapi.json", "/schema/swagger"):
        assert (await production.http.get(path)).status_code == 404
    answer = await production.http.get("/healthz")
    assert "server" not in answer.headers


async def test_t25_an_unexpected_failure_is_a_problem_without_details(
    production: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = await production.register()

    async def explode(_: UUID) -> None:
        raise RuntimeError("the secret detail")

    monkeypatch.setattr(type(production.app.state.services.workspaces), "of_user", explode)
    answer = await production.http.get("/api/auth/me", headers=someone.headers)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret detail" not in answer.text


async def test_a_database_that_is_away_is_503_with_retry_after(production: Api) -> None:
    someone = await production.register()
    pool, DB.pool = DB.pool, None
    url = DB.config["dsn"]
    DB.config["dsn"] = "postgres://nobody@127.0.0.1:1/none"
    try:
        answer = await production.http.get("/api/auth/me", headers=someone.headers)
    finally:
        DB.pool, DB.config["dsn"] = pool, url
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"


async def test_t28_no_secret_is_found_in_logs_redis_or_plain_columns(
    production: Api,
) -> None:
    written = io.StringIO()
    (handler,) = [
        found
        for found in logging.getLogger().handlers
        if isinstance(found.formatter, ProcessorFormatter)
    ]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    someone = await production.register(email="sentinel.person@example.com")
    await production.upgrade(someone)
    key = await production.http.post(
        "/api/api-keys", headers=someone.headers, json={"name": "k", "scopes": ["*:read"]}
    )
    secret = await production.http.post("/api/auth/two-step", headers=someone.headers)
    hook = "https://discord.com/api/webhooks/1234/SENTINEL-webhook-token"
    zone = {"name": "SENTINEL-home", "latitude": 52.123456, "longitude": 13.123456}
    changed = await production.http.patch(
        "/api/settings",
        headers=someone.headers,
        json={"discord_webhook_url": hook, "privacy_zones": [zone]},
    )
    assert changed.status_code == 200, changed.text
    refused = await production.http.get(f"/api/nothing?token={key.json()['token']}")
    assert refused.status_code == 404
    sentinels = [
        PASSWORD,
        someone.tokens["access_token"],
        someone.tokens["refresh_token"],
        key.json()["token"],
        secret.json()["secret"],
        "SENTINEL",
        "52.123456",
    ]
    places = [written.getvalue(), await redis_text(production), await columns_text()]
    assert "/api/settings" in places[0], "the log was captured"
    for place in places:
        assert [text for text in sentinels if text in place] == []
    assert "sentinel.person@" not in places[0] + places[1]


async def redis_text(api: Api) -> str:
    redis = api.app.state.services.redis
    found = [str(name) for name in await redis.keys("*")]
    for name in await redis.keys("*"):
        if await redis.type(name) == b"list":
            found += [str(item) for item in await redis.lrange(name, 0, -1)]
    return "\n".join(found)


async def columns_text() -> str:
    assert DB.pool is not None
    async with DB.pool.acquire() as connection:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname='public'")
        rows = [
            str(dict(row))
            for table in tables
            for row in await connection.fetch(f'SELECT * FROM "{table["tablename"]}"')
        ]
    return "\n".join(rows)


def test_the_outbox_is_a_private_folder(servers: Servers) -> None:
    folder: Path = servers.folder / "production-outbox"
    if folder.exists():
        assert folder.stat().st_mode & 0o077 == 0
