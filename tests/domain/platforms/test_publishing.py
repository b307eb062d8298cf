"""Every platform publishes exactly once, whatever happens to the irreversible call."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from platform_clients import (
    access_of,
    connect,
    draft_of,
    filled,
    ignore,
    live,
    prepared,
    publish,
    settled,
)
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.base import (
    Accepted,
    Ambiguous,
    CommitAgain,
    Platform,
    Unknown,
)
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.handles import (
    AnyHandle,
    FacebookReelHandle,
    InstagramHandle,
    decode_handle,
    encode_handle,
)
from uploadm8.domain.platforms.clients.registry import Clients

pytestmark = pytest.mark.anyio

PARTY = {
    Platform.TIKTOK: "tiktok",
    Platform.YOUTUBE: "google",
    Platform.INSTAGRAM: "meta",
    Platform.FACEBOOK: "meta",
}
COMMIT = {
    Platform.TIKTOK: "chunk",
    Platform.YOUTUBE: "upload_bytes",
    Platform.INSTAGRAM: "ig_publish",
    Platform.FACEBOOK: "reel_finish",
}
BEFORE_COMMIT = {Platform.YOUTUBE: 1}  # the probe, on the same route
EVERY = pytest.mark.parametrize("platform", list(Platform))


@EVERY
async def test_a_film_is_published_once_with_its_words(
    sandbox: Sandbox, clients: Clients, film: Path, platform: Platform
) -> None:
    profile = (await connect(sandbox, clients, platform))[0]
    draft = draft_of(platform, access_of(profile), film)
    verdict = live(await publish(clients.publishers[platform], draft))
    posts = await asyncio.to_thread(sandbox.posts, platform)
    told = [(post["caption"], post["media_sha256"]) for post in posts]
    data = await asyncio.to_thread(film.read_bytes)
    assert told == [("Lap one #track", hashlib.sha256(data).hexdigest())]
    assert verdict.post_id == posts[0]["post_id"]


@EVERY
@pytest.mark.parametrize("fault", ["accept_then_reset", "accept_then_500", "reset_before"])
async def test_a_lost_answer_to_the_commit_is_settled_by_asking(
    sandbox: Sandbox, clients: Clients, film: Path, platform: Platform, fault: str
) -> None:
    profile = (await connect(sandbox, clients, platform))[0]
    publisher = clients.publishers[platform]
    draft = draft_of(platform, access_of(profile), film)
    handle = await filled(publisher, draft)
    await _break_commit(sandbox, platform, fault)
    assert isinstance(await publisher.commit(draft, handle), Ambiguous)
    verdict = await settled(publisher, draft, handle)
    if isinstance(verdict, CommitAgain):
        assert fault == "reset_before"
        await publisher.commit(draft, handle, again=True)
        verdict = await settled(publisher, draft, handle)
    live(verdict)
    assert len(await asyncio.to_thread(sandbox.posts, platform)) == 1


@EVERY
async def test_committing_again_after_success_never_makes_a_second_post(
    sandbox: Sandbox, clients: Clients, film: Path, platform: Platform
) -> None:
    profile = (await connect(sandbox, clients, platform))[0]
    publisher = clients.publishers[platform]
    draft = draft_of(platform, access_of(profile), film)
    handle = await filled(publisher, draft)
    assert isinstance(await publisher.commit(draft, handle), Accepted)
    live(await settled(publisher, draft, handle))
    result = await publisher.commit(draft, handle, again=True)
    assert isinstance(result, Accepted | Ambiguous)
    live(await settled(publisher, draft, handle))
    assert len(await asyncio.to_thread(sandbox.posts, platform)) == 1


@EVERY
async def test_before_the_commit_nothing_is_published_and_the_handle_survives_storage(
    sandbox: Sandbox, clients: Clients, film: Path, platform: Platform
) -> None:
    profile = (await connect(sandbox, clients, platform))[0]
    publisher = clients.publishers[platform]
    draft = draft_of(platform, access_of(profile), film)
    handle = decode_handle(encode_handle(await prepared(publisher, draft)))
    handle = decode_handle(encode_handle(await publisher.transfer(draft, handle, ignore)))
    assert isinstance(await settled(publisher, draft, handle), CommitAgain)
    assert await asyncio.to_thread(sandbox.posts, platform) == []
    # Another process repeats the transfer and goes on.
    handle = await publisher.transfer(draft, handle, ignore)
    await publisher.commit(draft, handle)
    live(await settled(publisher, draft, handle))
    assert len(await asyncio.to_thread(sandbox.posts, platform)) == 1


@EVERY
async def test_a_refused_commit_says_that_nothing_was_done(
    sandbox: Sandbox, clients: Clients, film: Path, platform: Platform
) -> None:
    profile = (await connect(sandbox, clients, platform))[0]
    publisher = clients.publishers[platform]
    draft = draft_of(platform, access_of(profile), film)
    handle = await filled(publisher, draft)
    await _break_commit(sandbox, platform, "429")
    with pytest.raises(PlatformError) as refused:
        await publisher.commit(draft, handle)
    assert refused.value.retry == "rate_limited"
    await publisher.commit(draft, handle)
    live(await settled(publisher, draft, handle))
    assert len(await asyncio.to_thread(sandbox.posts, platform)) == 1


@pytest.mark.parametrize(
    ("platform", "handle"),
    [
        (
            Platform.INSTAGRAM,
            InstagramHandle(size=1, container_id="17900000000009999", upload_url="", started=""),
        ),
        (Platform.FACEBOOK, FacebookReelHandle(size=1, video_id="1000000000009999", upload_url="")),
    ],
)
async def test_an_upload_that_meta_forgot_does_not_cost_the_account_its_connection(
    sandbox: Sandbox, clients: Clients, film: Path, platform: Platform, handle: AnyHandle
) -> None:
    profile = (await connect(sandbox, clients, platform))[0]
    publisher = clients.publishers[platform]
    draft = draft_of(platform, access_of(profile), film)
    assert isinstance(await publisher.check(draft, handle), Unknown)
    with pytest.raises(PlatformError) as gone:
        await publisher.transfer(draft, handle, ignore)
    assert (gone.value.retry, gone.value.fresh_handle) == ("transient", True)


async def _break_commit(sandbox: Sandbox, platform: Platform, fault: str) -> None:
    after = BEFORE_COMMIT.get(platform, 0)
    await asyncio.to_thread(sandbox.fault, PARTY[platform], COMMIT[platform], fault, after=after)
