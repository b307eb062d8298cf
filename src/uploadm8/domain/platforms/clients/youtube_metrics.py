"""What people did with YouTube videos."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from uploadm8.domain.platforms.clients.base import Access, Metrics
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.transport import mapping, number, rows, text
from uploadm8.domain.platforms.clients.youtube_api import YouTubeApi
from uploadm8.infra.clock import now

BATCH = 50
ANALYTICS_SCOPE = "https://www.googleapis.com/auth/yt-analytics.readonly"
FIRST_DAY = "2005-02-14"
_COLUMNS = "views,shares,estimatedMinutesWatched,averageViewDuration"
_DOWN = frozenset({"failed", "rejected", "deleted"})


async def read_metrics(
    api: YouTubeApi, access: Access, post_ids: Sequence[str]
) -> dict[str, Metrics]:
    """Read counters of videos; one that YouTube no longer lists is marked gone."""
    found: dict[str, Metrics] = {}
    for at in range(0, len(post_ids), BATCH):
        wanted = post_ids[at : at + BATCH]
        params = {"part": "statistics,status,snippet", "id": ",".join(wanted)}
        listed = rows(await api.get("videos", access.token, params), "items")
        found |= {text(row, "id") or "": _counters(row) for row in listed}
        found |= {missing: Metrics(gone="removed") for missing in wanted if missing not in found}
    if ANALYTICS_SCOPE in access.scopes:
        for video_id, counters in list(found.items()):
            if counters.gone is None:
                found[video_id] = await _with_report(api, access, video_id, counters)
    return found


def _counters(row: Mapping[str, Any]) -> Metrics:
    statistics, status = mapping(row, "statistics"), mapping(row, "status")
    state = text(status, "uploadStatus")
    return Metrics(
        views=number(statistics, "viewCount"),
        likes=number(statistics, "likeCount"),
        comments=number(statistics, "commentCount"),
        gone=(text(status, "rejectionReason") or state) if state in _DOWN else None,
    )


async def _with_report(
    api: YouTubeApi, access: Access, video_id: str, counters: Metrics
) -> Metrics:
    """Add what only Analytics knows; its absence or refusal takes nothing away."""
    params = {
        "ids": "channel==MINE",
        "startDate": FIRST_DAY,
        "endDate": now().date().isoformat(),
        "metrics": _COLUMNS,
        "filters": f"video=={video_id}",
    }
    try:
        report = await api.report(access.token, params)
    except PlatformError:
        return counters
    names = [text(column, "name") or "" for column in rows(report, "columnHeaders")]
    values = report.get("rows")
    if not isinstance(values, list) or not values or not isinstance(values[0], list):
        return counters
    told = {
        name: float(value)
        for name, value in zip(names, values[0], strict=False)
        if isinstance(value, int | float)
    }
    shares = told.pop("shares", None)
    told.pop("views", None)
    return replace(counters, shares=int(shares) if shares is not None else None, more=told)
