"""/api/audit: who did what in the workspace."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from uploadm8.api.guards import given, needs
from uploadm8.api.pages import Cursor, Limit, Page, by_id, page
from uploadm8.api.principal import Principal
from uploadm8.domain.audit.schemas import AuditEntryOut
from uploadm8.domain.audit.service import AuditTrail, Filter
from uploadm8.infra.exports import Format, headers

ActionName = Annotated[
    str | None,
    QueryParameter(
        name="action",
        max_length=48,
        description="An action (`member.removed`), or a subject with its dot (`member.`).",
    ),
]
AsFormat = Annotated[Format, QueryParameter(name="format", description="`csv` or `json`.")]
SubjectId = Annotated[str | None, QueryParameter(name="subject_id", max_length=80)]


def provide_filter(
    action: ActionName = None,
    actor_id: FromQuery[UUID | None] = None,
    subject_id: SubjectId = None,
    start: FromQuery[datetime | None] = None,
    end: FromQuery[datetime | None] = None,
) -> Filter:
    """The acts that a query asks for."""
    return Filter(
        action=action,
        actor_id=actor_id,
        subject_id=subject_id,
        start=_aware(start),
        end=_aware(end),
    )


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


class AuditController(Controller):
    """The audit log; the role admin reads it."""

    path = "/api/audit"
    tags = ["Audit log"]
    dependencies = {
        "audit": given("audit"),
        "wanted": Provide(provide_filter, sync_to_thread=False),
    }

    @get("/", summary="Who did what", **needs("admin"))
    async def listing(
        self,
        principal: NamedDependency[Principal],
        audit: NamedDependency[AuditTrail],
        wanted: NamedDependency[Filter],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[AuditEntryOut]:
        """Newest first, kept for 400 days; entries are never changed. Part of the Agency tier."""
        rows = await audit.listing(principal.workspace_id, wanted, limit + 1, by_id(cursor))
        return page(rows, limit, lambda row: (row.id,))

    @get(
        "/export",
        summary="Export the audit log",
        media_type="text/csv",
        **needs("admin", support=False),
    )
    async def export(
        self,
        principal: NamedDependency[Principal],
        audit: NamedDependency[AuditTrail],
        wanted: NamedDependency[Filter],
        as_format: AsFormat = Format.CSV,
    ) -> Stream:
        """CSV or JSON of everything the filters leave; safe to open in a spreadsheet."""
        pieces = await audit.export(principal.workspace_id, wanted, as_format)
        return Stream(pieces, media_type=as_format.media_type, headers=headers("audit", as_format))
