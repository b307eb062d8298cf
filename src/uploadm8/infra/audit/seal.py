"""Seals of the audit log's days: a chain of digests that shows whether anything was changed since.

The database's guard stops the application from changing entries. Whoever may switch the guard off
would have to write all later seals anew too, and those stand in the logs of the day they were made.
"""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import structlog

from uploadm8.infra.audit.tables import AuditEntry, AuditSeal
from uploadm8.infra.clock import now
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import transaction

log = structlog.get_logger(__name__)

_DAY = timedelta(days=1)
_GRACE = timedelta(hours=1)  # for what a transaction that began before midnight still commits
_PAGE = 2000
_DAYS_AT_ONCE = 100
_START = "0" * 64
_LOCK = 0x75_6D_38_A2

# Not the address: it is forgotten when a person is erased.
_ENTRIES = (
    "SELECT id, workspace_id, actor_kind, actor_id, key_id, action, subject_kind, subject_id, reason,"
    " details::text, request_id, at FROM audit_log"
    " WHERE at >= $1 AND at < $2 AND (at, id) > ($3, $4) ORDER BY at, id LIMIT $5"
)
_NIL = "00000000-0000-0000-0000-000000000000"


async def seal() -> int:
    """Seal the days that have ended, in order; returns how many."""
    sealed = 0
    async with transaction():
        rows = await DB.rows("SELECT pg_try_advisory_xact_lock($1) AS ours", _LOCK)
        if not rows[0]["ours"]:
            return 0
        while sealed < _DAYS_AT_ONCE and (day := await _next_day()) is not None:
            before = await _last()
            entries, digest = await digest_of(day, before["digest"] if before else _START)
            await AuditSeal.insert(AuditSeal(day=day, entries=entries, digest=digest))
            log.info("audit_sealed", day=str(day), entries=entries, digest=digest)
            sealed += 1
    return sealed


async def broken(days: int) -> list[date]:
    """The last days whose entries or place in the chain are not what was sealed, oldest first.

    Args:
        days: how many of the last seals to look at.
    """
    rows = await DB.rows(
        "SELECT day, entries, digest FROM audit_seals ORDER BY day DESC LIMIT $1", days + 1
    )
    rows.reverse()
    found: list[date] = []
    before = rows[0]["digest"] if len(rows) > days else _START
    for row in rows[1:] if len(rows) > days else rows:
        if (row["entries"], row["digest"]) != await digest_of(row["day"], before):
            found.append(row["day"])
        before = row["digest"]
    return found


async def digest_of(day: date, before: str) -> tuple[int, str]:
    """How many entries a day has, and their digest on top of the day before's."""
    start = datetime.combine(day, time(), UTC)
    digest = hashlib.sha256(f"{before} {day}".encode())
    entries, at, after = 0, start, _NIL
    while rows := await DB.rows(_ENTRIES, start, start + _DAY, at, after, _PAGE):
        for row in rows:
            digest.update(msgspec.json.encode([*row.values()]) + b"\n")
        entries += len(rows)
        at, after = rows[-1]["at"], str(rows[-1]["id"])
    return entries, digest.hexdigest()


async def _last() -> dict[str, Any] | None:
    last: dict[str, Any] | None = (
        await AuditSeal.select().order_by(AuditSeal.day, ascending=False).first()
    )
    return last


async def _next_day() -> date | None:
    before = await _last()
    if before is not None:
        day = before["day"] + _DAY
    else:
        first = await AuditEntry.select(AuditEntry.at).order_by(AuditEntry.at).first()
        if first is None:
            return None
        day = first["at"].astimezone(UTC).date()
    return day if datetime.combine(day, time(), UTC) + _DAY + _GRACE <= now() else None
