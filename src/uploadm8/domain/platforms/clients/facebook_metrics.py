"""What people did with a video on Facebook."""

from collections.abc import Mapping
from typing import Any

from uploadm8.domain.platforms.clients.base import Access, Metrics
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.instagram_metrics import lifetime_value
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.transport import mapping, number, rows, text
from uploadm8.errors import Retry

COUNTERS = "likes.summary(true).limit(0),comments.summary(true).limit(0),post_id"
# Not every version has it on every kind of video, and one unknown field fails the whole request.
WITH_VIEWS = f"views,{COUNTERS}"
# Asked one by one: an unknown name fails a whole request.
INSIGHTS = ("blue_reels_play_count", "fb_reels_total_plays", "post_video_avg_time_watched")
_PLAYS = ("blue_reels_play_count", "fb_reels_total_plays")
_OBJECT_MISSING = {"100/33", "803"}


async def read_metrics(graph: Graph, access: Access, video_id: str) -> Metrics | None:
    """Read the counters of a video and the shares of its post."""
    try:
        found = await _counters(graph, access, video_id)
    except PlatformError as error:
        if error.platform_code in _OBJECT_MISSING:
            return Metrics(gone="removed")
        raise
    told = await _insights(graph, access, video_id)
    plays = next((told.pop(name) for name in _PLAYS if name in told), None)
    views = number(found, "views")
    return Metrics(
        views=views if views is not None else (int(plays) if plays is not None else None),
        likes=_total(found, "likes"),
        comments=_total(found, "comments"),
        shares=await _shares(graph, access, text(found, "post_id")),
        more=told,
    )


async def _counters(graph: Graph, access: Access, video_id: str) -> Mapping[str, Any]:
    try:
        return await graph.get(video_id, access.token, {"fields": WITH_VIEWS})
    except PlatformError as error:
        if error.retry is not Retry.PERMANENT_REQUEST or error.platform_code in _OBJECT_MISSING:
            raise
        return await graph.get(video_id, access.token, {"fields": COUNTERS})


def _total(found: Mapping[str, Any], name: str) -> int | None:
    return number(mapping(mapping(found, name), "summary"), "total_count")


async def _shares(graph: Graph, access: Access, post_id: str | None) -> int | None:
    """Read the shares of the page's post; Facebook leaves the field out when there are none."""
    if post_id is None:
        return None
    whole = post_id if "_" in post_id else f"{access.account_id}_{post_id}"
    try:
        found = await graph.get(whole, access.token, {"fields": "shares"})
    except PlatformError as error:
        if error.retry in {Retry.TRANSIENT, Retry.RATE_LIMITED}:
            raise
        return None
    return number(mapping(found, "shares"), "count") or 0


async def _insights(graph: Graph, access: Access, video_id: str) -> dict[str, float]:
    told: dict[str, float] = {}
    if "read_insights" not in access.scopes:
        return told
    for name in INSIGHTS:
        try:
            found = await graph.get(f"{video_id}/video_insights", access.token, {"metric": name})
        except PlatformError as error:
            if error.retry in {Retry.TRANSIENT, Retry.RATE_LIMITED}:
                raise
            continue
        for row in rows(found, "data"):
            value = lifetime_value(row)
            if value is not None:
                told[name] = value
    return told
