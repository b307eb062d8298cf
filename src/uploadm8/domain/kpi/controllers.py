"""/api/kpi: key figures, and everything behind them as a file."""

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Stream

from uploadm8.api.guards import given, needs
from uploadm8.api.principal import Principal
from uploadm8.domain.kpi.export import Export
from uploadm8.domain.kpi.schemas import Summary
from uploadm8.domain.kpi.service import Kpis
from uploadm8.domain.publishing.cohort_query import COHORT, one_of
from uploadm8.domain.publishing.cohorts import Cohort
from uploadm8.infra.exports import Format, headers

AsFormat = Annotated[str, QueryParameter(name="format", description=f"One of {', '.join(Format)}.")]


class KpiController(Controller):
    """Key figures of the workspace."""

    path = "/api/kpi"
    tags = ["KPI"]
    dependencies = {"kpis": given("kpis"), "export": given("export"), **COHORT}

    @get("/summary", summary="Key figures")
    async def summary(
        self, cohort: NamedDependency[Cohort], kpis: NamedDependency[Kpis]
    ) -> Summary:
        """Of the posts accepted in the range; docs/kpis.md defines every figure."""
        return await kpis.summary(cohort)

    @get(
        "/raw",
        summary="Export uploads and posts",
        media_type="text/csv",
        **needs(support=False),
    )
    async def raw(
        self,
        principal: NamedDependency[Principal],
        cohort: NamedDependency[Cohort],
        export: NamedDependency[Export],
        as_format: AsFormat = Format.CSV.value,
    ) -> Stream:
        """One row per post, and one per upload without a post. Safe to open in a spreadsheet."""
        written = one_of("format", as_format, Format) or Format.CSV
        return Stream(
            await export.start(principal.workspace_id, cohort, written),
            media_type=written.media_type,
            headers=headers("posts", written),
        )
