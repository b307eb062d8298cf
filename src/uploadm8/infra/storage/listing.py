"""What lies in the bucket, a stretch at a time: for sweeps."""

from dataclasses import dataclass
from datetime import datetime

from uploadm8.infra.storage.errors import mapped
from uploadm8.infra.storage.s3 import Storage

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Stored:
    """An object, or parts that never became one."""

    key: str
    size: int
    at: datetime
    multipart_id: str = ""


async def stretch(storage: Storage, prefix: str, after: str, limit: int) -> list[Stored]:
    """At most `limit` objects below a prefix, in order of their keys, after a key."""
    found: list[Stored] = []
    while len(found) < limit:
        last = found[-1].key if found else after
        with mapped():
            answer = await storage.client.list_objects_v2(
                Bucket=storage.bucket,
                Prefix=prefix,
                MaxKeys=min(PAGE, limit - len(found)),
                **({"StartAfter": last} if last else {}),
            )
        found += [
            Stored(entry["Key"], entry["Size"], entry["LastModified"])
            for entry in answer.get("Contents", [])
        ]
        if not answer.get("IsTruncated"):
            break
    return found


async def unfinished(storage: Storage) -> list[Stored]:
    """Uploads in parts that were neither completed nor aborted; at most a page."""
    with mapped():
        answer = await storage.client.list_multipart_uploads(Bucket=storage.bucket, MaxUploads=PAGE)
    return [
        Stored(entry["Key"], 0, entry["Initiated"], entry["UploadId"])
        for entry in answer.get("Uploads", [])
    ]
