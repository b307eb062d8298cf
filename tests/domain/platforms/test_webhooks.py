"""Webhooks count only when their signature holds."""

import asyncio
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
from made_uploads import made_upload
from platform_site import Site, site_of
from sandbox_flows import Sandbox
from sandbox_inbox import webhook_inbox
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.platforms.webhooks import confirmation_code, is_confirmation
from uploadm8.domain.publishing.metrics import MetricsJobs
from uploadm8.domain.publishing.tables import Publication, PublicationMetrics
from uploadm8.infra.clock import now
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


@pytest.fixture
async def site(servers: Servers, sandbox: Sandbox) -> AsyncIterator[Site]:
    async with site_of(servers, sandbox) as opened:
        yield opened


async def tiktok(
    site: Site,
    event: str,
    *,
    at: float | None = None,
    secret: str = "",
    created: float | None = None,
    **content: str,
) -> int:
    body = json.dumps(
        {
            "client_key": site.sandbox.env["TIKTOK_CLIENT_KEY"],
            "event": event,
            "create_time": int(created or time.time()),
            "user_openid": "open-apex",
            "content": json.dumps({"reason": 1} | content),
        }
    ).encode()
    moment = str(int(at or time.time()))
    key = (secret or site.sandbox.env["TIKTOK_CLIENT_SECRET"]).encode()
    proof = hmac.new(key, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"TikTok-Signature": f"t={moment},s={proof}", "Content-Type": "application/json"}
    answer = await site.api.http.post("/api/webhooks/tiktok", content=body, headers=headers)
    return answer.status_code


async def meta(
    site: Site, path: str, user_id: str | int, secret: str = "", **changes: Any
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


async def test_a_removal_told_again_after_reconnecting_changes_nothing(site: Site) -> None:
    await site.connect("tiktok")
    earlier = time.time() - 3_600
    assert await tiktok(site, "authorization.removed", created=earlier) == 200
    await site.connect("instagram", "anna")
    told = await meta(site, "deauthorize", "10220000000000001", issued_at=int(earlier))
    assert told.status_code == 200
    assert await states() == ["active", "active"]


async def test_a_signed_event_with_an_impossible_time_or_nothing_in_it_is_no_fault_of_ours(
    site: Site,
) -> None:
    await site.connect("tiktok")
    assert await tiktok(site, "authorization.removed", created=10**17) == 400
    assert await tiktok(site, "post.publish.complete", created=10**17) == 200
    assert await tiktok(site, "post.publish.no_longer_publicaly_available") == 200
    told = await meta(site, "deauthorize", "10220000000000001", issued_at=10**17)
    assert told.status_code == 400
    assert await states() == ["active"]


async def test_a_hidden_post_of_tiktok_is_looked_at_at_once(site: Site) -> None:
    await site.connect("tiktok")
    made = await made_upload(await workspace_of(site), platforms=("tiktok",))
    account = UUID((await site.account("tiktok"))["id"])
    publication = new_id()
    await Publication.insert(
        Publication(
            id=publication,
            workspace=await workspace_of(site),
            upload=made,
            account=account,
            platform="tiktok",
            state="published",
            platform_post_id="7560000000000000001",
            published_at=now(),
        )
    )
    event = "post.publish.no_longer_publicaly_available"
    for _ in range(2):
        assert await tiktok(site, event, post_id="7560000000000000001") == 200
    assert await tiktok(site, event, post_id="7560000000000000009") == 200
    rows = await JobRow.select().where(JobRow.kind == "publishing.pull_metrics")
    assert [row["ref_id"] for row in rows] == [publication]
    job = await claim(rows[0]["id"], "test", 60)
    assert job is not None
    await MetricsJobs(site.services.delivery).pull(JobContext(job, "test"))
    looks = await PublicationMetrics.select()
    assert [look["gone"] for look in looks] == ["no longer public"]


async def workspace_of(site: Site) -> UUID:
    me = await site.api.http.get("/api/auth/me", headers=site.me.headers)
    return UUID(me.json()["workspace_id"])


async def event_of_meta(site: Site, body: bytes, signature: str | None = None) -> int:
    secret = site.sandbox.env["META_APP_SECRET"].encode()
    proof = hmac.new(secret, body, hashlib.sha256).hexdigest()
    told = f"sha256={proof}" if signature is None else signature
    headers = {b"X-Hub-Signature-256": told.encode("latin-1")}
    answer = await site.api.http.post("/api/webhooks/meta", content=body, headers=headers)
    return answer.status_code


async def test_meta_subscribes_with_our_token_only(site: Site) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    token = site.sandbox.env["META_WEBHOOK_VERIFY_TOKEN"]
    url = "/api/webhooks/meta"
    answer = await site.api.http.get(url, params=query | {"hub.verify_token": token})
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    for wrong in ({"hub.verify_token": "guess"}, {}, {"hub.verify_token": token, "hub.mode": "x"}):
        assert (await site.api.http.get(url, params=query | wrong)).status_code == 400


async def test_meta_events_count_only_when_signed(site: Site) -> None:
    body = b'{"object":"page","entry":[{"id":"1","time":1,"changes":[]}]}'
    assert await event_of_meta(site, body) == 200
    for wrong in ("", "sha256=", "sha256=" + "0" * 64, "sha1=abc", "\u00e9"):
        assert await event_of_meta(site, body, wrong) == 400
    assert await event_of_meta(site, b"[]") == 400


async def test_what_metas_sandbox_sends_is_taken_and_used(site: Site) -> None:
    await site.connect("instagram", "anna")
    account = await site.account("instagram")
    with webhook_inbox() as inbox:
        await asyncio.to_thread(site.sandbox.switch, meta_events_url=inbox.url)
        body = {"party": "meta", "account": "anna"}
        await asyncio.to_thread(site.sandbox.control, "POST", "revoke", json=body)
        headers, sent = await asyncio.to_thread(inbox.wait)
    assert await event_of_meta(site, sent, headers["x-hub-signature-256"]) == 200
    rows = await JobRow.select().where(JobRow.kind == "platforms.verify_access")
    assert [str(row["ref_id"]) for row in rows] == [account["id"]]
    job = await claim(rows[0]["id"], "test", 60)
    assert job is not None
    await site.services.platforms.jobs.verify(JobContext(job, "test"))
    assert await states() == ["needs_reconnect"]


async def test_forged_and_stale_webhooks_of_tiktok_are_refused(site: Site) -> None:
    await site.connect("tiktok")
    assert await tiktok(site, "authorization.removed", secret="guess") == 400
    assert await tiktok(site, "authorization.removed", at=time.time() - 600) == 400
    assert await states() == ["active"]


async def test_a_signature_of_other_letters_is_just_wrong(site: Site) -> None:
    headers = {b"TikTok-Signature": "t=1,s=\u00e9".encode("latin-1")}
    answer = await site.api.http.post("/api/webhooks/tiktok", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_signature")


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


async def test_a_deletion_asked_for_before_connecting_again_erases_nothing(site: Site) -> None:
    await site.connect("instagram", "anna")
    asked = int(time.time()) - 3_600
    answer = await meta(site, "data-deletion", "10220000000000001", issued_at=asked)
    assert answer.status_code == 200
    assert await states() == ["active"]
    number = await meta(site, "data-deletion", 10220000000000001)
    assert (number.status_code, await states()) == (200, ["disconnected"])


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
