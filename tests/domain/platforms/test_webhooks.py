"""Webhooks count only when their signature holds."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from conftest import Servers
from platform_site import Site, site_of
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.platforms.webhooks import confirmation_code, is_confirmation

pytestmark = pytest.mark.anyio


@pytest.fixture
async def site(servers: Servers, sandbox: Sandbox) -> AsyncIterator[Site]:
    async with site_of(servers, sandbox) as opened:
        yield opened


async def tiktok(site: Site, event: str, *, at: float | None = None, secret: str = "") -> int:
    body = json.dumps(
        {
            "client_key": site.sandbox.env["TIKTOK_CLIENT_KEY"],
            "event": event,
            "create_time": 1,
            "user_openid": "open-apex",
            "content": '{"reason": 1}',
        }
    ).encode()
    moment = str(int(at or time.time()))
    key = (secret or site.sandbox.env["TIKTOK_CLIENT_SECRET"]).encode()
    proof = hmac.new(key, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"TikTok-Signature": f"t={moment},s={proof}", "Content-Type": "application/json"}
    answer = await site.api.http.post("/api/webhooks/tiktok", content=body, headers=headers)
    return answer.status_code


async def meta(
    site: Site, path: str, user_id: str, secret: str = "", **changes: Any
) -> httpx.Response:
    told = {"algorithm": "HMAC-SHA256", "issued_at": int(time.time()), "user_id": user_id} | changes
    part = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    key = (secret or site.sandbox.env["META_APP_SECRET"]).encode()
    proof = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signed = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
    form = {"signed_request": f"{signed}.{part}"}
    return await site.api.http.post(f"/api/webhooks/meta/{path}", data=form)


async def states() -> list[str]:
    rows = await ConnectedAccount.select(ConnectedAccount.state)
    return sorted(row["state"] for row in rows)


async def test_a_removed_authorization_parks_the_account(site: Site) -> None:
    await site.connect("tiktok")
    assert await tiktok(site, "authorization.removed") == 200
    assert await tiktok(site, "authorization.removed") == 200  # delivered twice
    assert await states() == ["needs_reconnect"]


async def test_forged_and_stale_webhooks_of_tiktok_are_refused(site: Site) -> None:
    await site.connect("tiktok")
    assert await tiktok(site, "authorization.removed", secret="guess") == 400
    assert await tiktok(site, "authorization.removed", at=time.time() - 600) == 400
    assert await states() == ["active"]


async def test_a_deauthorization_by_meta_parks_every_account_of_that_person(site: Site) -> None:
    await site.connect("instagram", "anna")
    await site.connect("facebook", "bert")
    assert (await meta(site, "deauthorize", "10220000000000001")).status_code == 200
    assert await states() == ["active", "needs_reconnect"]


async def test_a_forged_or_old_request_of_meta_is_refused(site: Site) -> None:
    await site.connect("instagram", "anna")
    for changes in ({"secret": "guess"}, {"issued_at": 1}, {"algorithm": "none"}):
        answer = await meta(site, "deauthorize", "10220000000000001", **changes)
        assert answer.status_code == 400
    for broken in ("", "a.b", "....", "é"):
        url = "/api/webhooks/meta/data-deletion"
        assert (await site.api.http.post(url, data={"signed_request": broken})).status_code == 400
    assert await states() == ["active"]


async def test_a_deletion_request_erases_the_person_and_can_be_looked_up(site: Site) -> None:
    await site.connect("instagram", "anna")
    answer = await meta(site, "data-deletion", "10220000000000001")
    assert answer.status_code == 200
    told = answer.json()
    row = (await ConnectedAccount.select())[0]
    assert row["access_token_enc"] is row["refresh_token_enc"] is row["owner_external_id"] is None
    assert "alpine" not in str(row)
    looked_up = await site.api.http.get(urlsplit(told["url"]).path)
    assert looked_up.json() == {
        "confirmation_code": told["confirmation_code"],
        "status": "complete",
    }
    missing = await site.api.http.get(urlsplit(told["url"]).path[:-1] + "x")
    assert missing.status_code == 404
    again = await meta(site, "data-deletion", "10220000000000001")
    assert again.json()["confirmation_code"] == told["confirmation_code"]


async def test_a_post_event_makes_us_ask_sooner(site: Site) -> None:
    await site.connect("tiktok")
    account = UUID((await site.account("tiktok"))["id"])
    asked: list[UUID] = []

    async def note(one: UUID) -> None:
        asked.append(one)

    signals = site.services.platforms.signals
    object.__setattr__(signals, "posts_moved", note)
    assert await tiktok(site, "post.publish.publicly_available") == 200
    assert asked == [account]


def test_a_confirmation_code_is_recognised_and_cannot_be_made_up() -> None:
    code = confirmation_code("123", "secret")
    assert "123" not in code
    assert is_confirmation(code, "secret")
    assert not is_confirmation(code, "another")
    assert not is_confirmation("0" * 48, "secret")
    assert not is_confirmation(code, "")
