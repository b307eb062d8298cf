"""Tell operators what is wrong, once, and again when it is over; whichever process looks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from uploadm8.domain.admin.conditions import Problem, Thresholds, problems
from uploadm8.domain.admin.readings import read
from uploadm8.domain.admin.tables import AlertRow, AlertState
from uploadm8.errors import UploadM8Error
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.discord import (
    Discord,
    DiscordRefusedError,
    DiscordUnavailableError,
    Embed,
)
from uploadm8.infra.metrics.catalog import ALERTS

log = structlog.get_logger(__name__)

EVERY_S = 30.0
CALM_S = 60.0  # what comes and goes within a minute is one problem, and told once
_TELLING_S = 60.0
_PATIENCE_S = 5.0
_LOCK = 0x75_6D_38_A1
_RED, _GREEN = 0xD64545, 0x3FA66B

_SEEN = """
    INSERT INTO operator_alerts AS a (key, name, summary, state)
    VALUES ({}, {}, {}, CASE WHEN {}::float8 = 0 THEN 'firing' ELSE 'pending' END)
    ON CONFLICT (key) DO UPDATE SET summary=excluded.summary, resolved_at=NULL,
        since=CASE WHEN a.state='resolved' AND a.told IS DISTINCT FROM 'firing' THEN now() ELSE a.since END,
        state=CASE WHEN a.told='firing' THEN 'firing'
            WHEN a.state='resolved' THEN excluded.state
            WHEN a.since <= now() - make_interval(secs => {}::float8) THEN 'firing'
            ELSE a.state END
"""
_OVER = (
    "UPDATE operator_alerts SET state='resolved', resolved_at=now()"
    " WHERE state <> 'resolved' AND key <> ALL({}::text[])"
)
# What was never told needs no end, and what is long over no memory.
_FORGET = (
    "DELETE FROM operator_alerts WHERE state='resolved'"
    " AND (told IS NULL OR resolved_at < now() - interval '30 days')"
)
_CLAIM = """
    UPDATE operator_alerts SET telling_until=now() + make_interval(secs => {}::float8)
    WHERE key = (SELECT key FROM operator_alerts
        WHERE (state='firing' AND told IS DISTINCT FROM 'firing' OR state='resolved'
            AND told='firing' AND resolved_at <= now() - make_interval(secs => {}::float8))
        AND (telling_until IS NULL OR telling_until < now()) ORDER BY since LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING key, name, state, summary, since, resolved_at
"""


@dataclass(frozen=True, slots=True)
class Watch:
    """Runs in every process, so that the death of all workers is told by a web process.

    Attributes:
        webhook_url: ADMIN_DISCORD_WEBHOOK_URL; empty tells the log alone.
    """

    discord: Discord
    webhook_url: str
    limits: Thresholds

    async def look(self) -> None:
        """Look once, note what began and what is over, and tell it."""
        found = problems(await read(), self.limits)
        await note(found)
        await self.tell()

    async def tell(self) -> None:
        """Tell what has not been told. Claimed row by row, so that only one process tells it."""
        while rows := await AlertRow.raw(_CLAIM, _TELLING_S, CALM_S):
            if not await self._send(rows[0]):
                return
            await AlertRow.raw(
                "UPDATE operator_alerts SET told={}, telling_until=NULL WHERE key={}",
                rows[0]["state"],
                rows[0]["key"],
            )

    async def _send(self, row: dict[str, Any]) -> bool:
        """Whether it need not be tried again; a failure is, after a minute."""
        firing = row["state"] == AlertState.FIRING
        event = "alert_firing" if firing else "alert_recovered"
        (log.error if firing else log.warning)(event, alert=row["key"], summary=row["summary"])
        if self.webhook_url:
            try:
                await self._post(_embed(row, firing=firing))
            except DiscordRefusedError as error:  # it will never be taken: the log has it
                log.error("alert_refused", alert=row["key"], code=error.code)  # noqa: TRY400
            except UploadM8Error as error:
                log.warning("alert_not_sent", alert=row["key"], code=error.code)
                return False
        ALERTS.labels(row["name"], "firing" if firing else "recovered").inc()
        return True

    async def _post(self, embed: Embed) -> None:
        """Several alerts at once exceed what Discord takes in a second or two: wait that long."""
        try:
            await self.discord.send(self.webhook_url, embed)
        except DiscordUnavailableError as error:
            if error.retry_after is None or error.retry_after > _PATIENCE_S:
                raise
            await asyncio.sleep(error.retry_after)
            await self.discord.send(self.webhook_url, embed)


async def note(found: Sequence[Problem]) -> None:
    """Bring the alerts' rows in line with what is wrong now."""
    async with transaction():
        rows = await AlertRow.raw("SELECT pg_try_advisory_xact_lock({}) AS ours", _LOCK)
        if not rows[0]["ours"]:
            return  # another process notes the same at this very moment
        for one in found:
            await AlertRow.raw(
                _SEEN, one.key[:120], one.name, one.summary[:500], one.for_s, one.for_s
            )
        await AlertRow.raw(_OVER, [one.key[:120] for one in found])
        await AlertRow.raw(_FORGET)


def _embed(row: dict[str, Any], *, firing: bool) -> Embed:
    title = row["name"].replace("_", " ")
    if firing:
        return Embed(f"⚠ {title}", row["summary"], _RED, at=row["since"])
    minutes = (row["resolved_at"] - row["since"]).total_seconds() / 60
    told = f"Over after {minutes:.0f} min. It was: {row['summary']}"
    return Embed(f"✓ {title}: recovered", told, _GREEN, at=row["resolved_at"])
