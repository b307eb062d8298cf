"""Breaking the platforms on purpose, and running jobs as a worker does while they are broken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from platform_clients import apps, connect, endpoints
from publishing_desk import CIPHER, Desk
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.accounts import Accounts, nothing
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.registry import Clients, build_clients
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.publishing.reconnect import requeue_parked
from uploadm8.infra import failpoints
from uploadm8.infra.http import Answer, Http, open_http
from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.jobs.upkeep import reap

PARTY = {"tiktok": "tiktok", "youtube": "google", "instagram": "meta", "facebook": "meta"}
COMMIT = {
    Platform.TIKTOK: "chunk",
    Platform.YOUTUBE: "upload_bytes",
    Platform.INSTAGRAM: "ig_publish",
    Platform.FACEBOOK: "reel_finish",
}
STATUS = {
    Platform.TIKTOK: "status",
    Platform.YOUTUBE: "upload_bytes",
    Platform.INSTAGRAM: "container_status",
    Platform.FACEBOOK: "video_status",
}
START = {
    Platform.TIKTOK: "video_init",
    Platform.YOUTUBE: "upload_start",
    Platform.INSTAGRAM: "ig_create",
    Platform.FACEBOOK: "reel_start",
}
EVERY_FAULT = ("accept_then_reset", "accept_then_500", "reset_before", "5xx", "429", "slow")
"""What can happen to a commit; a platform that never answers takes a client without patience."""
PROBES_BEFORE_COMMIT = {Platform.YOUTUBE: 2}
PERSON = {"tiktok": "apex", "google": "tour", "meta": "anna"}


async def play(desk: Desk, platform: Platform, route: str, fault: str, **more: Any) -> None:
    """Arm a fault of the sandbox."""
    await asyncio.to_thread(desk.sandbox.fault, PARTY[platform], route, fault, **more)


async def break_commit(desk: Desk, platform: Platform, fault: str, **more: Any) -> None:
    """Let the irreversible call meet a fault."""
    after = PROBES_BEFORE_COMMIT.get(platform, 0)
    await play(desk, platform, COMMIT[platform], fault, **({"after": after} | more))


async def run_once(desk: Desk) -> None:
    """Run the publishing jobs that are due, through a worker's runner."""
    runner = Runner(desk.handlers, {Queue.JOBS: 1}, lease_s=60, default_timeout_s=60)
    rows: list[dict[str, Any]] = await JobRow.raw(
        "SELECT id FROM jobs WHERE state = 'queued' AND run_at <= now()"
        " AND kind IN ('publishing.publish', 'publishing.reconcile')"
    )
    for row in rows:
        if (job := await claim(row["id"], runner.owner, 60)) is not None:
            await runner.run(job)


async def make_due() -> None:
    """Let all the time pass that jobs wait for."""
    await JobRow.raw("UPDATE jobs SET run_at = now() WHERE state = 'queued'")


async def run_all(desk: Desk, *, rounds: int = 25) -> None:
    """Run publishing jobs until none is left, making each due at once."""
    for _ in range(rounds):
        await make_due()
        if not await JobRow.exists().where(
            JobRow.kind == "publishing.publish", JobRow.state == "queued"
        ):
            return
        await run_once(desk)


async def crash(desk: Desk, step: str, platform: Platform) -> None:
    """Run a job up to a step and let go of it without a word; its lease is over then."""
    failpoints.arm(f"{step}@{platform}:error")
    row = await JobRow.select(JobRow.id).where(
        JobRow.kind == "publishing.publish", JobRow.state == "queued"
    )
    job = await claim(row[0]["id"], "crashed", 60)
    assert job is not None
    with pytest.raises(RuntimeError, match=step):
        await desk.handlers[job.kind].run(JobContext(job, "crashed"))
    await JobRow.raw("UPDATE jobs SET lease_until = now() - interval '1 s' WHERE state='running'")
    await reap()


async def reconnect(desk: Desk, publication: UUID) -> None:
    """Connect the account of a publication again, as its owner would."""
    row = await desk.row(publication)
    platform = Platform(row["platform"])
    found = await connect(desk.sandbox, desk.clients, platform)
    accounts = Accounts(Vault(CIPHER), nothing, requeue_parked)
    await accounts.connect(row["workspace"], row["created_by"], platform, found[:1])


@dataclass(frozen=True)
class Hasty(Http):
    """The product's HTTP client, which gives up after a moment instead of half a minute."""

    async def _once(self, method: str, url: httpx.URL, **kwargs: Any) -> Answer:
        return await super()._once(method, url, **{**kwargs, "timeout": httpx.Timeout(0.6)})


@asynccontextmanager
async def hasty_clients(sandbox: Sandbox) -> AsyncIterator[Clients]:
    """The four clients with little patience."""
    places = endpoints(sandbox.base)
    async with open_http(places.base_urls()) as http:
        yield build_clients(Hasty(http.client, http.trusted), places, apps(sandbox))
