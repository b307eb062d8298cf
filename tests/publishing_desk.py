"""A worker's desk in one process: real rows, real clients, a sandbox, and jobs run by hand."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from platform_clients import OPTIONS, connect
from sandbox_flows import Sandbox
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.captions.service import CaptionTemplates
from uploadm8.domain.platforms.accounts import Accounts, nothing
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.limits import AccountLimits
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.platforms.tokens import TokenKeeper
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.publishing.actors import PublishingJobs
from uploadm8.domain.publishing.aftermath import Aftermath
from uploadm8.domain.publishing.approvals import Approvals
from uploadm8.domain.publishing.delivery import Delivery
from uploadm8.domain.publishing.metrics import MetricsJobs
from uploadm8.domain.publishing.pace import Pace
from uploadm8.domain.publishing.posting import Posting
from uploadm8.domain.publishing.release import enqueue_publish
from uploadm8.domain.publishing.service import Publications
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.domain.publishing.targets import Targets
from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import UploadM8Error
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import claim, finish, put_back
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.security.cipher import Cipher
from uploadm8.infra.storage.s3 import Storage

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
        row = await a_publication(platform, **options)
        found = await connect(self.sandbox, self.clients, platform)
        accounts = Accounts(Vault(CIPHER), nothing)
        account = await accounts.connect(row["workspace"], row["created_by"], platform, found[:1])
        rendition = await Rendition.select().where(Rendition.id == row["rendition"])
        key, still = rendition[0]["object_key"], rendition[0]["still_key"]
        stored, _ = await self.storage.upload(key, self.film, "video/mp4")
        await self.storage.put_bytes(still, PNG, "image/png")
        await Rendition.update(
            {Rendition.etag: stored.etag, Rendition.size_bytes: stored.size}
        ).where(Rendition.id == row["rendition"])
        await Publication.update({Publication.account: account[0]}).where(
            Publication.id == row["id"]
        )
        await JobRow.raw("UPDATE jobs SET lane = {} WHERE ref_id = {}", account[0], row["id"])
        publication: UUID = row["id"]
        return publication

    async def run_due(self, *, kinds: str = "") -> list[str]:
        """Run every due job once, as a worker would; returns what was run."""
        rows: list[dict[str, Any]] = await JobRow.raw(
            "SELECT id, kind FROM jobs WHERE state = 'queued' AND run_at <= now() ORDER BY run_at"
        )
        ran = []
        for row in rows:
            if row["kind"] not in self.handlers or (kinds and kinds not in row["kind"]):
                continue  # news of a post is for other desks
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


async def a_publication(platform: Platform, **options: Any) -> dict[str, Any]:
    """The rows of a post that is due, with its job; its account has no tokens yet."""
    user, workspace, account, upload, rendition, publication = (new_id() for _ in range(6))
    await User.insert(User(id=user, email=f"{user}@example.com", password_hash="-"))
    await Workspace.insert(Workspace(id=workspace, name="A team"))
    await ConnectedAccount.insert(
        ConnectedAccount(
            id=account, workspace=workspace, platform=platform, external_id=str(account)
        )
    )
    await Upload.insert(
        Upload(
            id=upload,
            workspace=workspace,
            state=UploadState.READY,
            content_type="video/mp4",
            size_bytes=1,
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
            etag="-",
            width=576,
            height=1024,
            fps=24.0,
            duration_s=4.0,
            size_bytes=1,
        )
    )
    await Publication.insert(
        Publication(
            id=publication,
            workspace=workspace,
            created_by=user,
            upload=upload,
            account=account,
            rendition=rendition,
            platform=platform,
            state=PublicationState.QUEUED,
            caption="Lap one #track",
            options=msgspec.json.encode(OPTIONS[platform] | options).decode(),
        )
    )
    await enqueue_publish(publication, workspace, None)
    row: dict[str, Any] = (await Publication.select().where(Publication.id == publication))[0]
    return row


async def copy_of(desk: Desk, publication: UUID, **changes: Any) -> UUID:
    """Another publication like this one, with a job of its own."""
    row = await desk.row(publication)
    kept = ("workspace", "created_by", "upload", "account", "rendition", "platform", "caption")
    values = {name: row[name] for name in (*kept, "options")} | {"slot": 1} | changes
    copy = new_id()
    await Publication.insert(Publication(id=copy, state=PublicationState.QUEUED, **values))
    await enqueue_publish(copy, row["workspace"], None)
    return copy


async def sibling_of(desk: Desk, publication: UUID, platform: Platform, **options: Any) -> UUID:
    """The same video for another account, as another target of one upload."""
    row = await desk.row(publication)
    found = await connect(desk.sandbox, desk.clients, platform)
    accounts = Accounts(Vault(CIPHER), nothing)
    account = await accounts.connect(row["workspace"], row["created_by"], platform, found[:1])
    written = msgspec.json.encode(OPTIONS[platform] | options).decode()
    return await copy_of(
        desk, publication, slot=0, account=account[0], platform=platform, options=written
    )


class _Open:
    """A tier that allows everything."""

    async def require(self, workspace_id: UUID, feature: Feature) -> None:
        """Say nothing."""

    async def has(self, workspace_id: UUID, feature: Feature) -> bool:
        """Say yes."""
        return True


def publications_for(desk: "Desk") -> Publications:
    """What a person can do with publications."""
    return publications_with(
        AccountLimits(desk.clients, TokenKeeper(desk.clients.oauth, Vault(CIPHER)))
    )


def publications_with(limits: AccountLimits) -> Publications:
    """The same, with other knowledge of what accounts may do."""
    targets = Targets(_Open(), Approvals(_Open()), CaptionTemplates(_Open()))
    return Publications(Posting(targets, limits))


def build_desk(sandbox: Sandbox, clients: Clients, film: Path, storage: Storage) -> Desk:
    """A desk with the handlers of everything about publications."""
    keeper = TokenKeeper(clients.oauth, Vault(CIPHER))
    delivery = Delivery(keeper, clients.publishers, storage, CIPHER, Pace(0))
    groups = (
        PublishingJobs(delivery).handlers(),
        Aftermath(delivery, clients).handlers(),
        MetricsJobs(delivery).handlers(),
    )
    handlers = {handler.kind.name: handler for group in groups for handler in group}
    return Desk(sandbox, clients, storage, film, handlers)
