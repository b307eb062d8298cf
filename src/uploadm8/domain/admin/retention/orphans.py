"""Objects that no row knows, rows whose object is gone, parts of uploads that nobody finishes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from uploadm8.domain.renditions.tables import Rendition
from uploadm8.domain.uploads.tables import Upload
from uploadm8.infra.clock import now
from uploadm8.infra.metrics.catalog import REMOVED, REMOVED_BYTES
from uploadm8.infra.storage.errors import ObjectMissingError
from uploadm8.infra.storage.listing import Stored, stretch, unfinished
from uploadm8.infra.storage.s3 import Storage

log = structlog.get_logger(__name__)

OBJECTS = 5000  # looked at in one run; the next goes on where this one stopped
ROWS = 100
OLD = timedelta(hours=48)
PARTS_OLD = timedelta(hours=24)
_CURSOR = "um8:sweep:objects"
_ROW_CURSOR = "um8:sweep:renditions"

# An upload in any other state has no right to objects any more.
_KEEPS = ("pending", "uploaded", "validating", "rendering", "ready")


@dataclass(frozen=True, slots=True)
class Orphans:
    """Compares the bucket with the tables. Losing the cursor in Redis only repeats work."""

    storage: Storage
    redis: Redis

    async def objects(self, old: timedelta = OLD) -> int:
        """Remove objects older than `old` that belong to nothing; returns how many went."""
        found = await stretch(self.storage, "w/", await self._cursor(_CURSOR), OBJECTS)
        await self._move(_CURSOR, found[-1].key if len(found) == OBJECTS else "")
        before = now() - old
        suspects = [one for one in found if one.at < before]
        gone = await _without_owner(suspects)
        for one in gone:
            await self.storage.delete(one.key)
        return _count("orphan_objects", len(gone), sum(one.size for one in gone))

    async def rows(self) -> int:
        """Mark renditions whose file is gone, so that no post is made of them; returns how many."""
        after = await self._cursor(_ROW_CURSOR)
        rows = await Rendition.raw(
            "SELECT id, object_key FROM renditions WHERE state='succeeded' AND id > {}::uuid"
            " ORDER BY id LIMIT {}",
            UUID(after) if after else UUID(int=0),
            ROWS,
        )
        await self._move(_ROW_CURSOR, str(rows[-1]["id"]) if len(rows) == ROWS else "")
        gone = 0
        for row in rows:
            try:
                await self.storage.head(row["object_key"])
            except ObjectMissingError:
                gone += 1
                log.warning("rendition_without_object", rendition=str(row["id"]))
                await Rendition.raw(
                    "UPDATE renditions SET state='removed', object_key=NULL, still_key=NULL"
                    " WHERE id={} AND state='succeeded'",
                    row["id"],
                )
        return _count("orphan_rows", gone, 0)

    async def parts(self, old: timedelta = PARTS_OLD) -> int:
        """Abort uploads in parts that began longer ago than `old` and that nobody awaits."""
        before = now() - old
        found = [one for one in await unfinished(self.storage) if one.at < before]
        awaited = await Upload.raw(
            "SELECT multipart_id FROM uploads WHERE state='pending' AND expires_at > now()"
            " AND multipart_id = ANY({}::text[])",
            [one.multipart_id for one in found],
        )
        kept = {row["multipart_id"] for row in awaited}
        gone = [one for one in found if one.multipart_id not in kept]
        for one in gone:
            await self.storage.abort_multipart(one.key, one.multipart_id)
        return _count("multipart_uploads", len(gone), 0)

    async def _cursor(self, name: str) -> str:
        try:
            value = await self.redis.get(name)
        except (RedisError, OSError):
            return ""
        return value.decode() if isinstance(value, bytes) else value or ""

    async def _move(self, name: str, value: str) -> None:
        try:
            await self.redis.set(name, value, ex=7 * 24 * 3600)
        except (RedisError, OSError) as error:
            log.warning("sweep_cursor_lost", error=type(error).__name__)


async def _without_owner(suspects: Sequence[Stored]) -> list[Stored]:
    owners = {one.key: _upload_of(one.key) for one in suspects}
    rows = await Upload.raw(
        "SELECT id FROM uploads WHERE id = ANY({}::uuid[]) AND state = ANY({}::text[])",
        list({owner for owner in owners.values() if owner}),
        list(_KEEPS),
    )
    alive = {row["id"] for row in rows}
    runs = [one.key for one in suspects if _is_run(one.key) and owners[one.key] in alive]
    known = await _known_runs(runs)
    return [
        one
        for one in suspects
        if (owner := owners[one.key]) is not None
        and (owner not in alive or (_is_run(one.key) and one.key not in known))
    ]


async def _known_runs(keys: Iterable[str]) -> set[str]:
    """Rendered files that are in use; of a render that is going on, all are."""
    listed = list(keys)
    rows = await Rendition.raw(
        "SELECT k.key FROM unnest({}::text[]) AS k(key) JOIN renditions r"
        " ON r.id = split_part(k.key, '/', 5)::uuid"
        " WHERE r.state IN ('queued', 'running') OR k.key IN (r.object_key, r.still_key)",
        listed,
    )
    return {row["key"] for row in rows}


def _is_run(key: str) -> bool:
    """Whether it is a rendered file; those of runs that lost their lease are in no row."""
    return key.split("/")[3:4] == ["r"]


def _upload_of(key: str) -> UUID | None:
    """The upload a key belongs to; None for what is not laid out like ours, and stays."""
    parts = key.split("/")
    if len(parts) < 4:
        return None
    try:
        if parts[3] == "r":
            UUID(parts[4])
        return UUID(parts[2])
    except (ValueError, IndexError):
        return None


def _count(what: str, number: int, size: int) -> int:
    if number:
        REMOVED.labels(what).inc(number)
        REMOVED_BYTES.labels(what).inc(size)
        log.info("retention_removed", what=what, count=number, bytes=size)
    return number
