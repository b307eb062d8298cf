"""OAuth of each platform as it really is."""

import asyncio
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from platform_clients import connect
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.oauth import (
    challenge_base64,
    challenge_hex,
    new_verifier,
)
from uploadm8.domain.platforms.clients.registry import Clients

pytestmark = pytest.mark.anyio
WEB = "https://auth.example.com/oauth/callback"
DESKTOP = "http://127.0.0.1:8000/oauth/tiktok/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_the_challenges_are_base64url_for_google_and_hex_for_tiktok() -> None:
    assert challenge_base64(VERIFIER) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert challenge_hex(VERIFIER) == (
        "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3"
    )
    assert 43 <= len(new_verifier()) <= 128


async def test_tiktok_uses_pkce_on_loopback_addresses_only(clients: Clients) -> None:
    oauth = clients.oauth[Platform.TIKTOK]
    assert not oauth.uses_pkce(WEB)
    assert oauth.uses_pkce(DESKTOP)
    asked = query_of(oauth.authorize_url(redirect_uri=DESKTOP, state="s", verifier=VERIFIER))
    assert asked["code_challenge"] == challenge_hex(VERIFIER)
    assert "client_id" not in asked
    assert "," in asked["scope"]


async def test_a_tiktok_desktop_client_connects_with_hex_pkce(
    sandbox: Sandbox, clients: Clients
) -> None:
    await asyncio.to_thread(sandbox.switch, tiktok_client_type="desktop")
    oauth = clients.oauth[Platform.TIKTOK]
    url = oauth.authorize_url(redirect_uri=DESKTOP, state="s", verifier=VERIFIER)
    back = await asyncio.to_thread(sandbox.consent, url, "apex")
    tokens = await oauth.exchange(back["code"], redirect_uri=DESKTOP, verifier=VERIFIER)
    assert (await oauth.profiles(tokens))[0].username == "apex.rides"


async def test_google_is_asked_for_offline_access_with_consent(clients: Clients) -> None:
    oauth = clients.oauth[Platform.YOUTUBE]
    asked = query_of(oauth.authorize_url(redirect_uri=WEB, state="s", verifier=VERIFIER))
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    assert asked["code_challenge"] == challenge_base64(VERIFIER)
    assert " " in asked["scope"]


@pytest.mark.parametrize(
    ("platform", "scopes"),
    [
        (Platform.TIKTOK, "user.info.basic video.list"),
        (Platform.YOUTUBE, "https://www.googleapis.com/auth/youtube.readonly"),
        (Platform.FACEBOOK, "pages_show_list"),
        (Platform.INSTAGRAM, "instagram_basic pages_show_list"),
    ],
)
async def test_a_permission_left_out_is_named(
    sandbox: Sandbox, clients: Clients, platform: Platform, scopes: str
) -> None:
    with pytest.raises(PlatformError) as missing:
        await connect(sandbox, clients, platform, scopes=scopes)
    assert missing.value.code == "platform_permission_missing"
    assert (
        "publish" in missing.value.detail
        or "upload" in missing.value.detail
        or ("manage_posts" in missing.value.detail)
    )


@pytest.mark.parametrize("platform", list(Platform))
async def test_a_code_works_once(sandbox: Sandbox, clients: Clients, platform: Platform) -> None:
    oauth = clients.oauth[platform]
    verifier = VERIFIER if oauth.uses_pkce(WEB) else None
    url = oauth.authorize_url(redirect_uri=WEB, state="s", verifier=verifier)
    back = await asyncio.to_thread(sandbox.consent, url, "")
    await oauth.exchange(back["code"], redirect_uri=WEB, verifier=verifier)
    with pytest.raises(PlatformError) as used:
        await oauth.exchange(back["code"], redirect_uri=WEB, verifier=verifier)
    assert used.value.code == "oauth_code_rejected"


async def test_only_pages_we_may_post_to_are_offered(sandbox: Sandbox, clients: Clients) -> None:
    pages = await connect(sandbox, clients, Platform.FACEBOOK, "bert")
    assert [page.name for page in pages] == ["Hill Climbs"]
    accounts = await connect(sandbox, clients, Platform.INSTAGRAM, "anna")
    assert [one.username for one in accounts] == ["alpine.roads"]
    assert accounts[0].page_id == "104000000000001"


async def test_a_google_user_without_a_channel_is_told_so(
    sandbox: Sandbox, clients: Clients
) -> None:
    with pytest.raises(PlatformError) as none:
        await connect(sandbox, clients, Platform.YOUTUBE, "viewer")
    assert none.value.code == "youtube_no_channel"


async def test_tiktok_rotates_its_refresh_token_and_google_keeps_it(
    sandbox: Sandbox, clients: Clients
) -> None:
    tiktok = (await connect(sandbox, clients, Platform.TIKTOK))[0]
    fresh = await clients.oauth[Platform.TIKTOK].refresh(tiktok.tokens, tiktok.external_id)
    assert fresh.refresh not in (None, tiktok.tokens.refresh)
    google = (await connect(sandbox, clients, Platform.YOUTUBE))[0]
    fresh = await clients.oauth[Platform.YOUTUBE].refresh(google.tokens, google.external_id)
    assert fresh.refresh == google.tokens.refresh
    assert fresh.access != google.tokens.access


@pytest.mark.parametrize("status", [400, 200])
async def test_a_dead_tiktok_refresh_token_is_definite_with_any_status(
    sandbox: Sandbox, clients: Clients, status: int
) -> None:
    await asyncio.to_thread(sandbox.switch, tiktok_oauth_error_status=status)
    profile = (await connect(sandbox, clients, Platform.TIKTOK))[0]
    oauth = clients.oauth[Platform.TIKTOK]
    await oauth.refresh(profile.tokens, profile.external_id)
    with pytest.raises(PlatformError) as dead:
        await oauth.refresh(profile.tokens, profile.external_id)
    assert dead.value.retry == "auth_revoked"


@pytest.mark.parametrize("platform", list(Platform))
async def test_a_server_error_never_asks_to_reconnect(
    sandbox: Sandbox, clients: Clients, platform: Platform
) -> None:
    profile = (await connect(sandbox, clients, platform))[0]
    party = {"tiktok": "tiktok", "youtube": "google"}.get(platform, "meta")
    await asyncio.to_thread(sandbox.fault, party, "*", "5xx", times=0)
    with pytest.raises(PlatformError) as broken:
        await clients.oauth[platform].refresh(profile.tokens, profile.external_id)
    assert broken.value.retry == "transient"


@pytest.mark.parametrize("platform", list(Platform))
async def test_revoking_ends_the_access_and_can_be_repeated(
    sandbox: Sandbox, clients: Clients, platform: Platform
) -> None:
    profile = (await connect(sandbox, clients, platform))[0]
    oauth = clients.oauth[platform]
    await oauth.revoke(profile.tokens)
    await oauth.revoke(profile.tokens)
    with pytest.raises(PlatformError) as refused:
        await oauth.refresh(profile.tokens, profile.external_id)
    assert refused.value.retry == "auth_revoked"


async def test_a_page_token_outlives_the_user_token_it_came_from(
    sandbox: Sandbox, clients: Clients
) -> None:
    profile = (await connect(sandbox, clients, Platform.FACEBOOK))[0]
    await asyncio.to_thread(sandbox.advance, 61 * 86_400)
    kept = await clients.oauth[Platform.FACEBOOK].refresh(profile.tokens, profile.external_id)
    assert kept == profile.tokens


async def test_a_page_that_the_list_leaves_out_is_asked_itself(
    sandbox: Sandbox, clients: Clients
) -> None:
    oauth = clients.oauth[Platform.FACEBOOK]
    profile = (await connect(sandbox, clients, Platform.FACEBOOK))[0]
    await asyncio.to_thread(sandbox.switch, meta_unlisted_pages=[profile.external_id])
    kept = await oauth.refresh(profile.tokens, profile.external_id)
    assert kept.access == profile.tokens.access
    assert kept.refresh != profile.tokens.refresh  # the person's token was extended all the same
    body = {"party": "meta", "account": "anna", "why": "role"}
    await asyncio.to_thread(sandbox.control, "POST", "revoke", json=body)
    with pytest.raises(PlatformError) as lost:
        await oauth.refresh(kept, profile.external_id)
    assert lost.value.retry == "auth_revoked"


async def test_a_long_list_of_pages_is_read_to_its_end(sandbox: Sandbox, clients: Clients) -> None:
    await asyncio.to_thread(sandbox.switch, meta_list_rows=1)
    pages = await connect(sandbox, clients, Platform.FACEBOOK, "anna")
    assert [page.name for page in pages] == ["Alpine Roads", "Track Days North"]


async def test_pages_of_a_business_are_found_where_that_was_granted(
    sandbox: Sandbox, clients: Clients
) -> None:
    await asyncio.to_thread(sandbox.switch, meta_business_pages=["104000000000002"])
    assert [one.name for one in await connect(sandbox, clients, Platform.FACEBOOK, "anna")] == [
        "Alpine Roads"
    ]
    oauth = replace(clients.oauth[Platform.FACEBOOK], extra_scopes=("business_management",))  # type: ignore[type-var]
    allowed = replace(clients, oauth={**clients.oauth, Platform.FACEBOOK: oauth})
    pages = await connect(sandbox, allowed, Platform.FACEBOOK, "anna")
    assert [page.name for page in pages] == ["Alpine Roads", "Track Days North"]


@pytest.mark.parametrize("fault", ["5xx", "429"])
async def test_meta_in_trouble_never_looks_like_a_lost_page(
    sandbox: Sandbox, clients: Clients, fault: str
) -> None:
    profile = (await connect(sandbox, clients, Platform.FACEBOOK))[0]
    await asyncio.to_thread(sandbox.switch, meta_unlisted_pages=[profile.external_id])
    await asyncio.to_thread(sandbox.fault, "meta", "debug_token", fault, times=0)
    with pytest.raises(PlatformError) as trouble:
        await clients.oauth[Platform.FACEBOOK].refresh(profile.tokens, profile.external_id)
    assert trouble.value.retry in {"transient", "rate_limited"}
