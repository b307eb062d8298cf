"""Connecting through the API: one-use state, choice, limits, reconnecting, disconnecting."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from conftest import Servers
from made_uploads import made_upload
from platform_site import Site, site_of
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.base import Platform, Profile, Tokens
from uploadm8.domain.platforms.tables import ConnectedAccount, OAuthChoice, OAuthFlow
from uploadm8.domain.publishing.tables import Publication

pytestmark = pytest.mark.anyio


@pytest.fixture
async def site(servers: Servers, sandbox: Sandbox) -> AsyncIterator[Site]:
    async with site_of(servers, sandbox) as opened:
        yield opened


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("tiktok", "Apex Rides"),
        ("youtube", "Tour Films"),
        ("instagram", "alpine.roads"),
    ],
)
async def test_an_account_is_connected_and_shown_without_its_tokens(
    site: Site, platform: str, name: str
) -> None:
    assert await site.connect(platform) == {"connected": platform}
    account = await site.account(platform)
    assert (account["display_name"], account["state"]) == (name, "active")
    row = (await ConnectedAccount.select())[0]
    assert row["access_token_enc"].startswith("v1.")
    shown = str(await site.overview())
    tokens = site.services.platforms.accounts.vault.open(row)
    assert tokens.access not in shown
    assert tokens.access not in str(row)


async def test_one_of_several_pages_is_chosen(site: Site) -> None:
    assert await site.connect("facebook", "anna") == {"connected": "facebook"}
    item = (await site.overview())["facebook"]
    assert item["accounts"] == []
    choice = item["choices"][0]
    assert [one["name"] for one in choice["accounts"]] == ["Alpine Roads", "Track Days North"]
    url = f"/api/platforms/choices/{choice['id']}"
    body = {"external_ids": [choice["accounts"][1]["external_id"]]}
    stranger = await site.api.register()
    answer = await site.api.http.post(url, json=body, headers=stranger.headers)
    assert answer.status_code == 404
    answer = await site.api.http.post(url, json=body, headers=site.me.headers)
    assert answer.status_code == 201, answer.text
    assert (await site.account("facebook"))["display_name"] == "Track Days North"
    again = await site.api.http.post(url, json=body, headers=site.me.headers)
    assert again.status_code == 404
    assert await OAuthChoice.count() == 0


async def test_t7_a_state_works_once_for_its_platform_and_ten_minutes(site: Site) -> None:
    url = (await site.start("tiktok")).json()["authorize_url"]
    back = await site.consent(url)
    assert await site.callback("youtube", back) == {"error": "invalid_state"}
    assert await site.callback("tiktok", back) == {"error": "invalid_state"}
    url = (await site.start("tiktok")).json()["authorize_url"]
    back = await site.consent(url)
    assert await site.callback("tiktok", back) == {"connected": "tiktok"}
    assert await site.callback("tiktok", back) == {"error": "invalid_state"}
    url = (await site.start("tiktok")).json()["authorize_url"]
    back = await site.consent(url)
    await OAuthFlow.raw("UPDATE oauth_flows SET expires_at = now() - interval '1 second'")
    assert await site.callback("tiktok", back) == {"error": "invalid_state"}
    made_up = {"state": "x" * 43, "code": back["code"]}
    assert await site.callback("tiktok", made_up) == {"error": "invalid_state"}
    assert await ConnectedAccount.count() == 1


async def test_t7_the_state_is_stored_only_as_a_hash(site: Site) -> None:
    url = (await site.start("youtube")).json()["authorize_url"]
    state = parse_qs(urlsplit(url).query)["state"][0]
    row = (await OAuthFlow.select())[0]
    assert state not in str(row)
    assert row["verifier_enc"].startswith("v1.")


async def test_t7_another_browser_cannot_finish_the_flow(site: Site) -> None:
    back = await site.consent((await site.start("tiktok")).json()["authorize_url"])
    site.api.http.cookies.set("um8_oauth_state", "another", domain="api.example.com", path="/oauth")
    assert await site.callback("tiktok", back) == {"error": "invalid_state"}
    assert await ConnectedAccount.count() == 0


async def test_t7_over_https_the_cookie_is_demanded(servers: Servers, sandbox: Sandbox) -> None:
    async with site_of(servers, sandbox, base_url="https://api.example.com") as site:
        back = await site.consent((await site.start("tiktok")).json()["authorize_url"])
        site.api.http.cookies.clear()
        assert await site.callback("tiktok", back) == {"error": "invalid_state"}


async def test_a_refusal_at_the_consent_screen_is_told_by_our_code(site: Site) -> None:
    url = (await site.start("facebook")).json()["authorize_url"]
    back = await site.consent(url, deny="true")
    assert await site.callback("facebook", back) == {"error": "access_denied"}
    url = (await site.start("facebook")).json()["authorize_url"]
    back = await site.consent(url, scopes="pages_show_list")
    assert await site.callback("facebook", back) == {"error": "platform_permission_missing"}


async def test_reconnecting_keeps_the_row_and_wakes_the_account(site: Site) -> None:
    await site.connect("tiktok")
    before = await site.account("tiktok")
    await ConnectedAccount.raw("UPDATE connected_accounts SET state = 'needs_reconnect'")
    assert (await site.account("tiktok"))["warnings"][0]["code"] == "needs_reconnect"
    assert await site.connect("tiktok", reconnect=before["id"]) == {"connected": "tiktok"}
    after = await site.account("tiktok")
    assert (after["id"], after["state"], after["warnings"]) == (before["id"], "active", [])


async def test_reconnecting_keeps_what_is_planned_and_wakes_what_waited(site: Site) -> None:
    await site.connect("youtube")
    account = (await site.account("youtube"))["id"]
    me = (await site.api.http.get("/api/auth/me", headers=site.me.headers)).json()
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    for schedule in ({"mode": "now"}, {"mode": "at", "at": soon}):
        upload = await made_upload(UUID(me["workspace_id"]), platforms=("youtube",))
        body = {
            "upload_id": str(upload),
            "targets": [{"account_id": account}],
            "schedule": schedule,
        }
        made = await site.api.http.post("/api/publications", json=body, headers=site.me.headers)
        assert made.status_code == 201, made.text
    await ConnectedAccount.raw("UPDATE connected_accounts SET state = 'needs_reconnect'")
    await Publication.raw(
        "UPDATE publications SET state = 'needs_reconnect' WHERE state = 'queued'"
    )
    await Publication.raw("DELETE FROM jobs WHERE kind = 'publishing.publish'")
    await site.connect("youtube", reconnect=account)
    assert (await site.account("youtube"))["id"] == account
    rows = await Publication.select().order_by(Publication.id)
    assert [(str(row["account"]), row["state"]) for row in rows] == [
        (account, "queued"),
        (account, "scheduled"),
    ]
    jobs = await Publication.raw("SELECT ref_id FROM jobs WHERE kind = 'publishing.publish'")
    assert [job["ref_id"] for job in jobs] == [rows[0]["id"]]


async def test_reconnecting_as_someone_else_is_refused(site: Site) -> None:
    await site.connect("tiktok")
    known = (await site.account("tiktok"))["id"]
    assert await site.connect("tiktok", "quiet", reconnect=known) == {"error": "another_account"}
    assert await ConnectedAccount.count() == 1


async def test_the_tier_limits_accounts_also_when_they_come_at_once(
    servers: Servers, sandbox: Sandbox
) -> None:
    async with site_of(servers, sandbox, plan="solo") as site:
        await _fill(site)


async def test_one_account_connected_twice_at_once_takes_one_place(
    servers: Servers, sandbox: Sandbox
) -> None:
    async with site_of(servers, sandbox, plan="starter") as site:
        urls = [(await site.start("tiktok")).json()["authorize_url"] for _ in range(3)]
        backs = [await site.consent(url, "apex") for url in urls]
        site.api.http.cookies.clear()
        results = await asyncio.gather(*[site.callback("tiktok", back) for back in backs])
        assert results == [{"connected": "tiktok"}] * 3
        assert await ConnectedAccount.count() == 1


async def test_accounts_connected_at_once_in_opposite_orders_do_not_block_each_other(
    site: Site,
) -> None:
    me = (await site.api.http.get("/api/auth/me", headers=site.me.headers)).json()
    workspace, user = UUID(me["workspace_id"]), UUID(me["user"]["id"])
    profiles = [Profile(name, name, None, None, None, Tokens("access")) for name in ("one", "two")]
    for _ in range(5):
        await asyncio.gather(
            *[
                site.services.platforms.accounts.connect(workspace, user, Platform.TIKTOK, order)
                for order in [profiles, profiles[::-1]] * 4
            ]
        )
    assert await ConnectedAccount.count() == 2


async def _fill(site: Site) -> None:
    urls = [(await site.start("tiktok")).json()["authorize_url"] for _ in range(3)]
    names = ["apex", "quiet", "brief"]
    backs = [await site.consent(url, name) for url, name in zip(urls, names, strict=True)]
    site.api.http.cookies.clear()
    results = await asyncio.gather(*[site.callback("tiktok", back) for back in backs])
    assert sorted(map(str, results)) == [
        "{'connected': 'tiktok'}",
        "{'connected': 'tiktok'}",
        "{'error': 'account_limit'}",
    ]
    assert await ConnectedAccount.count() == 2
    full = await site.start("youtube")
    assert (full.status_code, full.json()["code"]) == (402, "account_limit")


async def test_disconnecting_revokes_wipes_and_hides(site: Site) -> None:
    await site.connect("tiktok")
    account = await site.account("tiktok")
    url = f"/api/platforms/accounts/{account['id']}"
    stranger = await site.api.register()
    assert (await site.api.http.delete(url, headers=stranger.headers)).status_code == 404
    assert (await site.api.http.delete(url, headers=site.me.headers)).status_code == 204
    assert (await site.overview())["tiktok"]["accounts"] == []
    assert (await site.api.http.get(url, headers=site.me.headers)).status_code == 404
    job = (
        await ConnectedAccount.raw("SELECT * FROM jobs WHERE kind = 'platforms.revoke_account'")
    )[0]
    await _run(site, job)
    row = (await ConnectedAccount.select())[0]
    assert row["access_token_enc"] is row["refresh_token_enc"] is None
    calls = await asyncio.to_thread(sandbox_calls, site.sandbox, "tiktok", "revoke")
    assert [call["status"] for call in calls] == [200]
    assert await site.connect("tiktok") == {"connected": "tiktok"}
    assert (await site.account("tiktok"))["id"] == account["id"]


async def test_an_access_that_has_expired_is_renewed_to_be_given_back(site: Site) -> None:
    await site.connect("tiktok")
    account = await site.account("tiktok")
    await asyncio.to_thread(site.sandbox.advance, 2 * 86_400)
    past = datetime.now(UTC) - timedelta(days=1)
    await ConnectedAccount.update({ConnectedAccount.access_expires_at: past}).where(
        ConnectedAccount.id == UUID(account["id"])
    )
    await site.api.http.delete(f"/api/platforms/accounts/{account['id']}", headers=site.me.headers)
    job = (
        await ConnectedAccount.raw("SELECT * FROM jobs WHERE kind = 'platforms.revoke_account'")
    )[0]
    await _run(site, job)
    calls = await asyncio.to_thread(sandbox_calls, site.sandbox, "tiktok", "revoke")
    assert [call["status"] for call in calls] == [200]


async def test_disconnecting_a_page_leaves_the_persons_other_accounts_alone(site: Site) -> None:
    await site.connect("instagram", "anna")
    await site.connect("facebook", "bert")
    page = await site.account("facebook")
    await site.connect("instagram", "bert")
    await site.api.http.delete(f"/api/platforms/accounts/{page['id']}", headers=site.me.headers)
    job = (
        await ConnectedAccount.raw("SELECT * FROM jobs WHERE kind = 'platforms.revoke_account'")
    )[0]
    await _run(site, job)
    assert await asyncio.to_thread(sandbox_calls, site.sandbox, "meta", "revoke") == []


async def test_an_unknown_platform_and_one_that_is_not_set_up(
    servers: Servers, sandbox: Sandbox
) -> None:
    async with site_of(servers, sandbox, tiktok_client_key="") as site:
        unknown = await site.start("myspace")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_platform")
        absent = await site.start("tiktok")
        assert (absent.status_code, absent.json()["code"]) == (503, "platform_not_configured")
        anonymous = await site.api.http.get("/oauth/tiktok/start")
        assert anonymous.status_code == 401


def sandbox_calls(sandbox: Sandbox, party: str, route: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.control("GET", f"calls?party={party}&route={route}")
    return found


async def _run(site: Site, job: dict[str, Any]) -> None:
    """Run a job as a worker would."""
    from uploadm8.infra.jobs.handlers import JobContext
    from uploadm8.infra.jobs.queue import claim

    claimed = await claim(job["id"], "test", 60)
    assert claimed is not None
    handlers = {h.kind.name: h for h in site.services.platforms.jobs.handlers()}
    await handlers[job["kind"]].run(JobContext(claimed, "test"))
