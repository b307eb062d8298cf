"""What follows a post: its id and address, its steps, and its figures."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from platform_clients import OPTIONS, connect
from sandbox_flows import Sandbox
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.platforms.accounts import Accounts, nothing
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.platforms.tokens import TokenKeeper
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.publishing.actors import PublishingJobs
from uploadm8.domain.publishing.aftermath import Aftermath
from uploadm8.domain.publishing.delivery import Delivery
from uploadm8.domain.publishing.metrics import AGES, MetricsJobs
from uploadm8.domain.publishing.reconnect import ask_sooner
from uploadm8.domain.publishing.tables import Publication, PublicationMetrics, PublicationState
from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import UploadM8Error
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import PUBLISH
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import claim, enqueue, finish, put_back
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.security.cipher import Cipher
from uploadm8.infra.storage.s3 import Storage

pytestmark = pytest.mark.anyio
CIPHER = Cipher({1: bytes(range(32))}, 1)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@dataclass
class Desk:
    """Publishes for real and runs the jobs that come of it."""

    sandbox: Sandbox
    clients: Clients
    storage: Storage
    film: Path
    handlers: dict[str, Handler]

    async def publication(self, platform: Platform, **options: Any) -> UUID:
        """An upload with one finished rendition, about to be published."""
        user, workspace, upload, rendition, publication = (new_id() for _ in range(5))
        await User.insert(User(id=user, email=f"{user}@example.com", password_hash="-"))
        await Workspace.insert(Workspace(id=workspace, name="A team"))
        found = await connect(self.sandbox, self.clients, platform)
        account = (
            await Accounts(Vault(CIPHER), nothing).connect(workspace, user, platform, found[:1])
        )[0]
        stored, _ = await self.storage.upload(f"r/{rendition}.mp4", self.film, "video/mp4")
        await self.storage.put_bytes(f"r/{rendition}.png", PNG, "image/png")
        await Upload.insert(
            Upload(
                id=upload,
                workspace=workspace,
                state=UploadState.READY,
                content_type="video/mp4",
                size_bytes=stored.size,
                object_key=f"u/{upload}",
                title="Lap one",
            )
        )
        await Rendition.insert(
            Rendition(
                id=rendition,
                workspace=workspace,
                upload=upload,
                name="tall",
                state=RenditionState.SUCCEEDED,
                object_key=f"r/{rendition}.mp4",
                still_key=f"r/{rendition}.png",
                etag=stored.etag,
                width=576,
                height=1024,
                fps=24.0,
                duration_s=4.0,
                size_bytes=stored.size,
            )
        )
        await Publication.insert(
            Publication(
                id=publication,
                workspace=workspace,
                upload=upload,
                account=account,
                rendition=rendition,
                platform=platform,
                state=PublicationState.QUEUED,
                caption="Lap one #track",
                options=msgspec.json.encode(OPTIONS[platform] | options).decode(),
            )
        )
        await enqueue(PUBLISH, ref_id=publication, workspace_id=workspace)
        return publication

    async def run_due(self, *, kinds: str = "") -> list[str]:
        """Run every due job once, as a worker would; returns what was run."""
        rows: list[dict[str, Any]] = await JobRow.raw(
            "SELECT id, kind FROM jobs WHERE state = 'queued' AND run_at <= now() ORDER BY run_at"
        )
        ran = []
        for row in rows:
            if kinds and kinds not in row["kind"]:
                continue
            job = await claim(row["id"], "desk", 60)
            assert job is not None
            try:
                await self.handlers[job.kind].run(JobContext(job, "desk"))
            except UploadM8Error as error:
                await put_back(job, error.retry_after or 0.0, counts=False)
            else:
                await finish(job, "succeeded")
            ran.append(job.kind)
        return ran

    async def settle(self) -> None:
        """Run due jobs until none is left."""
        for _ in range(40):
            if not await self.run_due():
                return
            await asyncio.sleep(0.05)

    async def row(self, publication: UUID) -> dict[str, Any]:
        return (await Publication.select().where(Publication.id == publication))[0]


@pytest.fixture
async def desk(sandbox: Sandbox, clients: Clients, film: Path, storage: Storage, db: None) -> Desk:
    keeper = TokenKeeper(clients.oauth, Vault(CIPHER))
    delivery = Delivery(keeper, clients.publishers, storage, CIPHER)
    groups = (
        PublishingJobs(delivery).handlers(),
        Aftermath(delivery, clients).handlers(),
        MetricsJobs(delivery).handlers(),
    )
    handlers = {handler.kind.name: handler for group in groups for handler in group}
    return Desk(sandbox, clients, storage, film, handlers)


@pytest.mark.parametrize("platform", list(Platform))
async def test_a_published_post_gets_its_id_its_address_and_a_first_look_planned(
    desk: Desk, platform: Platform
) -> None:
    publication = await desk.publication(platform)
    await desk.settle()
    row = await desk.row(publication)
    assert row["state"] == "published", row
    assert row["platform_post_id"]
    assert row["public_url"].startswith("http")
    planned = await JobRow.select().where(JobRow.kind == "publishing.pull_metrics")
    assert len(planned) == 1
    assert (planned[0]["run_at"] - row["published_at"]) == AGES[0]


@pytest.mark.parametrize("platform", list(Platform))
async def test_figures_are_read_and_the_next_look_is_later(desk: Desk, platform: Platform) -> None:
    publication = await desk.publication(platform)
    await desk.settle()
    await asyncio.to_thread(desk.sandbox.advance, 3_600)
    for _ in range(2):
        await JobRow.raw("UPDATE jobs SET run_at = now() WHERE kind = 'publishing.pull_metrics'")
        await desk.run_due(kinds="pull_metrics")
    pulls = await PublicationMetrics.select().order_by(PublicationMetrics.pull)
    assert [row["pull"] for row in pulls] == [0, 1]
    assert all(row["likes"] is not None for row in pulls)
    row = await desk.row(publication)
    waiting = await JobRow.select().where(
        JobRow.kind == "publishing.pull_metrics", JobRow.state == "queued"
    )
    assert [job["run_at"] - row["published_at"] for job in waiting] == [AGES[2]]


async def test_every_step_is_a_job_of_its_own_and_a_failing_one_leaves_the_others(
    desk: Desk,
) -> None:
    publication = await desk.publication(
        Platform.YOUTUBE,
        first_comment="Which corner?",
        thumbnail="still",
        playlist_ids=["PLmissing"],
    )
    for _ in range(4):
        await desk.run_due()
    steps = await JobRow.select().where(JobRow.kind == "publishing.post_step")
    assert sorted(job["state"] for job in steps) == ["queued", "succeeded", "succeeded"]
    posts = await asyncio.to_thread(desk.sandbox.posts, "youtube")
    assert posts[0]["comments"] == ["Which corner?"]
    assert (await desk.row(publication))["state"] == "published"


async def test_a_private_tiktok_post_is_published_without_an_id(desk: Desk) -> None:
    publication = await desk.publication(Platform.TIKTOK, privacy="SELF_ONLY")
    await desk.settle()
    row = await desk.row(publication)
    assert (row["state"], row["platform_post_id"]) == ("published", None)


async def test_an_id_that_moderation_holds_back_is_asked_for_until_it_comes(desk: Desk) -> None:
    await asyncio.to_thread(desk.sandbox.switch, tiktok_moderation_s=300)
    publication = await desk.publication(Platform.TIKTOK)
    for _ in range(2):
        await desk.run_due()
    row = await desk.row(publication)
    assert (row["state"], row["platform_post_id"]) == ("published", None)
    await asyncio.to_thread(desk.sandbox.advance, 301)
    assert await desk.run_due() == []  # waits for its time
    await ask_sooner(row["account"])  # as a webhook makes it
    await desk.settle()
    assert (await desk.row(publication))["platform_post_id"]


async def test_a_withdrawn_permission_parks_the_account_and_the_post(desk: Desk) -> None:
    publication = await desk.publication(Platform.INSTAGRAM)
    body = {"party": "meta", "account": "anna"}
    await asyncio.to_thread(desk.sandbox.control, "POST", "revoke", json=body)
    await desk.run_due()
    row = await desk.row(publication)
    assert (row["state"], row["error_code"]) == ("needs_reconnect", "platform_access_revoked")
    account = await ConnectedAccount.select().where(ConnectedAccount.id == row["account"])
    assert account[0]["state"] == "needs_reconnect"
