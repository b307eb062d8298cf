"""Single posts, the looks at them, and the times of the week that did best."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.analytics.schemas import BestTimes, Look, PostHistory, PostResult, Slot
from uploadm8.domain.publishing.cohorts import LATEST_LOOK_SQL, OUTCOME_SQL, Cohort, Outcome
from uploadm8.domain.publishing.rollups.series import count_week
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
        if cohort.outcome not in (None, Outcome.PUBLISHED):
            return BestTimes(time_zone=cohort.range.zone, posts=0, items=[])
        slots = _slots(await count_week(cohort))
        return BestTimes(
            time_zone=cohort.range.zone, posts=sum(slot.posts for slot in slots), items=slots
        )


def _slots(found: Mapping[str, Mapping[int, tuple[int, int]]]) -> list[Slot]:
    """Hours of the week, the best first, from early posts and views by platform and hour."""
    posts: Counter[int] = Counter()
    views: Counter[int] = Counter()
    scores: dict[int, float] = {}
    for hours in found.values():
        usual = sum(v for _, v in hours.values()) / sum(n for n, _ in hours.values())
        for hour, (n, seen) in hours.items():
            posts[hour] += n
            views[hour] += seen
            scores[hour] = scores.get(hour, 0.0) + (seen / usual if usual else n)
    slots = [
        Slot(
            weekday=hour // 24 + 1,
            hour=hour % 24,
            posts=n,
            average_views=views[hour] / n,
            score=scores[hour] / n,
        )
        for hour, n in posts.items()
    ]
    return sorted(slots, key=lambda slot: (-slot.score, -slot.posts, slot.weekday, slot.hour))


def _result(row: Mapping[str, Any]) -> dict[str, Any]:
    post = {name: value for name, value in row.items() if name not in _LOOK}
    seen = row["at"] is not None
    return {**post, "latest": Look(**{name: row[name] for name in _LOOK}) if seen else None}
