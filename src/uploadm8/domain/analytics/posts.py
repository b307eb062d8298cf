"""Single posts, the looks at them, and the times of the week that did best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.analytics.schemas import BestTimes, Look, PostHistory, PostResult, Slot
from uploadm8.domain.publishing.cohorts import LATEST_LOOK_SQL, OUTCOME_SQL, Cohort
from uploadm8.domain.publishing.tables import Publication
from uploadm8.errors import NotFoundError

_FIELDS = f"""
    SELECT p.id, p.upload AS upload_id, p.account AS account_id, p.platform, u.title, p.state,
        {OUTCOME_SQL} AS outcome, p.accepted_at, p.published_at, p.public_url,
        m.at, m.views, m.likes, m.comments, m.shares, m.gone
    FROM publications p JOIN uploads u ON u.id=p.upload {LATEST_LOOK_SQL}
"""
_LOOK = ("at", "views", "likes", "comments", "shares", "gone")


@dataclass(frozen=True, slots=True)
class PostResults:
    """Every method is scoped by the workspace."""

    async def listing(
        self, cohort: Cohort, limit: int, before: UUID | None
    ) -> Sequence[PostResult]:
        """Posts of the cohort with the latest look at each, newest first."""
        where, args = cohort.within()
        older = " AND p.id < {}" if before else ""
        rows = await Publication.raw(
            f"{_FIELDS} WHERE {where}{older} ORDER BY p.id DESC LIMIT {{}}",
            *args,
            *([before] if before else []),
            limit,
        )
        return [PostResult(**_result(row)) for row in rows]

    async def history(self, workspace_id: UUID, publication_id: UUID) -> PostHistory:
        """A post with every look at it.

        Raises:
            NotFoundError: no such post in this workspace.
        """
        rows = await Publication.raw(
            f"{_FIELDS} WHERE p.workspace={{}} AND p.id={{}}", workspace_id, publication_id
        )
        if not rows:
            raise NotFoundError("There is no such post.")
        looks = await Publication.raw(
            "SELECT at, views, likes, comments, shares, gone FROM publication_metrics"
            " WHERE publication={} ORDER BY pull",
            publication_id,
        )
        return PostHistory(**_result(rows[0]), history=[Look(**look) for look in looks])

    async def best_times(self, cohort: Cohort) -> BestTimes:
        """Hours of the week by the views that posts of it had after two days at most."""
        where, args = cohort.within()
        rows: list[dict[str, Any]] = await Publication.raw(
            "WITH seen AS (SELECT p.platform, p.published_at AT TIME ZONE {}::text AS local, ("
            " SELECT m.views FROM publication_metrics m WHERE m.publication=p.id"
            " AND m.views IS NOT NULL AND m.at <= p.published_at + interval '50 hours'"
            " ORDER BY m.pull DESC LIMIT 1) AS views"
            f" FROM publications p WHERE {where} AND p.state='published'),"
            " fair AS (SELECT *, avg(views) OVER (PARTITION BY platform) AS usual FROM seen"
            " WHERE views IS NOT NULL AND local IS NOT NULL)"
            " SELECT extract(isodow FROM local)::int AS weekday,"
            " extract(hour FROM local)::int AS hour, count(*) AS posts,"
            " avg(views)::float8 AS average_views,"
            " avg(coalesce(views / nullif(usual, 0), 1))::float8 AS score"
            " FROM fair GROUP BY 1, 2 ORDER BY score DESC, posts DESC, 1, 2",
            cohort.range.zone,
            *args,
        )
        slots = [Slot(**row) for row in rows]
        return BestTimes(
            time_zone=cohort.range.zone, posts=sum(slot.posts for slot in slots), items=slots
        )


def _result(row: Mapping[str, Any]) -> dict[str, Any]:
    post = {name: value for name, value in row.items() if name not in _LOOK}
    seen = row["at"] is not None
    return {**post, "latest": Look(**{name: row[name] for name in _LOOK}) if seen else None}
