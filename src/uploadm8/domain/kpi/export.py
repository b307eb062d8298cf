"""The raw export: read page by page and written as it is read, so that its size costs no memory."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.billing.entitlements import Entitlements
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.kpi.schemas import RawPost
from uploadm8.domain.publishing.cohorts import LATEST_LOOK_SQL, OUTCOME_SQL, Cohort
from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.exports import Format, write

PAGE = 1000  # rows in memory at a time
_NIL = UUID(int=0)
# A keyset and no cursor: a transaction pooler would not keep one, nor should a slow reader.
_SQL = f"""
    SELECT u.id AS upload_id, u.state AS upload_state, u.filename, u.title, u.size_bytes,
        u.created_at AS upload_created_at, p.id AS publication_id, p.account AS account_id,
        p.platform, p.state, {OUTCOME_SQL} AS outcome, p.accepted_at, p.publish_at,
        p.published_at, p.attempts, p.error_class, p.error_code, p.public_url,
        m.views, m.likes, m.comments, m.shares, m.at AS measured_at
    FROM uploads u LEFT JOIN publications p ON p.upload=u.id {LATEST_LOOK_SQL}
    WHERE u.workspace={{}} AND u.id >= {{}}
        AND (u.id, coalesce(p.id, {{}}::uuid)) > ({{}}, {{}}) AND
"""


@dataclass(frozen=True, slots=True)
class Export:
    """Everything behind the figures, for the customer's own spreadsheet."""

    entitlements: Entitlements

    async def start(
        self, workspace_id: UUID, cohort: Cohort, written: Format
    ) -> AsyncIterator[str]:
        """The export in pieces; the first page is read before anything is answered.

        Raises:
            PaymentRequiredError: code ``feature_not_in_tier``.
        """
        await self.entitlements.require(workspace_id, Feature.EXPORTS)
        async with transaction():
            await record(
                Action.EXPORTED,
                workspace_id=workspace_id,
                subject=("export", "posts"),
                details={"format": written.value},
            )
        first = await _page(workspace_id, cohort, (_NIL, _NIL))
        return write(written, RawPost, _pages(workspace_id, cohort, first))


async def _page(workspace_id: UUID, cohort: Cohort, after: tuple[UUID, UUID]) -> list[RawPost]:
    upload_id, publication_id = after
    where, args = cohort.of_everyone().within("coalesce(p.accepted_at, u.created_at)")
    rows = await Publication.raw(
        f"{_SQL} {where} ORDER BY u.id, coalesce(p.id, {{}}::uuid) LIMIT {PAGE}",
        workspace_id,
        upload_id,
        _NIL,
        upload_id,
        publication_id,
        *args,
        _NIL,
    )
    return [RawPost(**row) for row in rows]


async def _pages(
    workspace_id: UUID, cohort: Cohort, rows: list[RawPost]
) -> AsyncIterator[Sequence[RawPost]]:
    while rows:
        yield rows
        if len(rows) < PAGE:
            return
        last = rows[-1]
        rows = await _page(workspace_id, cohort, (last.upload_id, last.publication_id or _NIL))
