"""Which rollups answer for a range, and which spans must be read from their rows.

Whole months come from months, the days around them from days. What has a mark is stale: a month is
then read from its days, a day from its rows, like the cut days at both ends of the range.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from uploadm8.api.ranges import Range
from uploadm8.domain.publishing.rollups.counting import Span
from uploadm8.domain.publishing.rollups.keeping import midnight, next_month, span_of
from uploadm8.domain.publishing.rollups.tables import EVERYONE, Grain
from uploadm8.infra.db.engine import DB

_DAY = timedelta(days=1)
# More stale days of single workspaces than this are counted as days of everyone.
_PAIRS_AT_MOST = 200

_MARKS = (
    "SELECT DISTINCT workspace, grain, day FROM rollup_marks"
    " WHERE day BETWEEN date_trunc('month', $1::date)::date AND $2 AND "
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the figures of a range are; everything in it is counted exactly once.

    Attributes:
        workspace: whose rollups, perhaps `EVERYONE`.
        months: whole months to read, by their first days.
        days: whole days to read.
        shared: days to read from the workspaces' own rollups, for want of everyone's.
        spans: spans to count from rows.
    """

    workspace: UUID
    months: Sequence[date] = ()
    days: Sequence[date] = ()
    shared: Sequence[date] = ()
    spans: Sequence[Span] = field(default_factory=list)

    def rolled(self, levels: Collection[str], platform: str | None = None) -> tuple[str, list[Any]]:
        """SQL conditions on rollups `r`, with their arguments.

        Args:
            levels: of these.
            platform: and, where the levels are platforms or accounts, only of this platform.
        """
        own = (
            "r.workspace=$1 AND (r.grain='month' AND r.first=ANY($3::date[])"
            " OR r.grain='day' AND r.first=ANY($4::date[]))"
        )
        arguments: list[Any] = [self.workspace, [*levels], [*self.months], [*self.days], platform]
        those = "r.level=ANY($2::text[]) AND ($5::text IS NULL OR r.platform=$5)"
        if not self.shared:
            return f"{those} AND {own}", arguments
        stale = [span for span in self.spans if span.workspace != EVERYONE]
        shared = (
            "r.workspace <> $1 AND r.grain='day' AND r.first=ANY($6::date[]) AND NOT EXISTS ("
            "SELECT 1 FROM unnest($7::uuid[], $8::date[]) AS s (workspace, first)"
            " WHERE s.workspace=r.workspace AND s.first=r.first)"
        )
        arguments += [[*self.shared], [s.workspace for s in stale], [s.first for s in stale]]
        return f"{those} AND ({own} OR {shared})", arguments


@dataclass(frozen=True, slots=True)
class Calendar:
    """A range in whole UTC days and months.

    Attributes:
        days: every whole day.
        months: the first days of months that lie in it whole.
        edges: what is left at both ends.
    """

    days: Sequence[date]
    months: Sequence[date]
    edges: Sequence[tuple[datetime, datetime]]

    def days_beside(self, months: Collection[date]) -> list[date]:
        """The days that do not lie in some months."""
        return [day for day in self.days if day.replace(day=1) not in months]


def calendar_of(span: Range) -> Calendar:
    """The whole days and months of a range."""
    first, last = _midnight_after(span.start), _midnight_before(span.end)
    if first >= last:
        return Calendar((), (), [(span.start, span.end)])
    days = [(first + n * _DAY).date() for n in range((last - first).days)]
    months = [day for day in days if day.day == 1 and next_month(day) - _DAY <= days[-1]]
    return Calendar(days, months, _joined([(span.start, first), (last, span.end)]))


async def plan_for(workspace_id: UUID | None, span: Range, *, months: bool = True) -> Plan:
    """The plan of a range, as of the snapshot that this is called in.

    Args:
        workspace_id: None for everyone.
        span: the range.
        months: whether months may be read; else days only.
    """
    owner, calendar = workspace_id or EVERYONE, calendar_of(span)
    marked: list[tuple[UUID, date]] = []
    stale_months: set[date] = set()
    if calendar.days:
        which = "workspace=$3" if workspace_id else "(grain='day' OR workspace=$3)"
        for row in await DB.rows(f"{_MARKS} {which}", calendar.days[0], calendar.days[-1], owner):
            if row["grain"] == Grain.DAY:
                marked.append((row["workspace"], row["day"]))
            else:
                stale_months.add(row["day"])
    stale = {day for _, day in marked}
    stale_months |= {day.replace(day=1) for day in stale}
    fresh = [month for month in calendar.months if months and month not in stale_months]
    single = calendar.days_beside(fresh)
    missing = [day for day in single if day in stale]
    # What one workspace changed need not be counted for everyone.
    parts = sorted(part for part in marked if part[0] != EVERYONE and part[1] in missing)
    shared = not workspace_id and len(parts) <= _PAIRS_AT_MOST
    whole = [*calendar.edges, *(() if shared else ((s.start, s.stop) for s in _days(missing)))]
    return Plan(
        owner,
        months=fresh,
        days=[day for day in single if day not in stale],
        shared=missing if shared else (),
        spans=[
            *(Span(owner, start.date(), start, stop) for start, stop in _joined(whole)),
            *(span_of(workspace, Grain.DAY, day) for workspace, day in parts if shared),
        ],
    )


def _days(days: Iterable[date]) -> Iterable[Span]:
    return (span_of(EVERYONE, Grain.DAY, day) for day in days)


def _midnight_before(at: datetime) -> datetime:
    return midnight(at.astimezone(UTC).date())


def _midnight_after(at: datetime) -> datetime:
    before = _midnight_before(at)
    return before if before == at else before + _DAY


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Spans in order, neighbours made one, empty ones left out."""
    joined: list[tuple[datetime, datetime]] = []
    for start, stop in sorted(spans):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop)
        elif start < stop:
            joined.append((start, stop))
    return joined
