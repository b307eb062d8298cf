"""S3-compatible storage through aiobotocore: R2 in production, an embedded server elsewhere."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from uploadm8.infra.storage.errors import (
    ObjectMissingError,
    SourceChangedError,
    StorageError,
    mapped,
)
from uploadm8.infra.storage.presign import Presigner

BLOCK = 1 << 20
PART_SIZE = 16 * 1024 * 1024  # equal parts: R2 refuses unequal ones when completing


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What storage says about an object."""

    size: int
    etag: str
    content_type: str


@dataclass(frozen=True, slots=True)
class PresignedPut:
    """A request that the client sends itself; every header is part of the signature."""

    url: str
    headers: dict[str, str]
    method: str = "PUT"


@dataclass(frozen=True, slots=True)
class Storage:
    """One bucket. Clients are opened by `open_storage`."""

    client: Any
    bucket: str
    presigner: Presigner

    async def presign_put(
        self, key: str, size: int, content_type: str, expires_s: int = 900
    ) -> PresignedPut:
        """A URL to PUT exactly `size` bytes of `content_type`."""
        headers = {"Content-Type": content_type, "Content-Length": str(size)}
        return PresignedPut(self.presigner.url("PUT", key, expires_s, headers=headers), headers)

    async def presign_get(self, key: str, filename: str | None = None, expires_s: int = 900) -> str:
        """A URL to download a key, offered under `filename`."""
        query = {}
        if filename is not None:
            query["response-content-disposition"] = f'attachment; filename="{filename}"'
        return self.presigner.url("GET", key, expires_s, query=query)

    async def create_multipart(self, key: str, content_type: str) -> str:
        """Start a multipart upload and return its id."""
        with mapped():
            answer = await self.client.create_multipart_upload(
                Bucket=self.bucket, Key=key, ContentType=content_type
            )
        return str(answer["UploadId"])

    async def presign_part(
        self, key: str, multipart_id: str, number: int, expires_s: int = 3600
    ) -> str:
        """A URL to PUT one part (1-based)."""
        query = {"uploadId": multipart_id, "partNumber": str(number)}
        return self.presigner.url("PUT", key, expires_s, query=query)

    async def list_parts(self, key: str, multipart_id: str) -> dict[int, tuple[int, str]]:
        """Size and ETag of the parts that have arrived, by number."""
        parts: dict[int, tuple[int, str]] = {}
        marker = 0
        while True:
            with mapped():
                answer = await self.client.list_parts(
                    Bucket=self.bucket, Key=key, UploadId=multipart_id, PartNumberMarker=marker
                )
            for part in answer.get("Parts", []):
                parts[part["PartNumber"]] = (part["Size"], part["ETag"])
            if not answer.get("IsTruncated"):
                return parts
            marker = answer["NextPartNumberMarker"]

    async def complete_multipart(self, key: str, multipart_id: str, parts: dict[int, str]) -> None:
        """Join the parts (ETag by number)."""
        listed = [{"PartNumber": number, "ETag": etag} for number, etag in sorted(parts.items())]
        with mapped():
            await self.client.complete_multipart_upload(
                Bucket=self.bucket,
                Key=key,
                UploadId=multipart_id,
                MultipartUpload={"Parts": listed},
            )

    async def abort_multipart(self, key: str, multipart_id: str) -> None:
        """Forget the parts; nothing happens when they are gone already."""
        try:
            with mapped():
                await self.client.abort_multipart_upload(
                    Bucket=self.bucket, Key=key, UploadId=multipart_id
                )
        except ObjectMissingError:
            return

    async def head(self, key: str) -> ObjectInfo:
        """What is stored under a key.

        Raises:
            ObjectMissingError: nothing is.
        """
        with mapped():
            answer = await self.client.head_object(Bucket=self.bucket, Key=key)
        return ObjectInfo(
            answer["ContentLength"], answer["ETag"].strip('"'), answer.get("ContentType", "")
        )

    async def read(
        self, key: str, start: int, end: int, etag: str | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes start..end (end excluded) in blocks of at most 1 MiB.

        Raises:
            SourceChangedError: the object's ETag is not `etag` any more.
            StorageError: the store ignored the range or broke off.
        """
        extra = {"IfMatch": f'"{etag}"'} if etag else {}
        with mapped():
            answer = await self.client.get_object(
                Bucket=self.bucket, Key=key, Range=f"bytes={start}-{end - 1}", **extra
            )
            if etag and answer["ETag"].strip('"') != etag:
                raise SourceChangedError
            if answer["ContentLength"] != end - start:
                raise StorageError("Object storage answered another range than asked.")
            async with answer["Body"] as body:
                left = end - start
                while left > 0:
                    block = await body.read(min(BLOCK, left))
                    if not block:
                        raise StorageError("Object storage broke off in the middle of an object.")
                    left -= len(block)
                    yield block

    async def download(self, key: str, path: Path, etag: str | None = None) -> None:
        """Stream an object to disk, resuming after a break, pinned to `etag`."""
        info = await self.head(key)
        if etag and info.etag != etag:
            raise SourceChangedError
        done = 0
        with path.open("wb") as file:
            for attempt in range(5):
                try:
                    async for block in self.read(key, done, info.size, info.etag):
                        await asyncio.to_thread(file.write, block)
                        done += len(block)
                except StorageError:
                    if attempt == 4:
                        raise
                    await asyncio.sleep(0.2 * 2**attempt)
                else:
                    return

    async def upload(self, key: str, path: Path, content_type: str) -> tuple[ObjectInfo, str]:
        """Stream a file from disk; large ones in equal parts.

        Returns:
            What storage then says of the object, and the file's SHA-256 in hex.
        """
        size = (await asyncio.to_thread(path.stat)).st_size
        if size <= PART_SIZE:
            data = await asyncio.to_thread(path.read_bytes)
            with mapped():
                await self.client.put_object(
                    Bucket=self.bucket, Key=key, Body=data, ContentType=content_type
                )
            return await self.head(key), hashlib.sha256(data).hexdigest()
        digest = hashlib.sha256()
        multipart = await self.create_multipart(key, content_type)
        try:
            etags: dict[int, str] = {}
            with path.open("rb") as file:
                number = 1
                while block := await asyncio.to_thread(file.read, PART_SIZE):
                    digest.update(block)
                    with mapped():
                        answer = await self.client.upload_part(
                            Bucket=self.bucket,
                            Key=key,
                            UploadId=multipart,
                            PartNumber=number,
                            Body=block,
                        )
                    etags[number] = answer["ETag"]
                    number += 1
            await self.complete_multipart(key, multipart, etags)
        except BaseException:
            await asyncio.shield(self.abort_multipart(key, multipart))
            raise
        return await self.head(key), digest.hexdigest()

    async def put_bytes(self, key: str, data: bytes, content_type: str) -> None:
        """Store a small object."""
        with mapped():
            await self.client.put_object(
                Bucket=self.bucket, Key=key, Body=data, ContentType=content_type
            )

    async def delete(self, key: str) -> None:
        """Delete an object; nothing happens when it is gone already."""
        with mapped():
            await self.client.delete_object(Bucket=self.bucket, Key=key)

    async def list_keys(self, prefix: str) -> AsyncIterator[str]:
        """The keys below a prefix."""
        token: dict[str, str] = {}
        while True:
            with mapped():
                answer = await self.client.list_objects_v2(
                    Bucket=self.bucket, Prefix=prefix, **token
                )
            for entry in answer.get("Contents", []):
                yield entry["Key"]
            if not answer.get("IsTruncated"):
                return
            token = {"ContinuationToken": answer["NextContinuationToken"]}

    async def delete_prefix(self, prefix: str) -> int:
        """Delete all below a prefix, until nothing is listed; returns how many."""
        count = 0
        while True:
            keys = [key async for key in self.list_keys(prefix)]
            if not keys:
                return count
            for key in keys:
                await self.delete(key)
            count += len(keys)


@asynccontextmanager
async def open_storage(
    endpoint: str, access_key: str, secret_key: str, bucket: str
) -> AsyncIterator[Storage]:
    """Open the client once per process.

    Checksums are only sent where S3 requires them: botocore's default trailers broke R2.
    """
    config = AioConfig(
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 5},
        max_pool_connections=32,
        s3={"addressing_style": "path"},
    )
    async with get_session().create_client(
        "s3",
        endpoint_url=endpoint,
        region_name="auto",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=config,
    ) as client:
        yield Storage(client, bucket, Presigner(endpoint, bucket, access_key, secret_key))
