"""The raw export: read page by page and written as it is read, so that its size costs no memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
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
_UPLOAD = (
    "u.id AS upload_id, u.state AS upload_state, u.filename, u.title, u.size_bytes,"
    " u.created_at AS upload_created_at"
)
# A keyset and no cursor: a transaction pooler would not keep one, and a slow reader's would keep
# old rows alive. Both walk an index from where the page before ended.
_POSTS_SQL = f"""
    SELECT {_UPLOAD}, p.id AS publication_id, p.account AS account_id, p.platform, p.state,
        {OUTCOME_SQL} AS outcome, p.accepted_at, p.publish_at, p.published_at, p.attempts,
        p.error_class, p.error_code, p.public_url,
        m.views, m.likes, m.comments, m.shares, m.at AS measured_at
    FROM (SELECT * FROM publications p WHERE {{where}} AND (p.accepted_at, p.id) > ({{{{}}}}, {{{{}}}})
        ORDER BY p.accepted_at, p.id LIMIT {{page}}) p
    JOIN uploads u ON u.id=p.upload {LATEST_LOOK_SQL} ORDER BY p.accepted_at, p.id
"""
_BARE_SQL = f"""
    SELECT {_UPLOAD} FROM uploads u
    WHERE u.workspace={{{{}}}} AND u.created_at >= {{{{}}}} AND u.created_at < {{{{}}}}
        AND (u.created_at, u.id) > ({{{{}}}}, {{{{}}}})
        AND NOT EXISTS (SELECT 1 FROM publications p WHERE p.upload=u.id)
    ORDER BY u.created_at, u.id LIMIT {{page}}
"""
Page = Sequence[RawPost]
_NO_POST = dict.fromkeys(RawPost.__struct_fields__)


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
        pages = _pages(replace(cohort, workspace_id=workspace_id))
        first: Page = await anext(pages, ())
        return write(written, RawPost, _again(first, pages))


async def _again(first: Page, rest: AsyncIterator[Page]) -> AsyncIterator[Page]:
    yield first
    async for rows in rest:
        yield rows


async def _pages(cohort: Cohort) -> AsyncIterator[Page]:
    async for rows in _walk(cohort, _posts, "accepted_at", "publication_id"):
        yield rows
    if not cohort.chosen:
        async for rows in _walk(cohort, _bare, "upload_created_at", "upload_id"):
            yield rows


async def _walk(
    cohort: Cohort,
    read: Callable[[Cohort, datetime, UUID], Awaitable[Page]],
    moment: str,
    key: str,
) -> AsyncIterator[Page]:
    at, after = cohort.range.start, _NIL
    while rows := await read(cohort, at, after):
        yield rows
        if len(rows) < PAGE:
            return
        at, after = getattr(rows[-1], moment), getattr(rows[-1], key)


async def _posts(cohort: Cohort, at: datetime, after: UUID) -> Page:
    where, args = replace(cohort, range=replace(cohort.range, start=at)).within()
    rows = await Publication.raw(_POSTS_SQL.format(where=where, page=PAGE), *args, at, after)
    return [RawPost(**row) for row in rows]


async def _bare(cohort: Cohort, at: datetime, after: UUID) -> Page:
    """Uploads without a post."""
    rows = await Publication.raw(
        _BARE_SQL.format(page=PAGE), cohort.workspace_id, at, cohort.range.end, at, after
    )
    return [RawPost(**{**_NO_POST, **row}) for row in rows]
