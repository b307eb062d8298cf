"""When "there is no such post" is believed: said several times, over time, and nothing else since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from uploadm8.domain.publishing.attempts import note_attempt
from uploadm8.domain.publishing.tables import AttemptPhase
from uploadm8.errors import Retry, UploadM8Error
from uploadm8.infra.db.engine import DB
from uploadm8.infra.jobs.handlers import JobContext

NO_VERDICT = "no_verdict"
_SINCE_ANYTHING_ELSE = (
    "SELECT count(*) AS n, COALESCE(extract(epoch FROM max(at) - min(at)), 0)::float8 AS over_s"  # noqa: S608
    " FROM publish_attempts WHERE publication = $1 AND phase = 'check' AND at > COALESCE("
    "(SELECT max(at) FROM publish_attempts WHERE publication = $1 AND phase = 'check'"
    f" AND error_code = '{NO_VERDICT}'), $2)"
)


@dataclass(frozen=True, slots=True)
class Standard:
    """How much it takes.

    Attributes:
        answers: how often the platform must have said it.
        over: how far the first and the last of these must lie apart.
    """

    answers: int
    over: timedelta


NOTHING_FOUND = Standard(answers=3, over=timedelta(minutes=2))
"""Soon after a commit: a platform's lists may lag behind it."""

NEVER_POSTED = Standard(answers=3, over=timedelta(minutes=20))
"""About a post whose outcome was unknown, asked every ten minutes."""


async def deny(
    context: JobContext, row: Mapping[str, Any], error: UploadM8Error, standard: Standard
) -> bool:
    """Note that the platform says there is no post; whether it has said so often enough by now."""
    await note_attempt(row["id"], context, AttemptPhase.CHECK, error)
    said, over_s = await _denials(row)
    return said >= standard.answers and over_s >= standard.over.total_seconds()


async def doubt(context: JobContext, row: Mapping[str, Any], reason: str) -> None:
    """Note an answer that is no verdict: what was denied before it no longer counts."""
    if (await _denials(row))[0]:
        await note_attempt(row["id"], context, AttemptPhase.CHECK, _NoVerdictError(reason))


class _NoVerdictError(UploadM8Error):
    """The platform was asked and left the outcome open."""

    code = NO_VERDICT
    retry = Retry.AMBIGUOUS


async def _denials(row: Mapping[str, Any]) -> tuple[int, float]:
    publication_id: UUID = row["id"]
    rows = await DB.rows(_SINCE_ANYTHING_ELSE, publication_id, row["commit_intent_at"])
    return rows[0]["n"], rows[0]["over_s"]
