"""Listing publications, also as a calendar, with those that get in each other's way."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.query import OrderByRaw
from piccolo.querystring import QueryString

from uploadm8.domain.publishing.outlook import warnings_of
from uploadm8.domain.publishing.schemas import CalendarEntry
from uploadm8.domain.publishing.tables import Publication
from uploadm8.domain.publishing.views import publication_out

# Two posts of one account within a quarter of an hour take each other's audience; one that went out
# a moment ago does so as well.
_CONFLICTS = (
    "SELECT a.id, array_agg(b.id ORDER BY b.publish_at) AS others FROM publications a"
    " JOIN publications b ON b.account = a.account AND b.id <> a.id"
    " AND COALESCE(b.published_at, b.publish_at) BETWEEN a.publish_at - interval '15 minutes'"
    " AND a.publish_at + interval '15 minutes'"
    " WHERE a.id = ANY({}::uuid[]) AND a.state = ANY({}::text[]) AND b.state = ANY({}::text[])"
    " GROUP BY a.id"
)
_AHEAD = [
    *("draft", "held", "scheduled", "queued", "preparing", "transferring"),
    *("retry_wait", "needs_reconnect"),
]
_THERE = [*_AHEAD, "committing", "confirming", "published"]
_TIME = "COALESCE(published_at, publish_at)"


async def entries(
    workspace_id: UUID,
    limit: int,
    past: UUID | tuple[datetime, UUID] | None,
    *,
    state: str | None = None,
    account_id: UUID | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Sequence[CalendarEntry]:
    """Newest first; between `start` and `end` by the time it was or will be published.

    `past` is the last entry of the page before: its id, or in a span its time and id.
    """
    query = Publication.select().where(Publication.workspace == workspace_id)
    if isinstance(past, tuple):
        query = query.where(QueryString(f"({_TIME}, id) > ({{}}, {{}})", *past))
    elif past is not None:
        query = query.where(Publication.id < past)
    if state is not None:
        query = query.where(Publication.state == state)
    if account_id is not None:
        query = query.where(Publication.account == account_id)
    if start is not None:
        query = query.where(QueryString(f"{_TIME} >= {{}}", start))
    if end is not None:
        query = query.where(QueryString(f"{_TIME} < {{}}", end))
    if start is None and end is None:
        query = query.order_by(Publication.id, ascending=False)
    else:
        query = query.order_by(OrderByRaw(f"{_TIME}, id"))
    rows = await query.limit(limit)
    conflicts = await _conflicts([row["id"] for row in rows])
    warnings = await warnings_of(rows)
    return [
        CalendarEntry(
            **msgspec.structs.asdict(publication_out(row)),
            conflicts_with=conflicts.get(row["id"], []),
            warnings=warnings.get(row["id"], []),
        )
        for row in rows
    ]


async def _conflicts(ids: list[UUID]) -> dict[UUID, list[UUID]]:
    rows: list[dict[str, Any]] = await Publication.raw(_CONFLICTS, ids, _AHEAD, _THERE)
    return {row["id"]: row["others"] for row in rows}
