"""How PostgreSQL answers the product's own queries: EXPLAIN (ANALYZE, BUFFERS) of each."""

import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from made_posts import DAYS
from uploadm8.api.ranges import Range
from uploadm8.domain.admin.figures import Figures
from uploadm8.domain.analytics.posts import PostResults
from uploadm8.domain.kpi.export import _posts
from uploadm8.domain.kpi.service import Kpis
from uploadm8.domain.publishing.cohorts import Cohort
from uploadm8.domain.publishing.rollups.tally import count_results
from uploadm8.infra.db.engine import DB

_SCANS = re.compile(
    r"(Seq Scan on \w+|Index (?:Only )?Scan(?: Backward)? using \w+|Bitmap Index Scan on \w+)"
)


@asynccontextmanager
async def _recorded() -> AsyncIterator[list[tuple[str, tuple[Any, ...]]]]:
    seen: list[tuple[str, tuple[Any, ...]]] = []
    real = type(DB).rows

    async def rows(self: Any, query: str, *values: Any) -> list[Any]:
        seen.append((query, values))
        return await real(self, query, *values)

    type(DB).rows = rows  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        type(DB).rows = real  # type: ignore[method-assign]


async def explain(workspace: UUID, account: UUID) -> None:
    """Print time, buffers and scans of every query behind the figures of 730 days."""
    end = datetime.now(UTC)
    span = Range(end - timedelta(days=DAYS), end, "Asia/Kathmandu")
    mine, everyone = Cohort(span, workspace), Cohort(span)
    asked: dict[str, Awaitable[Any]] = {
        "overview": count_results(mine),
        "summary": Kpis().summary(mine),
        "summary of an account": Kpis().summary(Cohort(span, workspace, account_id=account)),
        "best times": PostResults().best_times(mine),
        "posts": PostResults().listing(mine, 20, None),
        "export": _posts(mine, span.start, UUID(int=0)),
        "admin overview": Figures(Kpis()).overview(everyone),
        "admin global": Figures(Kpis()).everyone(everyone),
    }
    for name, answer in asked.items():
        async with _recorded() as seen:
            await answer
        print(f"\n{name}")
        for query, values in seen:
            if not query.lstrip().upper().startswith(("SELECT", "WITH")):
                continue
            rows = await DB.rows(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {query}", *values)
            plan = "\n".join(row[0] for row in rows)
            took = re.findall(r"(?:Planning|Execution) Time: ([\d.]+)", plan)
            buffers = re.search(r"Buffers: (.*)", plan)
            print(
                f"  {' + '.join(took):>16} ms  {buffers.group(1) if buffers else '':40}"
                f"  {', '.join(sorted(set(_SCANS.findall(plan))))}  {' '.join(query.split())[:90]}"
            )
