"""What people did with a reel on Instagram."""

from collections.abc import Mapping
from typing import Any

from uploadm8.domain.platforms.clients.base import Access, Metrics
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.transport import number, rows, text
from uploadm8.errors import Retry

# One metric a reel does not have fails the whole request, so only those every reel has are asked.
INSIGHTS = "views,reach,likes,comments,saved,shares,total_interactions"
WATCHED = "ig_reels_avg_watch_time,ig_reels_video_view_total_time"
COUNTERS = "like_count,comments_count"
_OBJECT_MISSING = {"100/33", "24/2207006", "803"}


async def read_metrics(graph: Graph, access: Access, post_id: str) -> Metrics | None:
    """Read insights and fill up from the post's own counters; None when nothing is known yet."""
    told = await _insights(graph, access, post_id, INSIGHTS)
    if told:
        told |= await _insights(graph, access, post_id, WATCHED)
    try:
        counters = await graph.get(post_id, access.token, {"fields": COUNTERS})
    except PlatformError as error:
        if error.platform_code in _OBJECT_MISSING:
            return Metrics(gone="removed")
        raise
    likes, comments = number(counters, "like_count"), number(counters, "comments_count")
    return Metrics(
        views=_whole(told.pop("views", None)),
        likes=_whole(told.pop("likes", None), likes),
        comments=_whole(told.pop("comments", None), comments),
        shares=_whole(told.pop("shares", None)),
        more=told,
    )


async def _insights(graph: Graph, access: Access, post_id: str, names: str) -> dict[str, float]:
    try:
        found = await graph.get(f"{post_id}/insights", access.token, {"metric": names})
    except PlatformError as error:
        if error.retry in {Retry.TRANSIENT, Retry.RATE_LIMITED}:
            raise
        return {}
    return {
        name: value
        for row in rows(found, "data")
        if (name := text(row, "name")) and (value := lifetime_value(row)) is not None
    }


def lifetime_value(row: Mapping[str, Any]) -> float | None:
    """Read the value of an insights row; breakdowns are summed."""
    value = next((item.get("value") for item in rows(row, "values")), None)
    if isinstance(value, dict):
        return float(sum(part for part in value.values() if isinstance(part, int | float)))
    return float(value) if isinstance(value, int | float) else None


def _whole(value: float | None, other: int | None = None) -> int | None:
    return other if value is None else int(value)
