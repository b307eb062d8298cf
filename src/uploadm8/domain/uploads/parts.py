"""Videos sent in parts: begun, presigned part by part, joined once all have arrived."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from uploadm8.domain.uploads import limits
from uploadm8.domain.uploads.schemas import PresignedPart
from uploadm8.domain.uploads.tables import Upload
from uploadm8.errors import ConflictError
from uploadm8.infra.storage.errors import ObjectMissingError
from uploadm8.infra.storage.s3 import Storage


async def start_multipart(storage: Storage, upload_id: UUID, key: str, content_type: str) -> None:
    """Have storage expect parts, and note that with the upload."""
    multipart_id = await storage.create_multipart(key, content_type)
    await Upload.update(
        {Upload.multipart_id: multipart_id, Upload.part_size: limits.PART_BYTES}
    ).where(Upload.id == upload_id)


async def presigned_parts(storage: Storage, upload: Mapping[str, Any]) -> list[PresignedPart]:
    """Every part with a URL to send it to, and with the ETag of those that have arrived."""
    arrived = await storage.list_parts(upload["object_key"], upload["multipart_id"])
    parts = []
    for number, size in _part_sizes(upload["size_bytes"], upload["part_size"]):
        there = arrived.get(number)
        url = await storage.presign_part(upload["object_key"], upload["multipart_id"], number)
        etag = there[1].strip('"') if there is not None and there[0] == size else None
        parts.append(PresignedPart(number=number, url=url, size_bytes=size, etag=etag))
    return parts


async def join_parts(storage: Storage, upload: Mapping[str, Any]) -> None:
    """Make one object of the parts. Idempotent.

    Raises:
        ConflictError: ``parts_missing``.
    """
    key, multipart_id = upload["object_key"], upload["multipart_id"]
    try:
        arrived = await storage.list_parts(key, multipart_id)
    except ObjectMissingError:
        return  # joined by an earlier call that could not finish; HEAD tells
    wanted = dict(_part_sizes(upload["size_bytes"], upload["part_size"]))
    missing = [n for n, size in wanted.items() if n not in arrived or arrived[n][0] != size]
    if missing:
        raise ConflictError(
            f"{len(missing)} of {len(wanted)} parts are missing or have a wrong size.",
            code="parts_missing",
            action="Send the missing parts, then complete again.",
            extra={"missing_parts": missing[:1000]},
        )
    etags = {number: etag for number, (_, etag) in arrived.items() if number in wanted}
    await storage.complete_multipart(key, multipart_id, etags)


def _part_sizes(size: int, part: int) -> list[tuple[int, int]]:
    count = max(1, -(-size // part))
    return [(n, part if n < count else size - part * (count - 1)) for n in range(1, count + 1)]
