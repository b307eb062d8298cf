"""Storage against a real S3 server that checks signatures."""

from pathlib import Path

import httpx
import pytest

from uploadm8.infra.storage.errors import ObjectMissingError, SourceChangedError
from uploadm8.infra.storage.s3 import Storage

pytestmark = pytest.mark.anyio


async def put(url: str, body: bytes, content_type: str = "video/mp4") -> int:
    async with httpx.AsyncClient() as client:
        answer = await client.put(url, content=body, headers={"Content-Type": content_type})
        return answer.status_code


async def test_a_presigned_put_stores_exactly_the_signed_bytes(storage: Storage) -> None:
    presigned = await storage.presign_put("a/exact", 5, "video/mp4")
    assert await put(presigned.url, b"hello") == 200
    info = await storage.head("a/exact")
    assert (info.size, info.content_type) == (5, "video/mp4")


async def test_a_larger_body_than_signed_is_refused(storage: Storage) -> None:
    presigned = await storage.presign_put("a/larger", 5, "video/mp4")
    assert await put(presigned.url, b"hello hello") == 403
    with pytest.raises(ObjectMissingError):
        await storage.head("a/larger")


async def test_another_content_type_than_signed_is_refused(storage: Storage) -> None:
    presigned = await storage.presign_put("a/type", 5, "video/mp4")
    assert await put(presigned.url, b"hello", "text/html") == 403


async def test_a_ranged_read_is_pinned_to_the_etag(storage: Storage) -> None:
    await storage.put_bytes("a/pinned", b"0123456789", "video/mp4")
    etag = (await storage.head("a/pinned")).etag
    assert b"".join([block async for block in storage.read("a/pinned", 2, 6, etag)]) == b"2345"
    await storage.put_bytes("a/pinned", b"9876543210", "video/mp4")
    with pytest.raises(SourceChangedError):
        _ = [block async for block in storage.read("a/pinned", 2, 6, etag)]


async def test_a_large_file_survives_the_round_trip_in_parts(
    storage: Storage, tmp_path: Path
) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(bytes(range(256)) * 4096 * 40)
    info, digest = await storage.upload("a/large", source, "video/mp4")
    await storage.download("a/large", copy, info.etag)
    assert copy.read_bytes() == source.read_bytes()
    assert len(digest) == 64


async def test_multipart_parts_are_listed_so_that_another_device_can_resume(
    storage: Storage,
) -> None:
    multipart = await storage.create_multipart("a/parts", "video/mp4")
    url = await storage.presign_part("a/parts", multipart, 1)
    async with httpx.AsyncClient() as client:
        etag = (await client.put(url, content=b"x" * 100)).headers["ETag"]
    parts = await storage.list_parts("a/parts", multipart)
    assert parts == {1: (100, etag)}
    await storage.complete_multipart("a/parts", multipart, {1: etag})
    assert (await storage.head("a/parts")).size == 100


async def test_deleting_a_prefix_leaves_nothing_below_it(storage: Storage) -> None:
    for name in ("b/1", "b/2", "c/3"):
        await storage.put_bytes(name, b"x", "text/plain")
    assert await storage.delete_prefix("b/") == 2
    assert [key async for key in storage.list_keys("b/")] == []
