"""The append-only trail of what was tried, and what can be read from it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from uploadm8.domain.publishing.tables import AttemptPhase, PublishAttempt
from uploadm8.errors import UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.handlers import JobContext

LONGEST_PAUSE_S = 300
_OUR_OWN_LIMITS = ["account_spacing", "account_daily_cap", "platform_paused"]


async def note_attempt(
    publication_id: UUID, context: JobContext, phase: AttemptPhase, error: UploadM8Error | None
) -> None:
    """Add one line to the trail."""
    # The clock of the database, as for the intent: times on this trail are compared.
    await PublishAttempt.raw(
        "INSERT INTO publish_attempts (id, publication, phase, worker, lease_epoch, http_status,"
        " error_class, error_code, detail, at) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, now())",
        *(new_id(), publication_id, phase.value, context.worker, context.job.epoch),
        getattr(error, "http_status", None),
        *((error.retry.value, error.code, error.detail) if error else (None, None, None)),
    )


async def was_accepted(row: Mapping[str, Any]) -> bool:
    """Whether the platform took the commit that is on record."""
    return await PublishAttempt.exists().where(
        PublishAttempt.publication == row["id"],
        PublishAttempt.phase == AttemptPhase.COMMIT.value,
        PublishAttempt.error_class.is_null(),
        PublishAttempt.at >= row["commit_intent_at"],
    )


async def last_intent_at(row: Mapping[str, Any]) -> datetime:
    """When the commit was last about to be sent."""
    intents = await _intents(row)
    last: datetime = intents[-1]["at"] if intents else row["commit_intent_at"]
    return last


async def limited_since(publication_id: UUID) -> datetime | None:
    """When the platform first said "not now", if it has said nothing else since."""
    rows = await PublishAttempt.raw(
        "SELECT min(at) AS at FROM publish_attempts WHERE publication = {} AND"
        " error_class = 'rate_limited' AND error_code <> ALL({}::text[]) AND at > COALESCE("
        "(SELECT max(at) FROM publish_attempts WHERE publication = {} AND"
        " error_class <> 'rate_limited'), '-infinity'::timestamptz)",
        publication_id,
        _OUR_OWN_LIMITS,
        publication_id,
    )
    since: datetime | None = rows[0]["at"]
    return since


async def pause_before_repeat(row: Mapping[str, Any], least_s: float = 0.0) -> float:
    """Seconds until the same commit may be sent again: the first repeat goes after `least_s`."""
    repeats = len(await _intents(row)) - 1
    growing = min(LONGEST_PAUSE_S, 5 * 2 ** min(repeats, 10)) if repeats > 0 else 0.0
    pause = max(growing, least_s)
    return (await last_intent_at(row) + timedelta(seconds=pause) - now()).total_seconds()


async def _intents(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return await (
        PublishAttempt.select(PublishAttempt.at)
        .where(
            PublishAttempt.publication == row["id"],
            PublishAttempt.phase == AttemptPhase.COMMIT_INTENT.value,
            PublishAttempt.at >= row["commit_intent_at"],
        )
        .order_by(PublishAttempt.at)
    )
