"""The real clients against a sandbox on a real port."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.base import (
    Access,
    Ambiguous,
    CommitAgain,
    Draft,
    Live,
    MediaFacts,
    NotReady,
    Pending,
    Platform,
    Profile,
    Verdict,
)
from uploadm8.domain.platforms.clients.endpoints import AppCredentials, Apps, Endpoints
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.clients.protocol import Publisher
from uploadm8.domain.platforms.clients.registry import Clients, build_clients
from uploadm8.infra.http import open_http

OPTIONS: Mapping[Platform, dict[str, Any]] = {
    Platform.TIKTOK: {"privacy": "PUBLIC_TO_EVERYONE"},
    Platform.YOUTUBE: {"privacy": "public", "made_for_kids": False},
    Platform.INSTAGRAM: {},
    Platform.FACEBOOK: {},
}
ACCOUNT = {Platform.TIKTOK: "apex", Platform.YOUTUBE: "apex"}


@dataclass
class MemorySource:
    """Bytes in memory, counting how often and what was read."""

    data: bytes
    content_type: str = "video/mp4"

    @property
    def size(self) -> int:
        return len(self.data)

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        for at in range(start, end, 1 << 20):
            yield self.data[at : min(end, at + (1 << 20))]


async def ignore(_: int) -> None:
    """A report nobody reads."""


def endpoints(base: str) -> Endpoints:
    """The sandbox's addresses."""
    return Endpoints(
        tiktok_web=f"{base}/tiktok-web",
        tiktok_api=f"{base}/tiktok-api",
        google_accounts=f"{base}/google-accounts",
        google_oauth=f"{base}/google-oauth",
        google_api=f"{base}/google-api",
        youtube_analytics=f"{base}/youtube-analytics",
        meta_web=f"{base}/meta-web",
        meta_graph=f"{base}/meta-graph",
        meta_graph_video=f"{base}/meta-graph-video",
        meta_rupload=f"{base}/meta-rupload",
    )


def apps(sandbox: Sandbox) -> Apps:
    """Our registrations with the sandbox."""
    env = sandbox.env
    return Apps(
        tiktok=AppCredentials(env["TIKTOK_CLIENT_KEY"], env["TIKTOK_CLIENT_SECRET"]),
        google=AppCredentials(env["GOOGLE_CLIENT_ID"], env["GOOGLE_CLIENT_SECRET"]),
        meta=AppCredentials(env["META_APP_ID"], env["META_APP_SECRET"]),
        extra_scopes={
            "instagram": ("instagram_manage_comments",),
            "facebook": ("pages_manage_engagement",),
        },
    )


@asynccontextmanager
async def clients_of(sandbox: Sandbox) -> AsyncIterator[Clients]:
    """The four clients, talking to the sandbox."""
    places = endpoints(sandbox.base)
    async with open_http(places.base_urls()) as http:
        yield build_clients(http, places, apps(sandbox))


async def connect(
    sandbox: Sandbox, clients: Clients, platform: Platform, account: str = "", **decision: str
) -> list[Profile]:
    """Go through consent and return what could be connected."""
    oauth = clients.oauth[platform]
    redirect = f"https://auth.example.com/oauth/{platform}/callback"
    verifier = "v" * 64 if oauth.uses_pkce(redirect) else None
    url = oauth.authorize_url(redirect_uri=redirect, state="s", verifier=verifier)
    back = await asyncio.to_thread(sandbox.consent, url, account, **decision)
    tokens = await oauth.exchange(back["code"], redirect_uri=redirect, verifier=verifier)
    return await oauth.profiles(tokens)


def access_of(profile: Profile) -> Access:
    """Act for a profile."""
    return Access(
        profile.tokens.access, profile.external_id, profile.username, profile.tokens.scopes
    )


def draft_of(
    platform: Platform,
    access: Access,
    film: Path,
    *,
    caption: str = "Lap one #track",
    **options: Any,
) -> Draft:
    """A post of the film."""
    data = film.read_bytes()
    return Draft(
        access=access,
        media=MemorySource(data),
        facts=MediaFacts("mp4", "h264", 576, 1024, 24.0, 4.0, len(data)),
        caption=caption,
        options=read_options(platform, OPTIONS[platform] | options),
        marker="0198d5a2-0000-7000-8000-000000000001",
        title="Lap one",
    )


async def prepared(publisher: Publisher, draft: Draft) -> Any:
    """Open an upload as a worker does: TikTok wants creator_info asked before each."""
    if publisher.platform is Platform.TIKTOK:
        await publisher.limits(draft.access)
    return await publisher.prepare(draft)


async def filled(publisher: Publisher, draft: Draft) -> Any:
    """Prepare, transfer, and wait until commit may be called; returns the handle."""
    handle = await prepared(publisher, draft)
    handle = await publisher.transfer(draft, handle, ignore)
    for _ in range(500):
        if not isinstance(await publisher.ready(draft, handle), NotReady):
            return handle
        await asyncio.sleep(0.02)
    raise TimeoutError("the platform never became ready")


async def settled(publisher: Publisher, draft: Draft, handle: Any) -> Verdict:
    """Ask until there is a verdict."""
    for _ in range(500):
        if not isinstance(verdict := await publisher.check(draft, handle), Pending):
            return verdict
        await asyncio.sleep(0.02)
    raise TimeoutError("the platform never gave a verdict")


async def publish(publisher: Publisher, draft: Draft) -> Verdict:
    """Drive the protocol as a worker does, committing again only when the platform says so."""
    handle = await filled(publisher, draft)
    again = False
    while True:
        result = await publisher.commit(draft, handle, again=again)
        verdict = await settled(publisher, draft, handle)
        if not isinstance(verdict, CommitAgain):
            return verdict
        assert again or isinstance(result, Ambiguous)
        again = True


def live(verdict: Verdict) -> Live:
    """The verdict, which must be that the post exists."""
    assert isinstance(verdict, Live), verdict
    return verdict
