"""Videos: renditions go first, then the original with all that belongs to it."""

from dataclasses import dataclass
from typing import Any

import structlog

from uploadm8.domain.renditions.tables import Rendition
from uploadm8.domain.uploads.lifecycle import advance
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.metrics.catalog import REMOVED, REMOVED_BYTES
from uploadm8.infra.storage.keys import upload_prefix
from uploadm8.infra.storage.s3 import Storage

log = structlog.get_logger(__name__)

BATCH = 200

# Nothing goes while a post of it may still be made; the clock starts when the last one settled.
_SETTLED = """
    u.state='ready' AND u.ready_at < now() - make_interval(days => {})
    AND NOT EXISTS (SELECT 1 FROM publications p WHERE p.upload=u.id
        AND (p.state NOT IN ('published', 'failed', 'canceled')
        OR p.updated_at > now() - make_interval(days => {})))
"""
_ORIGINALS = (
    "SELECT u.id, u.workspace, u.size_bytes FROM uploads u"
    f" WHERE {_SETTLED} ORDER BY u.ready_at LIMIT {{}}"
)
_RENDITIONS = (
    "SELECT r.id, r.object_key, r.still_key, r.size_bytes FROM renditions r"
    f" JOIN uploads u ON u.id=r.upload WHERE r.state='succeeded' AND {_SETTLED}"
    " ORDER BY u.ready_at LIMIT {}"
)


@dataclass(frozen=True, slots=True)
class MediaRetention:
    """Removes videos whose time is over.

    Attributes:
        originals_days: how long an original stays after its last post settled.
        renditions_days: the same for what was rendered from it.
    """

    storage: Storage
    originals_days: int
    renditions_days: int

    async def renditions(self) -> int:
        """Remove rendered files; a post of one that is gone says so. Returns how many went."""
        rows = await Rendition.raw(_RENDITIONS, self.renditions_days, self.renditions_days, BATCH)
        for row in rows:
            # The row first: an object without a row is found by the sweep, a row without its
            # object would be posted from.
            gone = await Rendition.raw(
                "UPDATE renditions SET state='removed', object_key=NULL, still_key=NULL"
                " WHERE id={} AND state='succeeded' RETURNING id",
                row["id"],
            )
            if gone:
                for key in filter(None, (row["object_key"], row["still_key"])):
                    await self.storage.delete(key)
        return _count("renditions", rows)

    async def originals(self) -> int:
        """Remove originals with telemetry, previews and all; returns how many uploads went."""
        rows = await Upload.raw(_ORIGINALS, self.originals_days, self.originals_days, BATCH)
        done = []
        for row in rows:
            async with transaction():
                moved = await advance(row["id"], (UploadState.READY,), UploadState.PURGED)
                if moved:
                    await Rendition.raw(
                        "UPDATE renditions SET state='removed', object_key=NULL, still_key=NULL"
                        " WHERE upload={} AND state='succeeded'",
                        row["id"],
                    )
            if moved:
                await self.storage.delete_prefix(upload_prefix(row["workspace"], row["id"]))
                done.append(row)
        return _count("originals", done)


def _count(what: str, rows: list[dict[str, Any]]) -> int:
    if rows:
        size = sum(row["size_bytes"] or 0 for row in rows)
        REMOVED.labels(what).inc(len(rows))
        REMOVED_BYTES.labels(what).inc(size)
        log.info("retention_removed", what=what, count=len(rows), bytes=size)
    return len(rows)
