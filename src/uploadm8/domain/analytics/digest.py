"""The weekly digest: on Monday morning, where the workspace is, what the week before brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from uploadm8.domain.publishing.cohorts import LATEST_LOOK_SQL
from uploadm8.domain.publishing.tables import Publication
from uploadm8.domain.workspaces.events import EventKind, announce
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import WEEKLY_DIGEST
from uploadm8.infra.jobs.handlers import Handler, JobContext

MORNING_HOUR = 8
BATCH = 500
_MONDAY = 1

# Only who posted in the week gets one, and who was told of this Monday is not looked at again.
_DUE = (
    "SELECT w.id, w.time_zone FROM workspaces w"
    " WHERE extract(isodow FROM {}::timestamptz AT TIME ZONE w.time_zone) = {}"
    " AND extract(hour FROM {}::timestamptz AT TIME ZONE w.time_zone) >= {}"
    " AND w.suspended_at IS NULL"
    " AND EXISTS (SELECT 1 FROM publications p WHERE p.workspace = w.id"
    " AND p.updated_at > {}::timestamptz - interval '8 days')"
    " AND NOT EXISTS (SELECT 1 FROM workspace_events e WHERE e.workspace = w.id AND e.kind = {}"
    " AND e.at > {}::timestamptz - interval '2 days') ORDER BY w.id LIMIT {}"
)
_POSTS = (
    "SELECT p.state, p.platform, p.public_url, COALESCE(NULLIF(u.title, ''), u.filename) AS title,"
    " m.views, m.likes, m.comments, m.shares FROM publications p"
    f" JOIN uploads u ON u.id = p.upload {LATEST_LOOK_SQL} WHERE p.workspace = {{}}"
    " AND ((p.state = 'published' AND p.published_at >= {} AND p.published_at < {})"
    " OR (p.state = 'failed' AND p.updated_at >= {} AND p.updated_at < {}))"
)


@dataclass(frozen=True, slots=True)
class Digests:
    """The handler of `analytics.weekly_digest`."""

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (Handler(WEEKLY_DIGEST, self.run),)

    async def run(self, context: JobContext) -> None:
        """Announce the digests that are due; who wants them is decided where they are told."""
        del context
        at = now()
        due = await Publication.raw(
            _DUE, at, _MONDAY, at, MORNING_HOUR, at, EventKind.WEEKLY_DIGEST.value, at, BATCH
        )
        for row in due:
            await announce_week(row["id"], row["time_zone"], at)


async def announce_week(workspace_id: UUID, time_zone: str, at: datetime) -> bool:
    """Announce the local week that ended before `at`; whether it was new."""
    local = at.astimezone(ZoneInfo(time_zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight - timedelta(days=local.isoweekday() - 1)
    start = end - timedelta(days=7)
    async with transaction():
        rows = await Publication.raw(_POSTS, workspace_id, start, end, start, end)
        return await announce(
            workspace_id,
            EventKind.WEEKLY_DIGEST,
            f"{end:%Y-%m-%d}",
            facts={
                "from": f"{start:%-d %B}",
                "to": f"{end - timedelta(days=1):%-d %B}",
                **_figures(rows),
            },
        )


def _figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    posts = [row for row in rows if row["state"] == "published"]
    watched = [row for row in posts if row["views"]]
    best = max(watched, key=lambda row: row["views"], default=None)
    names = ("platform", "title", "public_url", "views")
    return {
        "published": len(posts),
        "failed": len(rows) - len(posts),
        **{
            name: sum(row[name] or 0 for row in posts)
            for name in ("views", "likes", "comments", "shares")
        },
        "best": best and {name: best[name] for name in names},
    }
