"""Which posts are counted, and as what: the one place that analytics and KPIs count by.

docs/kpis.md has the definitions in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from uploadm8.api.ranges import Range
from uploadm8.domain.platforms.tables import Platform
from uploadm8.domain.publishing.tables import PublicationState
from uploadm8.domain.workspaces.tables import Workspace

S = PublicationState


class Outcome(StrEnum):
    """What has become of a post."""

    PUBLISHED = "published"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"  # the platform was asked and did not say
    WAITING = "waiting"  # for a person, a rendition or its time
    WORKING = "working"


class UploadOutcome(StrEnum):
    """What has become of an upload, by the posts of it that were not canceled."""

    PUBLISHED = "published"  # every post is out
    PARTIAL = "partial"  # some are out, the others failed
    FAILED = "failed"  # every post failed
    IN_PROGRESS = "in_progress"  # at least one is not settled
    CANCELED = "canceled"  # every post was canceled
    UNPOSTED = "unposted"  # no post was asked for


OUTCOME_OF: Mapping[PublicationState, Outcome] = {
    S.DRAFT: Outcome.WAITING,
    S.HELD: Outcome.WAITING,
    S.SCHEDULED: Outcome.WAITING,
    S.NEEDS_RECONNECT: Outcome.WAITING,
    S.QUEUED: Outcome.WORKING,
    S.PREPARING: Outcome.WORKING,
    S.TRANSFERRING: Outcome.WORKING,
    S.COMMITTING: Outcome.WORKING,
    S.CONFIRMING: Outcome.WORKING,
    S.RETRY_WAIT: Outcome.WORKING,
    S.PUBLISHED: Outcome.PUBLISHED,
    S.FAILED: Outcome.FAILED,
    S.CANCELED: Outcome.CANCELED,
    S.UNKNOWN: Outcome.UNKNOWN,
}


def _listed(outcome: Outcome) -> str:
    return ", ".join(f"'{state.value}'" for state, of in OUTCOME_OF.items() if of is outcome)


def counted(outcome: Outcome) -> str:
    """SQL: how many of the posts `p` have this outcome."""
    return f"count(*) FILTER (WHERE p.state IN ({_listed(outcome)}))"


OUTCOME_SQL = (
    "CASE " + " ".join(f"WHEN p.state IN ({_listed(o)}) THEN '{o.value}'" for o in Outcome) + " END"
)
COUNTS_SQL = ", ".join(f"{counted(outcome)} AS {outcome.value}" for outcome in Outcome)

# Of an upload it is enough to know which outcomes its posts have.
BIT_OF: Mapping[Outcome, int] = {outcome: 1 << place for place, outcome in enumerate(Outcome)}
BIT_SQL = (
    "CASE "
    + " ".join(f"WHEN p.state IN ({_listed(o)}) THEN {bit}" for o, bit in BIT_OF.items())
    + " END"
)
_PUBLISHED, _FAILED = BIT_OF[Outcome.PUBLISHED], BIT_OF[Outcome.FAILED]
_SETTLED = {
    _PUBLISHED: UploadOutcome.PUBLISHED,
    _FAILED: UploadOutcome.FAILED,
    _PUBLISHED | _FAILED: UploadOutcome.PARTIAL,
}


def upload_outcome(have: int) -> UploadOutcome:
    """What has become of an upload, by the sum of `BIT_OF` the outcomes that its posts have."""
    if not have:
        return UploadOutcome.UNPOSTED
    told = have & ~BIT_OF[Outcome.CANCELED]
    return _SETTLED.get(told, UploadOutcome.IN_PROGRESS) if told else UploadOutcome.CANCELED


LATEST_LOOK_SQL = (
    "LEFT JOIN LATERAL (SELECT m.views, m.likes, m.comments, m.shares, m.gone, m.at"
    " FROM publication_metrics m WHERE m.publication=p.id ORDER BY m.pull DESC LIMIT 1) m ON true"
)


@dataclass(frozen=True, slots=True)
class Cohort:
    """The posts accepted in a range, perhaps of one workspace, platform, account or outcome.

    Attributes:
        workspace_id: None counts everybody's, for administrators.
        account_id: of a workspace that is given.
    """

    range: Range
    workspace_id: UUID | None = None
    platform: Platform | None = None
    account_id: UUID | None = None
    outcome: Outcome | None = None

    def within(self, moment: str = "p.accepted_at") -> tuple[str, list[Any]]:
        """SQL conditions on posts `p`, with their arguments; `moment` must be in the range."""
        sql, args = self.scope()
        return f"{sql} AND {moment} >= {{}} AND {moment} < {{}}", [
            *args,
            self.range.start,
            self.range.end,
        ]

    def scope(self) -> tuple[str, list[Any]]:
        """The same without the range: for what is true now, such as the backlog."""
        given = {
            "p.workspace={}": self.workspace_id,
            "p.platform={}": self.platform and self.platform.value,
            "p.account={}": self.account_id,
        }
        kept = {sql: value for sql, value in given.items() if value is not None}
        conditions = list(kept)
        if self.outcome is not None:
            conditions.append(f"p.state IN ({_listed(self.outcome)})")
        return " AND ".join(conditions) or "true", list(kept.values())

    @property
    def chosen(self) -> bool:
        """Whether only some of the posts are asked for."""
        return any((self.platform, self.account_id, self.outcome))


def rate(part: int, rest: int) -> float | None:
    """`part` as a fraction of both, 0..1; None when there is nothing to divide by."""
    return part / (part + rest) if part + rest else None


async def zone_of(workspace_id: UUID) -> str:
    """The zone that a workspace counts its days in."""
    rows = await Workspace.raw("SELECT time_zone FROM workspaces WHERE id={}", workspace_id)
    return str(rows[0]["time_zone"]) if rows else "UTC"
