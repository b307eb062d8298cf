"""Mail about connected accounts: when one must be reconnected, and when its access will end."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.platforms.views import access_ends
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import PLATFORM_MAIL
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.mail.letter import Button, Letter, render
from uploadm8.infra.mail.mailer import Mailer


class Trouble(StrEnum):
    """What a letter is about."""

    NEEDS_RECONNECT = "needs-reconnect"
    ACCESS_ENDS = "access-ends"


async def report(account_id: UUID, trouble: Trouble, occasion: str) -> None:
    """Record a letter to whoever connected the account; one for each occasion."""
    async with transaction():
        await enqueue(
            PLATFORM_MAIL,
            ref_id=account_id,
            args={"trouble": trouble.value},
            unique_key=f"{trouble.value}:{account_id}:{occasion}",
        )


async def report_ending_access() -> None:
    """Record a letter for every account whose access ends within a week."""
    rows: list[dict[str, Any]] = await ConnectedAccount.raw(
        "SELECT id, ends FROM (SELECT id, LEAST(refresh_expires_at, data_access_expires_at) AS ends"
        " FROM connected_accounts WHERE state = 'active') AS a"
        " WHERE ends BETWEEN now() AND now() + interval '7 days'"
    )
    for row in rows:
        await report(row["id"], Trouble.ACCESS_ENDS, f"{row['ends']:%Y-%m-%d}")


Wanted = Callable[[UUID], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes and sends the recorded letters.

    Attributes:
        wanted: whether a workspace wants mail about accounts to reconnect.
    """

    mailer: Mailer
    frontend_url: str
    wanted: Wanted

    async def send(self, context: JobContext) -> None:
        """The job: nothing is sent when the trouble is over by now."""
        rows: list[dict[str, Any]] = await ConnectedAccount.raw(
            "SELECT a.*, u.email FROM connected_accounts a JOIN users u ON u.id = a.connected_by"
            " WHERE a.id = {}",
            context.job.ref_id,
        )
        trouble = Trouble(context.job.args["trouble"])
        wanted = "needs_reconnect" if trouble is Trouble.NEEDS_RECONNECT else "active"
        if not rows or rows[0]["state"] != wanted:
            return
        if not await self.wanted(rows[0]["workspace"]):
            return
        letter = _write(trouble, rows[0], self.frontend_url)
        await self.mailer.send(render(letter, rows[0]["email"], f"platform-{trouble.value}"))


def _write(trouble: Trouble, row: Mapping[str, Any], frontend_url: str) -> Letter:
    name, platform = row["display_name"], Platform(row["platform"]).label
    if trouble is Trouble.NEEDS_RECONNECT:
        heading = f"{platform} no longer lets us post as {name}"
        said = "Scheduled posts wait for seven days, and go out once you reconnect the account."
    else:
        heading = f"The access to {name} on {platform} ends soon"
        said = f"It ends on {access_ends(row):%d %B %Y}. Posts after that wait until you reconnect."
    return Letter(
        subject=heading,
        heading=heading,
        preview=said,
        paragraphs=(said,),
        button=Button("Reconnect", frontend_url),
        facts=(("Account", name), ("Platform", platform)),
        footnote="You get this because you connected this account to UploadM8.",
    )
