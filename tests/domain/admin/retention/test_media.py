"""Videos go when their time is over and nothing needs them, and lost things are found."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from conftest import Servers
from uploadm8.domain.admin.retention.media import MediaRetention
from uploadm8.domain.admin.retention.orphans import Orphans
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.publishing.tables import Publication
from uploadm8.domain.renditions.tables import Rendition
from uploadm8.domain.uploads.tables import Upload
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.clock import now
from uploadm8.infra.ids import new_id
from uploadm8.infra.storage.errors import ObjectMissingError
from uploadm8.infra.storage.keys import rendition_key, source_key, still_key
from uploadm8.infra.storage.s3 import Storage

pytestmark = pytest.mark.anyio
AT_ONCE = timedelta(seconds=-60)


@dataclass
class Shelf:
    """Uploads with real objects."""

    storage: Storage
    workspace: UUID

    async def upload(self, days: int, state: str = "ready") -> UUID:
        upload = new_id()
        at = now() - timedelta(days=days)
        await Upload.insert(
            Upload(
                id=upload,
                workspace=self.workspace,
                state=state,
                content_type="video/mp4",
                size_bytes=3,
                object_key=source_key(self.workspace, upload),
                ready_at=at,
            )
        )
        await self.storage.put_bytes(source_key(self.workspace, upload), b"abc", "video/mp4")
        return upload

    async def rendition(self, upload: UUID, state: str = "succeeded") -> tuple[UUID, str]:
        rendition = new_id()
        key = rendition_key(self.workspace, upload, rendition, "run-1")
        still = still_key(self.workspace, upload, rendition, "run-1")
        await self.storage.put_bytes(key, b"abcd", "video/mp4")
        await self.storage.put_bytes(still, b"j", "image/jpeg")
        await Rendition.insert(
            Rendition(
                id=rendition,
                workspace=self.workspace,
                upload=upload,
                name=str(rendition)[:40],
                state=state,
                object_key=key,
                still_key=still,
                size_bytes=4,
            )
        )
        return rendition, key

    async def post(self, upload: UUID, state: str, days: int) -> None:
        account = new_id()
        await ConnectedAccount.insert(
            ConnectedAccount(
                id=account, workspace=self.workspace, platform="youtube", external_id=str(account)
            )
        )
        await Publication.insert(
            Publication(
                workspace=self.workspace,
                upload=upload,
                account=account,
                platform="youtube",
                state=state,
                updated_at=now() - timedelta(days=days),
            )
        )

    async def has(self, key: str) -> bool:
        try:
            await self.storage.head(key)
        except ObjectMissingError:
            return False
        return True

    async def state(self, table: Any, row: UUID) -> str:
        found = await table.select(table.state).where(table.id == row).first()
        return str(found["state"])


@pytest.fixture
async def shelf(db: None, storage: Storage) -> AsyncIterator[Shelf]:
    workspace = new_id()
    await Workspace.insert(Workspace(id=workspace, name="w"))
    yield Shelf(storage, workspace)
    await storage.delete_prefix("w/")


@pytest.fixture
async def orphans(servers: Servers, storage: Storage) -> AsyncIterator[Orphans]:
    redis = Redis.from_url(servers.redis_url)
    yield Orphans(storage, redis)
    await redis.flushdb()
    await redis.aclose()


async def test_renditions_go_first_and_the_original_later(shelf: Shelf) -> None:
    retention = MediaRetention(shelf.storage, 30, 14)
    upload = await shelf.upload(40)
    rendition, key = await shelf.rendition(upload)
    await shelf.post(upload, "published", 15)
    assert (await retention.renditions(), await retention.originals()) == (1, 0)
    assert await shelf.state(Rendition, rendition) == "removed"
    assert not await shelf.has(key)
    assert await shelf.has(source_key(shelf.workspace, upload))
    await Publication.raw("UPDATE publications SET updated_at=now() - interval '31 days'")
    assert await retention.originals() == 1
    assert await shelf.state(Upload, upload) == "purged"
    assert not await shelf.has(source_key(shelf.workspace, upload))


@pytest.mark.parametrize(
    ("state", "days"), [("scheduled", 90), ("unknown", 90), ("held", 90), ("published", 3)]
)
async def test_nothing_goes_while_a_post_may_need_it(shelf: Shelf, state: str, days: int) -> None:
    retention = MediaRetention(shelf.storage, 30, 14)
    upload = await shelf.upload(90)
    _, key = await shelf.rendition(upload)
    await shelf.post(upload, state, days)
    assert (await retention.renditions(), await retention.originals()) == (0, 0)
    assert await shelf.has(key)


async def test_objects_without_an_owner_go_and_all_others_stay(
    shelf: Shelf, orphans: Orphans
) -> None:
    alive = await shelf.upload(1)
    rendition, used = await shelf.rendition(alive)
    rendering, going_on = await shelf.rendition(alive, "running")
    lost = rendition_key(shelf.workspace, alive, rendition, "run-0")
    of_nobody = source_key(shelf.workspace, new_id())
    purged = await shelf.upload(1, "purged")
    strange = "w/readme.txt"
    for key in (lost, of_nobody, strange):
        await shelf.storage.put_bytes(key, b"x", "text/plain")
    assert await orphans.objects() == 0  # too young to be sure
    assert await orphans.objects(AT_ONCE) == 3
    for key in (lost, of_nobody, source_key(shelf.workspace, purged)):
        assert not await shelf.has(key), key
    for key in (used, going_on, strange, source_key(shelf.workspace, alive)):
        assert await shelf.has(key), key
    assert rendering != rendition


async def test_a_rendition_whose_file_is_gone_is_not_posted_from(
    shelf: Shelf, orphans: Orphans
) -> None:
    upload = await shelf.upload(1)
    whole, _ = await shelf.rendition(upload)
    broken, key = await shelf.rendition(upload)
    await shelf.storage.delete(key)
    assert await orphans.rows() == 1
    assert await shelf.state(Rendition, broken) == "removed"
    assert await shelf.state(Rendition, whole) == "succeeded"


async def test_parts_that_nobody_awaits_are_aborted(shelf: Shelf, orphans: Orphans) -> None:
    upload = await shelf.upload(1, "pending")
    key = source_key(shelf.workspace, upload)
    awaited = await shelf.storage.create_multipart(key, "video/mp4")
    await Upload.raw(
        "UPDATE uploads SET multipart_id={}, expires_at=now() + interval '1 hour' WHERE id={}",
        awaited,
        upload,
    )
    left = await shelf.storage.create_multipart(f"{key}-2", "video/mp4")
    assert await orphans.parts() == 0
    assert await orphans.parts(AT_ONCE) == 1
    assert await shelf.storage.list_parts(key, awaited) == {}
    with pytest.raises(ObjectMissingError):
        await shelf.storage.list_parts(f"{key}-2", left)
