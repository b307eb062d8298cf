"""Mail about planned posts that an account's access will not live to see, one for each post."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.letters import Letters
from uploadm8.domain.platforms.views import foreseeable_end
from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import ACCESS_WARNING, FORESEE_ACCESS
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.mail.letter import Button, Letter, render

BATCH = 500
_PLANNED = (
    "SELECT p.id, p.workspace, p.publish_at, p.time_zone, p.platform, a.state, a.display_name,"
    " a.refresh_token_enc, a.access_expires_at, a.refresh_expires_at,"
    " a.data_access_expires_at, u.email, up.title, up.filename"
    " FROM publications p JOIN connected_accounts a ON a.id = p.account"
    " JOIN uploads up ON up.id = p.upload"
    " LEFT JOIN users u ON u.id = COALESCE(p.created_by, a.connected_by)"
    " WHERE p.publish_at > now() AND p.state IN ('draft', 'scheduled') AND a.state = 'active'"
    # Refresh tokens count where there are any: access tokens are replaced while those live.
    " AND LEAST(CASE WHEN a.refresh_token_enc IS NULL THEN a.access_expires_at"
    " ELSE a.refresh_expires_at END, a.data_access_expires_at) <= p.publish_at"
)


@dataclass(frozen=True, slots=True)
class Foresight:
    """Handlers of `publishing.foresee_access` and of the letters it records."""

    letters: Letters

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (Handler(FORESEE_ACCESS, self.foresee), Handler(ACCESS_WARNING, self.send))

    async def foresee(self, context: JobContext) -> None:
        """Record a letter for every planned post at risk, once for each end of the access."""
        del context
        rows: list[dict[str, Any]] = await Publication.raw(
            _PLANNED + " ORDER BY p.publish_at LIMIT {}", BATCH
        )
        for row in rows:
            ends = _ends_before(row)
            if ends is None:
                continue
            async with transaction():
                await enqueue(
                    ACCESS_WARNING,
                    ref_id=row["id"],
                    workspace_id=row["workspace"],
                    unique_key=f"access-ends-before:{row['id']}:{ends:%Y-%m-%d}",
                )

    async def send(self, context: JobContext) -> None:
        """Send one letter, unless the account was reconnected or the post moved meanwhile."""
        rows: list[dict[str, Any]] = await Publication.raw(
            _PLANNED + " AND p.id = {}", context.subject
        )
        ends = _ends_before(rows[0]) if rows else None
        if ends is None or rows[0]["email"] is None:
            return
        if not await self.letters.wanted(rows[0]["workspace"]):
            return
        letter = _write(rows[0], ends, self.letters.frontend_url)
        await self.letters.mailer.send(render(letter, rows[0]["email"], "access-ends-before"))


def _ends_before(row: Mapping[str, Any]) -> datetime | None:
    """When the access ends, if that is before the post."""
    ends = foreseeable_end(row)
    return ends if ends is not None and ends <= row["publish_at"] else None


def _write(row: Mapping[str, Any], ends: datetime, frontend_url: str) -> Letter:
    name, platform = row["display_name"], Platform(row["platform"]).label
    zone = ZoneInfo(row["time_zone"])
    heading = f"A post to {name} on {platform} needs you to reconnect the account"
    said = (
        f"It is planned for {row['publish_at'].astimezone(zone):%d %B %Y %H:%M} ({zone.key}), and"
        f" the access ends on {ends.astimezone(zone):%d %B %Y}. Without a new connection it waits"
        " for up to seven days."
    )
    return Letter(
        subject=heading,
        heading=heading,
        preview=said,
        paragraphs=(said,),
        button=Button("Reconnect", frontend_url),
        facts=(("Post", row["title"] or row["filename"]), ("Account", name)),
        footnote="You get this because you planned this post with UploadM8.",
    )
