"""Bytes stream in exact chunks, resume where the platform is, and are never held whole."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from conftest import BUCKET, Servers
from platform_clients import (
    MemorySource,
    access_of,
    connect,
    draft_of,
    filled,
    ignore,
    live,
    prepared,
    settled,
)
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.base import Draft, Platform
from uploadm8.domain.platforms.clients.chunks import TIKTOK_CHUNK, YOUTUBE_CHUNK
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.clients.transport import SourceError, body

pytestmark = pytest.mark.anyio

LARGE = 70_000_123
HUGE = 200_000_123
MEMORY = Path(__file__).parents[3] / "benchmarks" / "upload_memory.py"
WAYS = ["tiktok", "youtube", "instagram", "facebook reel", "facebook video"]


@dataclass
class MadeUpSource:
    """As many bytes as wanted, made while they are read; knows what was read."""

    size: int
    content_type: str = "video/mp4"
    ranges: list[tuple[int, int]] = field(default_factory=list)

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        self.ranges.append((start, end))
        block = bytes(1 << 20)
        for at in range(start, end, len(block)):
            yield block[: min(len(block), end - at)]


async def large_draft(
    sandbox: Sandbox, clients: Clients, platform: Platform, film: Path, **options: Any
) -> tuple[Draft, MadeUpSource]:
    await asyncio.to_thread(sandbox.switch, check_media=False)
    profile = (await connect(sandbox, clients, platform))[0]
    source = MadeUpSource(LARGE)
    draft = draft_of(platform, access_of(profile), film, **options)
    return replace(draft, media=source), source


async def test_an_upload_of_any_size_takes_less_than_32_mib(
    servers: Servers, sandbox: Sandbox
) -> None:
    """In a process of its own, by the kernel's count; the object is sparse and larger than that."""
    await asyncio.to_thread(sandbox.switch, check_media=False)
    large = servers.folder / "objects" / BUCKET / "large.mp4"
    with large.open("wb") as file:
        file.truncate(HUGE)
    try:
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, str(MEMORY), "--ways", ",".join(WAYS)],
            *[sandbox.base, servers.storage_url, BUCKET],
            stdout=asyncio.subprocess.PIPE,
        )
        written = (await process.communicate())[0].splitlines()
        told = [json.loads(line) for line in written if line.startswith(b"{")]
    finally:
        large.unlink()
    assert [one["way"] for one in told] == WAYS
    assert max(one["grown"] for one in told) < 32, told
    posts = [post for name in ("youtube", "facebook") for post in sandbox.posts(name)]
    assert [post["media_bytes"] for post in posts] == [HUGE] * 3


async def test_tiktok_gets_equal_chunks_and_the_last_one_only_at_commit(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    draft, source = await large_draft(sandbox, clients, Platform.TIKTOK, film)
    publisher = clients.publishers[Platform.TIKTOK]
    handle = await filled(publisher, draft)
    assert source.ranges == [(i * TIKTOK_CHUNK, (i + 1) * TIKTOK_CHUNK) for i in range(5)]
    await publisher.commit(draft, handle)
    assert source.ranges[-1] == (5 * TIKTOK_CHUNK, LARGE)


async def test_youtube_gets_equal_chunks_and_the_final_piece_only_at_commit(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    draft, source = await large_draft(sandbox, clients, Platform.YOUTUBE, film)
    publisher = clients.publishers[Platform.YOUTUBE]
    handle = await filled(publisher, draft)
    assert source.ranges == [(i * YOUTUBE_CHUNK, (i + 1) * YOUTUBE_CHUNK) for i in range(8)]
    await publisher.commit(draft, handle)
    assert source.ranges[-1] == (8 * YOUTUBE_CHUNK, LARGE)


@pytest.mark.parametrize("platform", [Platform.TIKTOK, Platform.YOUTUBE])
@pytest.mark.parametrize("fault", ["reset_before", "accept_then_reset", "5xx"])
async def test_a_transfer_that_broke_goes_on_from_what_the_platform_has(
    sandbox: Sandbox, clients: Clients, film: Path, platform: Platform, fault: str
) -> None:
    draft, source = await large_draft(sandbox, clients, platform, film)
    publisher = clients.publishers[platform]
    route = ("tiktok", "chunk") if platform is Platform.TIKTOK else ("google", "upload_bytes")
    handle = await prepared(publisher, draft)
    await asyncio.to_thread(sandbox.fault, *route, fault, after=2)
    broken: list[PlatformError] = []
    while len(broken) < 3:
        try:
            handle = await publisher.transfer(draft, handle, ignore)
            break
        except PlatformError as error:
            broken.append(error)
    assert [(error.retry, error.fresh_handle) for error in broken] in ([], [("transient", False)])
    await publisher.commit(draft, handle)
    live(await settled(publisher, draft, handle))
    assert len(source.ranges) <= 11  # nothing but the broken chunk was sent twice


@pytest.mark.parametrize("told", [True, False], ids=["content-range", "nothing"])
async def test_a_chunk_that_tiktok_has_already_is_passed_over(
    sandbox: Sandbox, clients: Clients, film: Path, *, told: bool
) -> None:
    await asyncio.to_thread(sandbox.switch, tiktok_416_tells_progress=told)
    draft, source = await large_draft(sandbox, clients, Platform.TIKTOK, film)
    publisher = clients.publishers[Platform.TIKTOK]
    await asyncio.to_thread(sandbox.fault, "tiktok", "chunk", "accept_then_500", after=4)
    handle = await filled(publisher, draft)
    starts = [start // TIKTOK_CHUNK for start, _ in source.ranges]
    assert starts == [*range(5), 4]  # the last of them was sent twice, and answered by 416
    await publisher.commit(draft, handle)
    live(await settled(publisher, draft, handle))


async def test_an_upload_that_tiktok_cannot_place_is_prepared_anew(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    await asyncio.to_thread(sandbox.switch, tiktok_416_tells_progress=False)
    draft, _ = await large_draft(sandbox, clients, Platform.TIKTOK, film)
    publisher = clients.publishers[Platform.TIKTOK]
    handle = await prepared(publisher, draft)
    with pytest.raises(PlatformError) as lost:  # the last chunk before all others
        await publisher.commit(draft, handle)
    assert (lost.value.code, lost.value.fresh_handle) == ("upload_session_expired", True)
    assert await asyncio.to_thread(sandbox.posts, "tiktok") == []


async def test_a_reel_goes_on_from_the_bytes_facebook_has(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    draft, source = await large_draft(sandbox, clients, Platform.FACEBOOK, film, kind="reel")
    publisher = clients.publishers[Platform.FACEBOOK]
    await asyncio.to_thread(sandbox.fault, "meta", "reel_bytes", "reset_mid")
    handle = await filled(publisher, draft)
    await publisher.commit(draft, handle)
    live(await settled(publisher, draft, handle))
    assert source.ranges[0] == (0, LARGE)
    assert source.ranges[-1][0] > 0


async def test_an_expired_session_is_prepared_anew(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    draft, _ = await large_draft(sandbox, clients, Platform.YOUTUBE, film)
    publisher = clients.publishers[Platform.YOUTUBE]
    handle = await prepared(publisher, draft)
    await asyncio.to_thread(sandbox.advance, 30 * 86_400)
    fresh_access = (await connect(sandbox, clients, Platform.YOUTUBE))[0]
    draft = replace(draft, access=access_of(fresh_access))
    with pytest.raises(PlatformError) as gone:
        await publisher.transfer(draft, handle, ignore)
    assert gone.value.fresh_handle
    assert gone.value.code == "upload_session_expired"


async def test_a_source_that_breaks_off_is_told_apart_from_the_platform() -> None:
    source = MemorySource(b"x" * 100)
    with pytest.raises(SourceError, match="gave 100 bytes where 200 were asked"):
        async for _ in body(source, 0, 200):
            pass


async def test_a_report_that_raises_stops_the_transfer(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    draft, _ = await large_draft(sandbox, clients, Platform.YOUTUBE, film)
    publisher = clients.publishers[Platform.YOUTUBE]
    handle = await prepared(publisher, draft)

    async def cancel(sent: int) -> None:
        if sent:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await publisher.transfer(draft, handle, cancel)
    assert await asyncio.to_thread(sandbox.posts, "youtube") == []
